// @ts-check
import { before } from "./order.js";
import { parseRanges, within } from "./ranges.js";

/** @typedef {import("./order.js").Place} Place */

/** Heights in px of a run's own row and of one line, from which a run not drawn yet is estimated. @typedef {{run: number, line: number}} Rhythm */

/**
 * The order of the runs in the view, and where each stands from the top in px: estimated until it was drawn and
 * measured. Everything here is about all runs of the view, most of which are not in the document.
 */
export class TableModel {
  /** run numbers in the order of the view; read only */
  order = /** @type {number[]} */ ([]);
  /** Whether what has come since the last reading may belong elsewhere: the order is that of the last reading. */
  stale = false;
  /** Runs that came into the view above its newest, and nobody has seen yet. @type {Set<number>} */
  fresh = new Set();
  rhythm = { run: 36, line: 28 };
  /** @type {Map<number, number>} run -> lines chosen */
  #lines = new Map();
  /** @type {Map<number, Place>} run -> what it is sorted by, as far as that was told */
  #values = new Map();
  /** @type {Map<number, {height: number, rows: number}>} */
  #measured = new Map();
  /** @type {Map<number, number> | null} run -> place; null: to be counted anew */
  #places = null;
  /** tops of all runs, one more for the end */
  #tops = new Float64Array(1);
  #rowsBefore = new Uint32Array(1);

  /** @param {string} sort of a filter */
  constructor(sort) {
    this.sort = sort;
  }

  /** How many lines of all runs are chosen. */
  get lines() {
    let sum = 0;
    for (const lines of this.#lines.values()) sum += lines;
    return sum;
  }

  /** px of all runs */
  get total() {
    this.#place();
    return this.#tops[this.order.length];
  }

  /** table rows of all runs */
  get rows() {
    this.#place();
    return this.#rowsBefore[this.order.length];
  }

  /** @param {number} run */
  has(run) {
    return this.#lines.has(run);
  }

  /** @param {number} run @returns {number} -1: it is not in the view */
  indexOf(run) {
    return this.#place().get(run) ?? -1;
  }

  /** The whole view as just read; what was measured stays. @param {IndexEntry[]} runs @param {string} sort */
  take(runs, sort) {
    this.sort = sort;
    this.stale = false;
    this.order = runs.map(([run]) => run);
    this.#lines = new Map(runs.map(([run, lines]) => [run, lines]));
    this.#values.clear();
    for (const run of this.fresh) if (!this.#lines.has(run)) this.fresh.delete(run);
    for (const run of this.#measured.keys()) if (!this.#lines.has(run)) this.#measured.delete(run);
    this.#places = null;
  }

  /**
   * A run is in the view with so many lines. One that was not stands at its place when the view is sorted by run, else last.
   * @param {number} run @param {number} lines @param {Place} [value] what it is sorted by, if that is known
   */
  put(run, lines, value) {
    const held = this.#lines.get(run);
    if (value !== undefined) this.#value(run, value);
    if (held === lines) return;
    this.#lines.set(run, lines);
    this.#places = null;
    if (held !== undefined) return;
    const { order } = this;
    if (this.sort === "") {
      if (order.length && run > order[0]) this.fresh.add(run);
      order.splice(first(order, (other) => other < run), 0, run);
    } else if (this.sort === "run") order.splice(first(order, (other) => other > run), 0, run);
    else {
      order.push(run);
      this.stale = true;
    }
  }

  /** The order is another when a run passes one of its neighbours, or one of which is not known what it is sorted by. @param {number} run @param {Place} value */
  #value(run, value) {
    const old = this.#values.get(run);
    this.#values.set(run, value);
    if (old === undefined || old === value || this.stale) return;
    const at = this.indexOf(run);
    const around = this.order.slice(Math.max(0, at - 1), at + 2);
    this.stale = around.some((one, i) => {
      const [a, b] = [this.#values.get(around[i - 1]), this.#values.get(one)];
      return i > 0 && (a === undefined || b === undefined || !before([around[i - 1], a], [one, b], this.sort));
    });
  }

  /** A run is not in the view. @param {number} run */
  remove(run) {
    if (!this.#lines.has(run)) return;
    this.order.splice(this.indexOf(run), 1);
    this.#lines.delete(run);
    this.#measured.delete(run);
    this.fresh.delete(run);
    this.#places = null;
  }

  /** A run that is drawn is so high and has so many table rows. @param {number} run @param {number} height @param {number} rows */
  measure(run, height, rows) {
    const held = this.#measured.get(run);
    if (held && Math.abs(held.height - height) < 0.01 && held.rows === rows) return;
    this.#measured.set(run, { height, rows });
    this.#places = null;
  }

  /** Nothing drawn so far says how high anything is now. @param {Rhythm} rhythm */
  forget(rhythm) {
    this.rhythm = rhythm;
    this.#measured.clear();
    this.#places = null;
  }

  /** @param {number} run */
  height(run) {
    return this.#measured.get(run)?.height ?? this.rhythm.run + this.rhythm.line * (this.#lines.get(run) ?? 0);
  }

  /** px above the run at this place. @param {number} index */
  top(index) {
    this.#place();
    return this.#tops[index];
  }

  /** Table rows above the run at this place. @param {number} index */
  rowsBefore(index) {
    this.#place();
    return this.#rowsBefore[index];
  }

  /** Places [from, to) of the runs of which something lies between two heights. @param {number} above @param {number} below @returns {[number, number]} */
  range(above, below) {
    this.#place();
    const { order } = this;
    const from = first(order, (_, i) => this.#tops[i + 1] > above);
    const to = first(order, (_, i) => this.#tops[i] >= below);
    return [from, Math.max(from, to)];
  }

  #place() {
    if (this.#places) return this.#places;
    const { order } = this;
    const places = new Map();
    this.#tops = new Float64Array(order.length + 1);
    this.#rowsBefore = new Uint32Array(order.length + 1);
    order.forEach((run, i) => {
      places.set(run, i);
      this.#tops[i + 1] = this.#tops[i] + this.height(run);
      this.#rowsBefore[i + 1] = this.#rowsBefore[i] + (this.#measured.get(run)?.rows ?? 1 + (this.#lines.get(run) ?? 0));
    });
    return (this.#places = places);
  }
}

/** Runs whose membership the server must be asked for: those the filter's own range does not exclude. @param {Iterable<number>} runs @param {string} range of a filter */
export function askable(runs, range) {
  return range ? within(runs, parseRanges(range).ranges) : [...runs];
}

/**
 * Place of the first that holds; of all before it `holds` is false, of all after it true.
 * @param {number[]} list @param {(item: number, i: number) => boolean} holds
 */
function first(list, holds) {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(list[middle], middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
