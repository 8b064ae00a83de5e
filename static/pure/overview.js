// @ts-check
import { look, tally } from "./status.js";

/**
 * @typedef {{id: number, name: string, archived: boolean, current: Record<string, number>, missing: number,
 *   median_wait: number | null, median_run: number | null}} HashOverview
 * @typedef {{epoch: string, seq: number, runs: number, processed: number, hashes: HashOverview[]}} Overview
 */

const ORDER = [
  "DONE", "RUN", "USUSP", "SSUSP", "UNKWN", "ZOMBI", "PEND", "PSUSP", "WAIT", "PROV", "Request Sent", "Persisted", "LSF_Slow", "EXIT",
  "LOST", "Submit failed",
];

/** The hashes to show: archived ones only when they have current jobs. @param {{hashes: HashOverview[]}} overview @returns {HashOverview[]} */
export function shownHashes({ hashes }) {
  return hashes.filter(({ archived, current }) => !archived || Object.values(current).some(Boolean));
}

/** Current jobs of all hashes together by status. @param {HashOverview[]} hashes @returns {Record<string, number>} */
export function together(hashes) {
  /** @type {Record<string, number>} */
  const sum = {};
  for (const { current } of hashes) for (const [status, count] of Object.entries(current)) sum[status] = (sum[status] ?? 0) + count;
  return sum;
}

/** Statuses that occur, the good ones first. @param {HashOverview[]} hashes @returns {string[]} */
export function statusesOf(hashes) {
  const place = (/** @type {string} */ status) => (ORDER.includes(status) ? ORDER.indexOf(status) : ORDER.length);
  const found = Object.entries(together(hashes)).filter(([, count]) => count > 0);
  return found.map(([status]) => status).sort((a, b) => place(a) - place(b));
}

/**
 * Parts of a bar, done first, then running, waiting, failed and what is missing.
 * @param {HashOverview} hash @returns {{tone: string, count: number}[]}
 */
export function shares({ current, missing }) {
  const tones = ["done", "run", "attention", "quiet", "failed"];
  const counts = tones.map((tone) => {
    const of = Object.entries(current).filter(([status]) => look(status).tone === tone);
    return { tone, count: of.reduce((sum, [, count]) => sum + count, 0) };
  });
  return [...counts, { tone: "missing", count: missing }].filter(({ count }) => count > 0);
}

/** Running and failed jobs for the title of the tab. @param {Overview} overview */
export function countsOf({ hashes }) {
  return tally(together(hashes));
}
