// @ts-check
/**
 * A counter's value read as a number. What is not surely a number is none.
 * The manager reads in the same way (realtime/domain/measure.py); tests/measure_cases.json holds both to it.
 */

const NUMBER = String.raw`[+-]?(?:[0-9]{1,15}(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?`;
const LETTERS = "[A-Za-zµ°Å]{1,8}";
const TEXT = new RegExp(`^[ \\t]*(${NUMBER})[ \\t]*(?:(%)|/[ \\t]*(${NUMBER})|(${LETTERS})(?:/${LETTERS})?)?[ \\t]*$`);
const OF_DATES = new Set(
  "jan feb mar apr may jun jul aug sep sept oct nov dec january february march april june july august october november december am pm".split(" "),
);

/** @typedef {{value: number, of: number | null, percent: boolean}} Measure `of`: of 7/20 the 20; `percent`: `value` of 100 */

/**
 * What a counter says as a number; null for everything else, dates and truth values among them.
 * @param {unknown} value
 * @returns {Measure | null}
 */
export function measure(value) {
  if (typeof value === "number") return Number.isFinite(value) ? { value, of: null, percent: false } : null;
  const found = typeof value === "string" && !value.endsWith("\n") ? TEXT.exec(value) : null;
  if (!found || OF_DATES.has((found[4] ?? "").toLowerCase())) return null;
  const of = found[3] === undefined ? null : Number(found[3]);
  const number = Number(found[1]);
  if (!Number.isFinite(number) || (of !== null && !(of > 0 && Number.isFinite(of)))) return null;
  return { value: number, of, percent: found[2] !== undefined };
}
