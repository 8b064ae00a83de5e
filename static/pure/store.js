// @ts-check
import { Counts } from "./counts.js";

/**
 * What became of a message: keys of rows that are different now (of a job that is gone also that of its run), runs of
 * rows that were passed by, whether the whole view was replaced, and whether the feed must be resumed because the message
 * does not follow on from what is held.
 * @typedef {{changed: Set<string>, passed: Set<number>, reset: boolean, resume: boolean}} Outcome
 */

/**
 * The rows the page knows, by key, and the position `(epoch, seq)` up to which it knows them.
 *
 * A row is replaced only by one with a higher seq. The position moves only after a message is applied as a whole.
 * Tombstones are kept, so that rows read before a deletion cannot bring a deleted row back.
 *
 * On a page with a `table` the jobs and rows of runs are kept only of those runs that are wanted. `want` comes before
 * they are asked for: from then on their news is kept, so that what is read later cannot be older than what was missed.
 * `holds` says that all of a run is here. Of all other runs only their counts are kept.
 */
export class Store {
  /** @type {Map<string, Row>} */
  #rows = new Map();
  /** @type {Map<string, number>} */
  #gone = new Map();
  /** @type {Map<number, Map<string, Job>>} run -> its jobs by key */
  #jobs = new Map();
  /** @type {Map<number, number> | null} wanted run -> position when it became so; null: every run is */
  #wanted = null;
  /** @type {Set<number>} wanted runs of which everything is here */
  #held = new Set();
  /** @type {Map<string, Row> | null} rows of a snapshot whose last part has not come */
  #arriving = null;
  counts = new Counts();

  /** @param {{epoch: string, seq: number, rows: Row[], table?: unknown}} snapshot */
  constructor({ epoch, seq, rows, table }) {
    this.epoch = epoch;
    this.seq = seq;
    if (table) this.#wanted = new Map();
    this.#fill(rows, seq);
  }

  /** Position for `since=`. */
  get position() {
    return `${this.epoch}:${this.seq}`;
  }

  /** @param {string} key @returns {any} the row, or undefined */
  get(key) {
    return this.#rows.get(key);
  }

  keys() {
    return this.#rows.keys();
  }

  /** @param {string} kind @returns {any[]} rows of that kind, in no particular order */
  all(kind) {
    return [...this.#rows.values()].filter((row) => row.kind === kind);
  }

  /** Jobs of a run that are held, in no particular order. @param {number} run @returns {Job[]} */
  jobsOf(run) {
    return [...(this.#jobs.get(run)?.values() ?? [])];
  }

  /** Whether all of a run is here. @param {number} run */
  holds(run) {
    return this.#wanted ? this.#held.has(run) : this.#rows.has(`run/${run}`);
  }

  /** @returns {number[]} runs that are wanted, whether or not they are here */
  wanted() {
    return [...(this.#wanted?.keys() ?? [])];
  }

  /** From now on news of these runs is kept. @param {Iterable<number>} runs */
  want(runs) {
    for (const run of runs) if (this.#wanted && !this.#wanted.has(run)) this.#wanted.set(run, this.seq);
  }

  /** Their rows are forgotten. @param {Iterable<number>} runs */
  unwant(runs) {
    for (const run of runs) {
      if (!this.#wanted?.delete(run)) continue;
      this.#held.delete(run);
      this.#rows.delete(`run/${run}`);
      for (const key of this.#jobs.get(run)?.keys() ?? []) this.#rows.delete(key);
      this.#jobs.delete(run);
    }
    this.#forgetGone();
  }

  /** @param {any} message one message of the protocol @returns {Outcome} */
  apply(message) {
    switch (message.type) {
      case "hello":
        this.#arriving = null;
        return nothing();
      case "snapshot":
        return this.#snapshot(message);
      case "delta":
        return this.#delta(message);
      case "heartbeat":
        this.seq = Math.max(this.seq, message.seq);
        return nothing();
      default:
        return nothing();
    }
  }

  /**
   * Rows read by HTTP. Those of another epoch are refused (null): ask again. Of the runs that they are complete of
   * (`runs`) each is taken as a whole, if it is wanted since before they were read and not here yet.
   * @param {{epoch: string, seq: number, items: Row[], runs?: number[]}} page
   * @returns {Set<string> | null} keys that changed
   */
  merge({ epoch, seq, items, runs = [] }) {
    if (epoch !== this.epoch) return null;
    const taken = new Set(runs.filter((run) => !this.#held.has(run) && (this.#wanted?.get(run) ?? Infinity) <= seq));
    const fresh = items.filter((row) => !this.#wanted || taken.has(runOf(row) ?? NaN));
    const changed = new Set(fresh.filter((row) => this.#put(row)).map((row) => row.key));
    for (const run of taken) {
      this.#held.add(run);
      changed.add(`run/${run}`);
    }
    this.#forgetGone();
    return changed;
  }

  /** @param {{epoch: string, seq: number, rows: Row[], part: number, last: boolean}} part @returns {Outcome} */
  #snapshot({ epoch, seq, rows, part, last }) {
    if (part === 1) this.#arriving = new Map();
    if (!this.#arriving) return { ...nothing(), resume: true };
    for (const row of rows) this.#arriving.set(row.key, row);
    if (!last) return nothing();
    const arrived = [...this.#arriving.values()];
    const changed = new Set([...this.#rows.keys(), ...this.#arriving.keys()]);
    const before = this.#wanted;
    this.#arriving = null;
    this.#rows = new Map();
    this.#jobs.clear();
    this.#gone.clear();
    this.#held.clear();
    this.counts.clear();
    this.#wanted &&= new Map();
    this.epoch = epoch;
    this.seq = seq;
    this.#fill(before ? arrived.filter((row) => before.has(runOf(row) ?? NaN) || runOf(row) === null) : arrived, seq);
    for (const row of arrived) if (row.kind === "run") this.counts.put(/** @type {Run} */ (row));
    return { ...nothing(), changed, reset: true };
  }

  /** Rows of a whole view: what they say of a run is all of it. @param {Row[]} rows @param {number} seq */
  #fill(rows, seq) {
    for (const row of rows) {
      if (row.kind !== "run") continue;
      const { number } = /** @type {Run} */ (row);
      this.#wanted?.set(number, seq);
      this.#held.add(number);
    }
    for (const row of rows) this.#put(row);
  }

  /** @param {{epoch: string, from: number, to: number, put: Row[], drop: [string, number][]}} delta @returns {Outcome} */
  #delta({ epoch, from, to, put, drop }) {
    if (epoch !== this.epoch || from !== this.seq) return { ...nothing(), resume: true };
    const { changed, passed } = nothing();
    for (const row of put) {
      const run = runOf(row);
      if (run !== null && this.#wanted && !this.#wanted.has(run)) {
        if (row.kind === "run") this.counts.put(/** @type {Run} */ (row));
        passed.add(run);
      } else if (this.#put(row)) changed.add(row.key);
    }
    for (const [key, seq] of drop) {
      const row = this.#rows.get(key);
      const number = key.startsWith("run/") ? Number(key.slice(4)) : null;
      if (number !== null) this.counts.drop(number, seq);
      if (number !== null && this.#wanted && !this.#wanted.has(number)) passed.add(number);
      if (!this.#drop(key, seq)) continue;
      changed.add(key);
      if (row?.kind === "job") changed.add(`run/${runOf(row)}`);
    }
    this.seq = to;
    this.#forgetGone();
    return { changed, passed, reset: false, resume: false };
  }

  /** @param {Row} row */
  #put(row) {
    const held = Math.max(this.#rows.get(row.key)?.seq ?? -1, this.#gone.get(row.key) ?? -1);
    if (row.seq <= held) return false;
    this.#gone.delete(row.key);
    this.#rows.set(row.key, row);
    if (row.kind === "run") this.counts.put(/** @type {Run} */ (row));
    if (row.kind === "job") this.#jobsIn(/** @type {Job} */ (row).run).set(row.key, /** @type {Job} */ (row));
    return true;
  }

  /** @param {number} run */
  #jobsIn(run) {
    const jobs = this.#jobs.get(run) ?? new Map();
    this.#jobs.set(run, jobs);
    return jobs;
  }

  /** @param {string} key @param {number} seq */
  #drop(key, seq) {
    const row = this.#rows.get(key);
    if ((row?.seq ?? -1) >= seq) return false;
    this.#gone.set(key, Math.max(seq, this.#gone.get(key) ?? -1));
    if (row?.kind === "job") this.#jobs.get(/** @type {Job} */ (row).run)?.delete(key);
    return this.#rows.delete(key);
  }

  /** Tombstones are of use only while rows may come that were read before the deletion. */
  #forgetGone() {
    if (this.#wanted && this.#wanted.size === this.#held.size) this.#gone.clear();
  }
}

/** The run that a row is of; null: of none. @param {any} row @returns {number | null} */
function runOf(row) {
  return row.kind === "job" ? row.run : row.kind === "run" ? row.number : null;
}

/** @returns {Outcome} */
function nothing() {
  return { changed: new Set(), passed: new Set(), reset: false, resume: false };
}
