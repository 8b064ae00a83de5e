// @ts-check
import { isLive } from "./status.js";

/**
 * The lines of a run: its current jobs that are chosen, in order, each with the earlier jobs of its hash that are folded
 * under it. They stand under the newest of their hash; when that is not chosen, under the first of the hash that is.
 * @param {Job[]} jobs all of the run
 * @param {{chosen: Set<string> | null, order: (a: Job, b: Job) => number}} how `chosen`: ids of lines, null: all
 * @returns {Line[]}
 */
export function linesOf(jobs, { chosen, order }) {
  /** @type {Map<number, Job[]>} hash -> its jobs, newest first */
  const byHash = new Map();
  for (const job of [...jobs].sort((a, b) => b.number - a.number)) {
    const same = byHash.get(job.definition.id);
    if (same) same.push(job);
    else byHash.set(job.definition.id, [job]);
  }
  /** @type {Line[]} */
  const lines = [];
  for (const same of byHash.values()) {
    const earlier = same.filter((job, i) => i > 0 && !isLive(job.status));
    const shown = same.filter((job) => !earlier.includes(job) && (chosen?.has(job.id) ?? true));
    shown.forEach((job, i) => lines.push({ job, earlier: i === 0 ? earlier : [] }));
  }
  return lines.sort((a, b) => order(a.job, b.job));
}
