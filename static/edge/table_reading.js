// @ts-check
import { conditionsOf, toQuery } from "../pure/filter.js";
import { written } from "../pure/ranges.js";
import { askable } from "../pure/table.js";
import { call, Refused } from "./api.js";

/** @typedef {import("../pure/store.js").Store} Store */

const AT_ONCE = 100;
const RECHECK_EVERY = 1_000;
const RECHECK_AT_MOST = 400;
const AFTER_ERROR = 3_000;
const AFTER_OLD = 300;

/**
 * Reads by HTTP what the feed does not bring: which runs are in the view, and the rows of runs near the view. Whatever
 * was asked for later wins; what failed is asked for again until it is answered, or no longer wanted.
 */
export class TableReading {
  /** what is to be read, most wanted first @type {number[]} */
  #wanted = [];
  #reading = false;
  /** @type {Filter | null} */
  #filter = null;
  #asked = 0;
  #indexing = false;
  /** @type {Set<number>} */
  #due = new Set();
  #timer = 0;
  #checking = false;
  /** @type {Map<number, {seq: number, entry: IndexEntry | null}>} answers that came while an index was on its way */
  #meanwhile = new Map();

  /**
   * @param {{page: Page, store: Store, onIndex: (index: TableIndex, filter: Filter) => void,
   *   onRows: (changed: Set<string>, runs: number[]) => void,
   *   onChecked: (run: number, entry: IndexEntry | null) => void, onProblem: (text: string | null) => void}} options
   *   `onChecked`: whether a run is in the view, null: it is not
   */
  constructor({ page, store, onIndex, onRows, onChecked, onProblem }) {
    this.base = `${page.api}/experiments/${page.experiment?.name}`;
    this.store = store;
    this.onIndex = onIndex;
    this.onRows = onRows;
    this.onChecked = onChecked;
    this.onProblem = onProblem;
  }

  /** The index of a view is read anew. @param {Filter} filter */
  index(filter) {
    this.#filter = filter;
    this.#due.clear();
    this.#meanwhile.clear();
    this.#asked += 1;
    void this.#readIndex(this.#asked);
  }

  /** Rows of these runs and of no others are wanted now, the first ones most. @param {number[]} runs not held yet */
  rows(runs) {
    this.#wanted = runs;
    this.store.want(runs);
    if (!this.#reading) void this.#readRows();
  }

  /** Something of these runs changed that is not here: are they in the view? @param {Iterable<number>} runs @param {Filter} filter */
  check(runs, filter) {
    this.#filter = filter;
    for (const run of runs) this.#due.add(run);
    if (this.#due.size && !this.#checking && !this.#timer) this.#checkIn(RECHECK_EVERY);
  }

  /** Counts of all runs of the experiment, when the view is not all of it. */
  async counts() {
    for (;;) {
      const answer = await this.#get("table", () => !this.store.counts.complete);
      if (!answer || this.store.counts.complete) return;
      if (answer.epoch === this.store.epoch) return this.store.counts.start(answer);
      await wait(AFTER_OLD);
    }
  }

  /** @param {number} asked */
  async #readIndex(asked) {
    const filter = /** @type {Filter} */ (this.#filter);
    this.#indexing = true;
    for (;;) {
      const { seq } = this.store;
      const answer = await this.#get(`table?${toQuery(filter)}`, () => asked === this.#asked);
      if (asked !== this.#asked) return;
      if (answer && answer.epoch === this.store.epoch && answer.seq >= seq) {
        this.#indexing = false;
        this.onIndex(answer, filter);
        for (const [run, { seq: at, entry }] of this.#meanwhile) if (at > answer.seq) this.onChecked(run, entry);
        this.#meanwhile.clear();
        return;
      }
      await wait(AFTER_OLD);
    }
  }

  async #readRows() {
    this.#reading = true;
    while (this.#wanted.length) {
      const runs = this.#wanted.slice(0, AT_ONCE);
      const answer = await this.#get(`table/rows?runs=${runs.join(",")}`, () => this.#wanted.length > 0);
      const changed = answer && this.store.merge(answer);
      if (!changed) {
        await wait(AFTER_OLD);
        continue;
      }
      const read = new Set(answer.runs);
      const later = runs.findIndex((run) => !read.has(run));
      /* Rows come for as many as fit; one before them that is missing does not exist. */
      const gone = runs.slice(0, later < 0 ? 0 : runs.findLastIndex((run) => read.has(run)) + 1).filter((run) => !read.has(run));
      this.#wanted = this.#wanted.filter((run) => !this.store.holds(run) && !gone.includes(run));
      this.onRows(changed, answer.runs);
      if (!changed.size && read.size) await wait(AFTER_OLD);
      if (!read.size) this.#wanted = this.#wanted.filter((run) => !runs.includes(run));
    }
    this.#reading = false;
  }

  /** @param {number} ms */
  #checkIn(ms) {
    this.#timer = setTimeout(() => void this.#check(), ms);
  }

  async #check() {
    this.#timer = 0;
    const filter = /** @type {Filter} */ (this.#filter);
    const due = [...this.#due];
    this.#due.clear();
    if (!due.length) return;
    if (due.length > RECHECK_AT_MOST) return this.index(filter);
    const asked = this.#asked;
    const runs = askable(due, filter.runs);
    this.#checking = true;
    const query = toQuery({ ...filter, sort: "" });
    query.set("runs", written(runs));
    const answer = runs.length ? await this.#get(`table?${query}`, () => asked === this.#asked) : { runs: [], seq: Infinity, epoch: this.store.epoch };
    this.#checking = false;
    if (asked === this.#asked && answer && answer.epoch === this.store.epoch) {
      const found = new Map(answer.runs.map((/** @type {IndexEntry} */ entry) => [entry[0], entry]));
      for (const run of due) {
        const entry = found.get(run) ?? null;
        if (this.#indexing) this.#meanwhile.set(run, { seq: answer.seq, entry });
        this.onChecked(run, entry);
      }
    }
    if (this.#due.size && !this.#timer) this.#checkIn(RECHECK_EVERY);
  }

  /**
   * The answer; what fails is said and asked for again while `wanted` holds, then null.
   * @param {string} what @param {() => boolean} wanted @returns {Promise<any>}
   */
  async #get(what, wanted) {
    while (wanted()) {
      try {
        const answer = await call("GET", `${this.base}/${what}`);
        this.onProblem(null);
        return answer;
      } catch (cause) {
        if (!(cause instanceof Refused)) throw cause;
        this.onProblem(cause.message);
        await wait(AFTER_ERROR);
      }
    }
    return null;
  }
}

/** Whether a view can lose or gain a run by what happens in it. @param {Filter} filter */
export function isFiltered(filter) {
  return conditionsOf(filter).length > 0;
}

/** @param {number} ms @returns {Promise<void>} */
function wait(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
