// @ts-check

/**
 * A small line through points over time, in a box of so many pixels, with room for its last point.
 * @typedef {{path: string, x: number, y: number}} Drawn `x`, `y`: of the last point
 */

const EDGE = 2;

/** @param {[string, number][]} points @param {number} width @param {number} height @returns {Drawn | null} null: of fewer than two points there is no line */
export function drawn(points, width, height) {
  if (points.length < 2) return null;
  const times = points.map(([at]) => Date.parse(at));
  const values = points.map(([, value]) => value);
  const [from, to] = [times[0], times[times.length - 1]];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const x = (/** @type {number} */ time) => EDGE + ((time - from) / (to - from || 1)) * (width - 2 * EDGE);
  const y = (/** @type {number} */ value) => (high === low ? height / 2 : EDGE + ((high - value) / (high - low)) * (height - 2 * EDGE));
  const all = times.map((time, i) => ({ x: round(x(time)), y: round(y(values[i])) }));
  const path = all.map(({ x, y }, i) => `${i ? "L" : "M"}${x} ${y}`).join("");
  return { path, ...all[all.length - 1] };
}

/** What the line shows, for those who do not see it. @param {string} name @param {[string, number][]} points */
export function inSentence(name, points) {
  const values = points.map(([, value]) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return `${name} over time: ${points.length} values from ${number(low)} to ${number(high)}, last ${number(values[values.length - 1])}`;
}

/** @param {number} value */
export function number(value) {
  const digits = Math.abs(value) >= 1000 ? 0 : 3;
  const whole = Number.isInteger(value);
  return Math.abs(value) >= 1e15 || (value !== 0 && Math.abs(value) < 1e-3) ? value.toExponential(2) : value.toLocaleString("en", { maximumFractionDigits: whole ? 0 : digits });
}

/** @param {number} value */
function round(value) {
  return Math.round(10 * value) / 10;
}
