// @ts-check
import { tally } from "./status.js";
import { ago, length } from "./time.js";

/**
 * What a screen on the wall shows: the answer of the API.
 * @typedef {{hash: number, status: string, exit_code: number | null, killing: boolean}} WallJob
 * @typedef {{number: number, started_at: string, ended_at: string | null, jobs: WallJob[]}} WallRun
 * @typedef {{id: number, name: string}} WallHash
 * @typedef {{job: string, run: number, hash: string, status: string, exit_code: number | null, at: string, words: string}} Failure
 * @typedef {{epoch: string, seq: number, taken: number, processed: number, totals: Record<string, number>, runs: WallRun[], hashes: WallHash[], failures: Failure[], queues: string[]}} Wall
 */

/** How many there is room for, at least one. @param {number} room @param {number} taken of it by a head @param {number} each */
export function fits(room, taken, each) {
  return Math.max(1, Math.floor((room - taken) / each + 0.01));
}

/** As many hashes as fit, those with the most jobs on the runs shown; in their own order. @param {Wall} wall @param {number} rows @param {number} columns */
export function shownHashes({ runs, hashes }, rows, columns) {
  /** @type {Map<number, number>} */
  const used = new Map();
  for (const { jobs } of runs.slice(0, rows)) for (const { hash } of jobs) used.set(hash, (used.get(hash) ?? 0) + 1);
  const here = hashes.filter(({ id }) => used.has(id));
  const most = [...here].sort((a, b) => (used.get(b.id) ?? 0) - (used.get(a.id) ?? 0) || a.id - b.id).slice(0, columns);
  const kept = new Set(most);
  return { shown: here.filter((hash) => kept.has(hash)), more: here.length - most.length };
}

/** `EXIT 137`, `killing`, else the status. @param {{status: string, exit_code: number | null, killing?: boolean}} job @param {boolean} live */
export function wallWord({ status, exit_code, killing }, live) {
  if (killing && live) return "killing";
  return status === "EXIT" && exit_code !== null ? `EXIT ${exit_code}` : status;
}

/** @param {Record<string, number>} totals */
export function totalsOf(totals) {
  const { running, pending, failed } = tally(totals);
  return { running, pending, failed, done: totals.DONE ?? 0 };
}

/** How long a run takes or took, and since when it is over. @param {WallRun} run @param {number} now ms */
export function runWords({ started_at, ended_at }, now) {
  if (!ended_at) return `running ${length(now - Date.parse(started_at))}`;
  return `ended ${ago(ended_at, now)}, took ${length(Date.parse(ended_at) - Date.parse(started_at))}`;
}

/** `7 behind, growing`. @param {number} behind @param {string | null} trend as of the history; null: not known yet */
export function behindWords(behind, trend) {
  if (behind <= 0) return "none behind";
  return trend && trend !== "steady" ? `${behind} behind, ${trend}` : `${behind} behind`;
}
