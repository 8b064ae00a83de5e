// @ts-check
import { tally } from "./status.js";

/** What a run has in its lines. @typedef {{seq: number, lines: number, running: number, pending: number, failed: number}} Count */

const NONE = { lines: 0, running: 0, pending: 0, failed: 0 };

/**
 * How many lines every run of an experiment has, also those whose rows are not held: an unfiltered index gives the
 * start, rows of runs go on from there. The newest word about a run counts.
 */
export class Counts {
  /** @type {Map<number, Count>} */
  #runs = new Map();
  /** of all runs */
  totals = { ...NONE };
  /** Whether a whole index was taken in: the totals are those of the experiment. */
  complete = false;

  /** @param {number} run @returns {Count | undefined} */
  get(run) {
    return this.#runs.get(run);
  }

  get size() {
    return this.#runs.size;
  }

  /** Numbers of all runs known, in no particular order. */
  runs() {
    return this.#runs.keys();
  }

  /** @param {TableIndex} index of the view without a filter */
  start({ seq, runs }) {
    const there = new Set(runs.map(([run]) => run));
    for (const [run, count] of this.#runs) if (!there.has(run) && count.seq <= seq) this.#set(run, null);
    for (const [run, lines, running, pending, failed] of runs) this.#newer(run, { seq, lines, running, pending, failed });
    this.complete = true;
  }

  /** @param {Run} run */
  put({ number, seq, current }) {
    this.#newer(number, { seq, ...tally(current ?? {}) });
  }

  /** @param {number} run @param {number} seq */
  drop(run, seq) {
    if ((this.#runs.get(run)?.seq ?? seq) <= seq) this.#set(run, null);
  }

  clear() {
    this.#runs.clear();
    this.totals = { ...NONE };
    this.complete = false;
  }

  /** @param {number} run @param {Count} count */
  #newer(run, count) {
    if ((this.#runs.get(run)?.seq ?? -1) < count.seq) this.#set(run, count);
  }

  /** @param {number} run @param {Count | null} count */
  #set(run, count) {
    const before = this.#runs.get(run) ?? NONE;
    for (const name of /** @type {const} */ (["lines", "running", "pending", "failed"])) {
      this.totals[name] += (count ?? NONE)[name] - before[name];
    }
    if (count) this.#runs.set(run, count);
    else this.#runs.delete(run);
  }
}
