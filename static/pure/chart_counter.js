// @ts-check
import { gridAcross, gridBelow, label, line, widest } from "./chart.js";
import { amount, numbers } from "./scale.js";
import { hasFailed, isLive } from "./status.js";

/** A counter of one hash over its runs, from what `overview/counter` answers. */

/** @typedef {import("./chart.js").Place} Place */
/** @typedef {import("./chart.js").Scene} Scene */
/** @typedef {{run: number, value: number | null, text: string, status: string, job: string}} Said */
/** @typedef {{id: number, name: string, counter: string | null, percent: boolean, counters: string[], items: Said[]}} CounterByRun */

const TOP = 12;
const PLOT = 210;
const AXIS = 34;
export const COUNTER_HEIGHT = TOP + PLOT + AXIS;
const TICK_EVERY = 70;
/** So many points have a median worth drawing, at so many places at most, each over so many neighbours at least. */
const MANY = 30;
const PLACES = 150;
const AROUND = 11;

/** @param {CounterByRun} told @param {number} width px @param {(job: string) => string} address of a job @returns {Scene} */
export function counterByRun(told, width, address) {
  const said = /** @type {(Said & {value: number})[]} */ (told.items.filter(({ value }) => value !== null));
  const values = said.map(({ value }) => value);
  const [lowest, highest] = [Math.min(...values), Math.max(...values)];
  const fromZero = lowest >= 0 && lowest < 0.6 * highest;
  const base = TOP + PLOT;
  const whole = values.every(Number.isInteger);
  const up = numbers(fromZero ? 0 : lowest, highest, base, TOP, 5, told.percent ? " %" : "", whole);
  const left = Math.max(34, widest(up));
  const right = width - 12;
  const [first, last] = [said[0].run, said[said.length - 1].run];
  const along = numbers(first, last, left + 6, right - 6, Math.max(2, Math.floor((right - left) / TICK_EVERY)), "", true);
  const x = (/** @type {number} */ run) => left + 8 + ((run - first) / Math.max(1, last - first)) * (right - left - 16);
  const ticks = along.ticks.filter(({ value }) => value >= first && value <= last);
  /** @type {(chosen: (status: string) => boolean) => Place[]} */
  const places = (chosen) => said.filter(({ status }) => chosen(status)).map(({ run, value }) => [x(run), up.at(value)]);
  const middle = said.length > MANY ? medians(values).map(([i, value]) => /** @type {Place} */ ([x(said[i].run), up.at(value)])) : [];
  return {
    width,
    height: COUNTER_HEIGHT,
    near: "xy",
    shapes: [
      ...gridAcross(up, left, right),
      ...gridBelow({ at: x, ticks }, base, base),
      label(right, base + 30, "run", { anchor: "end" }),
      { kind: "points", points: places((status) => status === "DONE"), tone: "done", shape: "dot" },
      { kind: "points", points: places(isLive), tone: "run", shape: "ring" },
      { kind: "points", points: places(hasFailed), tone: "failed", shape: "cross" },
      line(middle, "page", 4),
      line(middle, "text"),
    ],
    marks: said.map(({ run, value, text, status, job }) => ({ x: x(run), y: up.at(value), text: `Run ${run}, ${status}\n${text}`, href: address(job) })),
  };
}

/** Over how many neighbours a median of so many is. @param {number} count */
function neighbours(count) {
  return Math.max(AROUND, 2 * Math.floor(count / 50) + 1);
}

/** The median of a value's neighbours and itself, at places evenly apart. @param {number[]} values @returns {[number, number][]} (place, median) */
function medians(values) {
  const wide = neighbours(values.length);
  const places = Math.min(values.length, PLACES);
  return Array.from({ length: places }, (_, n) => {
    const i = Math.round((n * (values.length - 1)) / (places - 1));
    const from = Math.max(0, Math.min(i - (wide >> 1), values.length - wide));
    const around = values.slice(from, from + wide).sort((a, b) => a - b);
    return [i, around[around.length >> 1]];
  });
}

/** @param {CounterByRun} told */
export function counterInWords({ items, counter, name }) {
  const numbers = items.filter(({ value }) => value !== null);
  if (!counter || !numbers.length) return `No job of ${name} has reported a number yet.`;
  const last = numbers[numbers.length - 1];
  const failed = numbers.filter(({ status }) => hasFailed(status)).length;
  const parts = [`${amount(numbers.length)} ${numbers.length === 1 ? "run" : "runs"}, the newest ${last.run} with ${last.text}`];
  if (failed) parts.push(`a cross: failed (${amount(failed)})`);
  if (numbers.length > MANY) parts.push(`the line: the median of ${neighbours(numbers.length)} runs`);
  return `${parts.join("; ")}.`;
}
