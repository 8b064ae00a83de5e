// @ts-check
/** @typedef {import("./store.js").Store} Store */

/**
 * Which runs are on the page, and which jobs stand under each.
 *
 * The page shows every run from `floor` on. Rows below it may be known (a job of an old run changed) but are not shown
 * until the page of runs they belong to was read, because their neighbours would be missing.
 */
export class RunWindow {
  /** @type {Map<number, Map<string, Job>>} run -> jobs by key */
  #jobs = new Map();
  /** @type {Map<string, number>} job key -> run, to find what a dropped job stood under */
  #runOf = new Map();

  /** @param {Store} store @param {number | null} floor lowest run shown; null: all */
  constructor(store, floor) {
    this.store = store;
    this.floor = floor;
    this.note(store.keys());
  }

  /** Take note of changed rows. @param {Iterable<string>} keys @returns {Set<number>} numbers of the runs they touch */
  note(keys) {
    /** @type {Set<number>} */
    const touched = new Set();
    for (const key of keys) {
      if (key.startsWith("run/")) touched.add(Number(key.slice(4)));
      if (!key.startsWith("job/")) continue;
      const job = /** @type {Job | undefined} */ (this.store.get(key));
      const run = job?.run ?? this.#runOf.get(key);
      if (run === undefined) continue;
      touched.add(run);
      const jobs = this.#jobs.get(run) ?? new Map();
      this.#jobs.set(run, jobs);
      if (job) {
        jobs.set(key, job);
        this.#runOf.set(key, run);
      } else {
        jobs.delete(key);
        this.#runOf.delete(key);
      }
    }
    return touched;
  }

  /** Runs on the page, newest first. @returns {Run[]} */
  runs() {
    const { floor } = this;
    return this.store
      .all("run")
      .filter((run) => floor === null || run.number >= floor)
      .sort((a, b) => b.number - a.number);
  }

  /** Jobs of a run in the order they were asked for. @param {number} run @returns {Job[]} */
  jobs(run) {
    return [...(this.#jobs.get(run)?.values() ?? [])].sort((a, b) => a.number - b.number);
  }
}

/**
 * Lowest run to show after a snapshot of at most `limit` runs: null when it held all there are.
 * @param {Run[]} runs @param {number} limit
 */
export function floorOf(runs, limit) {
  return runs.length < limit ? null : Math.min(...runs.map((run) => run.number));
}

/**
 * Names of run parameters worth a column: the first `count` in the order the newest runs have them.
 * @param {Run[]} runs newest first @param {number} count
 */
export function paramColumns(runs, count) {
  /** @type {Set<string>} */
  const names = new Set();
  for (const run of runs) {
    for (const name of Object.keys(run.params)) names.add(name);
    if (names.size >= count) break;
  }
  return [...names].slice(0, count);
}
