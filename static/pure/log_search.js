// @ts-check
/**
 * What is looked for: a text, or lines of real errors. @typedef {{text: string} | {error: 1}} Sought
 * The answer to a question (see the API). @typedef {{items: {at: number, line: string}[], count: number, to: number, size: number, complete: boolean}} Found
 * A line that was found: where it begins, on which side of the begin of the search, and which one it is there, from 0.
 * @typedef {{at: number, side: Side, index: number | null}} Hit
 * @typedef {"after" | "before"} Side
 * @typedef {{forward: boolean, side: Side, from: number | null, index: number | null, turns: number}} Step
 */

/**
 * A search in a log that is looked through part by part, from a place on to its end and then round from its begin. `question`
 * is what to ask next, and `take` gets the answer: first what leads to the next hit, then (of a text) what counts them all.
 */
export class LogSearch {
  size = 0;
  none = false;
  /** @type {Hit | null} */
  current = null;
  /** @type {Step | null} */
  #step;

  /** @param {Sought} sought @param {number} origin the byte where it begins */
  constructor(sought, origin) {
    this.sought = sought;
    this.origin = origin;
    this.sides = { after: { count: 0, to: origin, done: false }, before: { count: 0, to: 0, done: origin === 0 } };
    this.#step = { forward: true, side: "after", from: origin, index: 0, turns: 1 };
  }

  /** Go on to the next hit, or back to the one before. @param {boolean} forward */
  step(forward) {
    if (this.#step || !this.current) return;
    const { at, side, index } = this.current;
    this.#step = { forward, side, from: forward ? at + 1 : at, index: index === null ? null : index + (forward ? 1 : -1), turns: 2 };
  }

  /** @returns {Record<string, number | string> | null} null: nothing is left to ask */
  get question() {
    const step = this.#step;
    if (step) return this.#query(step.side, step.from, step.forward, 1);
    if ("error" in this.sought || this.none) return null;
    const side = /** @type {Side[]} */ (["after", "before"]).find((one) => !this.sides[one].done);
    return side ? this.#query(side, this.sides[side].to, true, 50) : null;
  }

  /** @param {Side} side @param {number | null} from @param {boolean} forward @param {number} limit */
  #query(side, from, forward, limit) {
    /** @type {Record<string, number | string>} */
    const query = { ...this.sought, limit };
    if (from !== null) query.from = from;
    if (!forward) query.back = 1;
    if ((side === "before") === forward) query.until = this.origin;
    return query;
  }

  /** @param {Found} found @returns {Hit | null} the hit that was wanted, when this is it */
  take(found) {
    this.size = found.size;
    const step = this.#step;
    if (!step) {
      const side = this.sides.after.done ? this.sides.before : this.sides.after;
      side.count += found.count;
      side.to = found.to;
      side.done = found.complete;
      return null;
    }
    if (found.items.length) {
      this.#step = null;
      return (this.current = { at: found.items[0].at, side: step.side, index: step.index });
    }
    if (!found.complete) step.from = found.to;
    else if (step.turns === 0) this.#givenUp();
    else this.#turn(step);
    return null;
  }

  /** Round to the other side. @param {Step} step */
  #turn(step) {
    step.turns -= 1;
    step.side = step.side === "after" && this.origin > 0 ? "before" : "after";
    if (step.turns === 0 && step.side === "after" && this.origin === 0 && !this.current) return this.#givenUp();
    const { count, done } = this.sides[step.side];
    step.from = step.side === "before" ? (step.forward ? 0 : this.origin) : step.forward ? this.origin : null;
    step.index = step.forward ? 0 : done && "text" in this.sought ? count - 1 : null;
  }

  #givenUp() {
    this.#step = null;
    this.none = this.current === null;
  }

  /** The log is longer now: what was added is counted, too. @param {number} size */
  grew(size) {
    if (this.#step || this.none || size <= this.sides.after.to) return;
    this.sides.after.done = false;
  }

  /** Whether the next hit is still looked for. */
  get looking() {
    return this.#step !== null;
  }

  /** For people: where the search is. */
  get words() {
    const { after, before } = this.sides;
    if (this.#step) return this.size ? `Looking, ${this.#share}` : "Looking";
    if (this.none) return "error" in this.sought ? "No error found" : "Not found";
    if (!this.current) return "";
    const { side, index } = this.current;
    const number = index === null || (side === "after" && !before.done) ? null : index + 1 + (side === "after" ? before.count : 0);
    if ("error" in this.sought) return number === null ? "Error" : `Error ${number.toLocaleString("en")}`;
    const all = Math.max(after.count + before.count, number ?? 1).toLocaleString("en");
    return `${number?.toLocaleString("en") ?? "…"} of ${all}${after.done && before.done ? "" : "+"}`;
  }

  /** How much of the log was looked through for the next hit. */
  get #share() {
    const { forward, side, from } = /** @type {Step} */ (this.#step);
    const begin = forward ? this.origin : (this.current?.at ?? 0);
    const gone = forward ? (from ?? 0) - begin : begin - (from ?? this.size);
    const round = forward ? side === "before" : gone < 0;
    return `${Math.min(99, Math.max(0, Math.floor(((gone + (round ? this.size : 0)) / this.size) * 100)))} %`;
  }
}
