// @ts-check
/** What is shown of why a job failed. */

import { BEGIN, looks } from "./ansi.js";

/**
 * @typedef {{line: string, at: number | null}} LogLine
 * @typedef {{text: string, change: string | null, parameters: string | null}} Advice
 * @typedef {{sentence: string, cause: string, evidence: string[], advice: Advice[], last_lines: string | null,
 *   error: LogLine | null, log: string | null, as_of: string}} Explained
 * @typedef {{what: string, this: string, that: string}} Difference
 * @typedef {{with: {id: string, run: number, number: number, ended_at: string | null} | null, differences: Difference[], same: string[],
 *   log: {this: LogLine | null, that: LogLine | null, same_lines: number} | null, log_problem: string | null}} Compared
 */

/**
 * The last lines of a log without their colours, and which of them is the error; none when it stands earlier.
 * @param {string} text @param {LogLine | null} error @returns {{text: string, wrong: boolean}[]}
 */
export function lastLines(text, error) {
  let state = BEGIN;
  const lines = text.split(/\r\n|\n|\r/).map((line) => {
    const seen = looks(line, state);
    state = seen.state;
    return seen.pieces.map((piece) => piece.text).join("");
  });
  const wrong = error ? lines.findIndex((line) => line.trim() === error.line.trim()) : -1;
  return lines.map((line, i) => ({ text: line, wrong: i === wrong }));
}

/** The address of a line of a job's log. @param {string} id @param {number | null} at */
export function inLog(id, at) {
  return `#job/${id}/log${at === null ? "" : `/@${at}`}`;
}

/**
 * Where two logs part, in words.
 * @param {NonNullable<Compared["log"]>} log
 */
export function partWords({ this: ours, that: theirs, same_lines }) {
  const lines = same_lines === 1 ? "1 line" : `${same_lines.toLocaleString("en")} lines`;
  if (!ours && !theirs) return `The logs do not differ, but for numbers, in ${lines}.`;
  const same = same_lines ? `The logs are alike for ${lines}` : "The logs differ from their first line on";
  if (!ours) return `${same}; then this one ends.`;
  return theirs ? `${same}${same_lines ? "; then they part" : ""}.` : `${same}; then the good one ends.`;
}

/** One line as the script gets it: line ends that were pasted are blanks. @param {string} typed */
export function oneLine(typed) {
  return typed.replace(/[\r\n]+/g, " ");
}
