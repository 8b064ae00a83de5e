// @ts-check
/**
 * What became of a message: keys of rows that are different now, whether the whole view was replaced, and whether the
 * feed must be resumed because the message does not follow on from what is held.
 * @typedef {{changed: Set<string>, reset: boolean, resume: boolean}} Outcome
 */

/**
 * All rows the page knows, by key, and the position `(epoch, seq)` up to which it knows them.
 *
 * A row is replaced only by one with a higher seq. The position moves only after a message is applied as a whole.
 * Tombstones are kept, so that a page of older rows read before a deletion cannot bring a deleted row back.
 */
export class Store {
  /** @type {Map<string, Row>} */
  #rows = new Map();
  /** @type {Map<string, number>} */
  #gone = new Map();
  /** @type {Map<string, Row> | null} rows of a snapshot whose last part has not come */
  #arriving = null;

  /** @param {{epoch: string, seq: number, rows: Row[]}} snapshot */
  constructor({ epoch, seq, rows }) {
    this.epoch = epoch;
    this.seq = seq;
    for (const row of rows) this.#rows.set(row.key, row);
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
   * Rows read by HTTP. A page of another epoch is refused (null): ask again.
   * @param {{epoch: string, items: Row[]}} page @returns {Set<string> | null} keys that changed
   */
  merge({ epoch, items }) {
    if (epoch !== this.epoch) return null;
    return new Set(items.filter((row) => this.#put(row)).map((row) => row.key));
  }

  /** @param {{epoch: string, seq: number, rows: Row[], part: number, last: boolean}} part @returns {Outcome} */
  #snapshot({ epoch, seq, rows, part, last }) {
    if (part === 1) this.#arriving = new Map();
    if (!this.#arriving) return { ...nothing(), resume: true };
    for (const row of rows) this.#arriving.set(row.key, row);
    if (!last) return nothing();
    const changed = new Set([...this.#rows.keys(), ...this.#arriving.keys()]);
    this.#rows = this.#arriving;
    this.#arriving = null;
    this.#gone.clear();
    this.epoch = epoch;
    this.seq = seq;
    return { changed, reset: true, resume: false };
  }

  /** @param {{epoch: string, from: number, to: number, put: Row[], drop: [string, number][]}} delta @returns {Outcome} */
  #delta({ epoch, from, to, put, drop }) {
    if (epoch !== this.epoch || from !== this.seq) return { ...nothing(), resume: true };
    /** @type {Set<string>} */
    const changed = new Set();
    for (const row of put) if (this.#put(row)) changed.add(row.key);
    for (const [key, seq] of drop) if (this.#drop(key, seq)) changed.add(key);
    this.seq = to;
    return { changed, reset: false, resume: false };
  }

  /** @param {Row} row */
  #put(row) {
    const held = Math.max(this.#rows.get(row.key)?.seq ?? -1, this.#gone.get(row.key) ?? -1);
    if (row.seq <= held) return false;
    this.#gone.delete(row.key);
    this.#rows.set(row.key, row);
    return true;
  }

  /** @param {string} key @param {number} seq */
  #drop(key, seq) {
    if ((this.#rows.get(key)?.seq ?? -1) >= seq) return false;
    this.#gone.set(key, Math.max(seq, this.#gone.get(key) ?? -1));
    return this.#rows.delete(key);
  }
}

/** @returns {Outcome} */
function nothing() {
  return { changed: new Set(), reset: false, resume: false };
}
