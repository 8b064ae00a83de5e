// @ts-check
import { compare, counterValue, lineOrder, placeOf } from "./filter.js";

/** What a run is sorted by; null: it has no value and stands last. @typedef {number | string | null} Place */

/**
 * What a run is sorted by in this view; undefined: by its number alone.
 * @param {Run} run @param {Job[]} jobs its chosen lines @param {import("./filter.js").Filter} filter @returns {Place | undefined}
 */
export function placeIn(run, jobs, { sort, of }) {
  const name = sort.replace(/^-/, "");
  const [started, ended] = [run.started_at, run.ended_at].map((at) => (at ? Date.parse(at) : null));
  if (name === "started") return started;
  if (name === "length") return started === null || ended === null ? null : ended - started;
  if (name.startsWith("param:")) return placeOf(run.params[name.slice(6)]);
  if (!name.startsWith("counter:")) return undefined;
  const [best] = jobs.filter(({ definition }) => !of || definition.name === of).sort(lineOrder(sort));
  return best ? counterValue(best, name.slice(8)) : null;
}

/** Whether run `a` stands before run `b`. @param {[number, Place]} a @param {[number, Place]} b @param {string} sort of a filter */
export function before([a, placeA], [b, placeB], sort) {
  return (compare(placeA, placeB, sort.startsWith("-")) || b - a) < 0;
}

/**
 * Whether what has come of a run whose rows are not here may have changed the order, which was read at a time.
 * @param {Row} row @param {import("./filter.js").Filter} filter @param {number} readAt ms
 */
export function mayMove(row, { sort, of }, readAt) {
  const [, name] = /^-?counter:(.+)$/s.exec(sort) ?? [];
  if (name === undefined || row.kind !== "job") return false;
  const { definition, counters } = /** @type {Job} */ (row);
  const counter = !of || definition.name === of ? counters.find((one) => one.name === name) : undefined;
  return counter !== undefined && Date.parse(counter.at ?? "") >= readAt;
}
