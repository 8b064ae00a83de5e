// @ts-check
import { clock, minute } from "./time.js";

/** From values to places: where a value stands, and which round ones are named on the axis. */

const DAY = 86_400;
const TIMES = [60, 300, 600, 900, 1800, 3600, 2 * 3600, 3 * 3600, 6 * 3600, 12 * 3600, DAY, 2 * DAY, 3 * DAY, 7 * DAY, 14 * DAY, 28 * DAY];
const LENGTHS = /** @type {[number, string][]} */ ([
  [0.1, "0.1 s"], [1, "1 s"], [10, "10 s"], [60, "1 min"], [600, "10 min"], [3600, "1 h"], [36_000, "10 h"], [345_600, "4 d"],
  [3_456_000, "40 d"],
]);

/** @typedef {{value: number, text: string}} Tick */
/** @typedef {{at: (value: number) => number, ticks: Tick[]}} Scale */

/**
 * Round numbers at about `count` places, the ends of the scale among them. @param {number} low @param {number} high
 * @param {number} from px of the low end @param {number} to px @param {number} count @param {string} [unit]
 * @param {boolean} [whole] the values are whole numbers @returns {Scale}
 */
export function numbers(low, high, from, to, count, unit = "", whole = false) {
  const step = Math.max(roundStep((high - low || Math.abs(high) || 1) / count), whole ? 1 : 0);
  const [first, last] = [Math.floor(low / step + 1e-9), Math.max(Math.ceil(high / step - 1e-9), Math.floor(low / step + 1e-9) + 1)];
  const decimals = Math.min(Math.max(0, -Math.floor(Math.log10(step) + 1e-9)), 12);
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => {
    const value = (first + i) * step;
    return { value, text: amount(value, decimals) + unit };
  });
  return { at: (value) => from + ((value - first * step) / ((last - first) * step)) * (to - from), ticks };
}

/** 1, 2 or 5 times a power of ten, not less than this. @param {number} least */
function roundStep(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5].find((step) => step * power >= least * 0.999999) ?? 10);
}

/** `24 310`, `0.5`, `3e+12`. @param {number} value @param {number} [decimals] */
export function amount(value, decimals) {
  if (Math.abs(value) >= 1e9 || (value !== 0 && Math.abs(value) < 1e-6)) return value.toPrecision(3).replace(/\.?0+e/, "e");
  const [whole, rest] = (decimals === undefined ? String(value) : value.toFixed(decimals)).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, "\u202f").replace(/^-/, "−");
  return rest === undefined ? grouped : `${grouped}.${rest}`;
}

/**
 * Round times of the chosen zone; midnight is named by its day. @param {number} low ms since 1970 @param {number} high
 * @param {number} from px @param {number} to px @param {number} count at most so many named @returns {Scale}
 */
export function times(low, high, from, to, count) {
  const step = TIMES.find((size) => (high - low) / 1000 / size <= count) ?? DAY * Math.ceil((high - low) / 1000 / DAY / count);
  const ticks = /** @type {Tick[]} */ ([]);
  for (let n = Math.floor(low / 1000 / step) - 1; n <= high / 1000 / step + 2; n++) {
    const value = 1000 * (n * step - offset(n * step * 1000));
    if (value >= low && value <= high && value !== ticks.at(-1)?.value) ticks.push({ value, text: step >= DAY || midnight(value) ? day(value) : minute(value) });
  }
  return { at: (value) => from + ((value - low) / Math.max(high - low, 1)) * (to - from), ticks };
}

/** Seconds that clocks of the zone are ahead of UTC, less than a day. @param {number} at */
function offset(at) {
  const [hours, minutes, seconds] = clock(at).split(":").map(Number);
  const there = hours * 3600 + minutes * 60 + seconds;
  return (there - (Math.floor(at / 1000) % DAY) + DAY) % DAY;
}

/** @param {number} at */
function midnight(at) {
  return minute(at) === "00:00";
}

/** `21 Nov`. @param {number} at */
export function day(at) {
  return minute(at, at - 7 * DAY * 1000).slice(0, -6);
}

/**
 * Seconds, each named one some ten times as long as the one before. @param {number} low @param {number} high
 * @param {number} from px @param {number} to px @returns {Scale}
 */
export function lengths(low, high, from, to) {
  const first = LENGTHS.findLastIndex(([seconds]) => seconds <= Math.max(low, LENGTHS[0][0]));
  const end = LENGTHS.findIndex(([seconds]) => seconds >= high);
  const last = Math.max(end < 0 ? LENGTHS.length - 1 : end, first + 1);
  const ticks = LENGTHS.slice(first, last + 1).map(([value, text]) => ({ value, text }));
  const [start, stop] = [Math.log(ticks[0].value), Math.log(ticks[ticks.length - 1].value)];
  return {
    at: (value) => from + Math.min(1, Math.max(0, (Math.log(Math.max(value, 1e-3)) - start) / (stop - start))) * (to - from),
    ticks,
  };
}
