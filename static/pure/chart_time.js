// @ts-check
import { besides, endLabels, gridAcross, gridBelow, label, line, widest } from "./chart.js";
import { amount, numbers, times } from "./scale.js";
import { minute } from "./time.js";

/** Pictures over time, from what `overview/history` answers. */

/** @typedef {import("./chart.js").Place} Place */
/** @typedef {import("./chart.js").Scene} Scene */
/**
 * @typedef {{from: string, to: string, step: number, at: string[], waiting: number[], running: number[], done: number[],
 *   failed: number[], runs: number[], processed: number[], behind: number, trend: "growing" | "steady" | "shrinking"}} History
 */

const TOP = 10;
const LEVELS = 150;
const GAP = 18;
const ENDED = 64;
const AXIS = 22;
export const JOBS_HEIGHT = TOP + LEVELS + GAP + ENDED + AXIS;
const TICK_EVERY = 62;
/** Names at the left have so much room at least: `ended`. */
const LEFT = 42;

/** @param {number[]} values */
function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}

/** A level: fractions are told of what is small. @param {number} value */
function about(value) {
  return amount(value < 10 ? Math.round(value * 10) / 10 : Math.round(value));
}

/** When a step is: `21 Nov 14:05 to 14:10`. @param {History} history @param {number} i */
export function stepName(history, i) {
  const [begins, to] = [Date.parse(history.at[i]), Date.parse(history.to)];
  const ends = Math.min(begins + history.step * 1000, to);
  return `${minute(begins, to)} to ${minute(ends, begins)}`;
}

/** Middles of the steps; of the last one its end, as its level is that of now. @param {History} history @returns {number[]} ms since 1970 */
function middles({ at, step, to }) {
  return at.map((begins, i) => (i === at.length - 1 ? Date.parse(to) : Date.parse(begins) + step * 500));
}

/**
 * How many ran and waited (running at the base, waiting on it), and below it what ended in each step: done up, failed down.
 * @param {History} history @param {number} width px @returns {Scene}
 */
export function jobsOverTime(history, width) {
  const { at, waiting, running, done, failed } = history;
  const last = at.length - 1;
  const names = { running: `${about(running[last])} running`, waiting: `${about(waiting[last])} waiting`, done: `${amount(sum(done))} done`, failed: `${amount(sum(failed))} failed` };
  const base = TOP + LEVELS;
  const stacked = running.map((value, i) => value + waiting[i]);
  const levels = numbers(0, Math.max(1, ...stacked), base, TOP, 4, "", true);
  const left = Math.max(widest(levels), LEFT);
  const { right, begins } = besides(width, Object.values(names));
  const time = times(Date.parse(history.from), Date.parse(history.to), left, right, Math.max(2, Math.floor((right - left) / TICK_EVERY)));
  const xs = middles(history).map(time.at);
  /** @type {(values: number[]) => Place[]} */
  const along = (values) => [[left, levels.at(values[0])], ...values.map((value, i) => /** @type {Place} */ ([xs[i], levels.at(value)]))];
  const [low, high] = [along(running), along(stacked)];
  const middle = ended(done, failed);
  const place = { zero: base + GAP + middle * ENDED, unit: ENDED / Math.max(1, Math.max(...done) + Math.max(...failed)) };
  const bar = Math.max(1, ((right - left) / at.length) * (at.length > 120 ? 1 : 0.8));
  const bars = (/** @type {number[]} */ values, /** @type {"done" | "failed"} */ tone) =>
    values.flatMap((value, i) => {
      if (!value) return [];
      const height = Math.max(1, value * place.unit);
      const x = Math.max(left, Math.min(time.at(Date.parse(at[i])) + 0.1 * bar, right - 1));
      return [/** @type {const} */ ({ kind: "rect", x, y: tone === "done" ? place.zero - height : place.zero, width: Math.min(bar, right - x), height, tone, opacity: tone === "done" ? 0.5 : 1 })];
    });
  const ends = [
    { y: levels.at(running[last] / 2), text: names.running, tone: /** @type {const} */ ("run") },
    { y: levels.at(running[last] + waiting[last] / 2), text: names.waiting, tone: /** @type {const} */ ("quiet") },
  ];
  const bottom = base + GAP + ENDED;
  return {
    width,
    height: JOBS_HEIGHT,
    near: "x",
    shapes: [
      ...gridBelow(time, bottom, TOP),
      ...gridAcross(levels, left, right),
      { kind: "area", points: [...low, [right, base], [left, base]], tone: "run", opacity: 0.22 },
      { kind: "area", points: [...high, ...low.toReversed()], tone: "quiet", opacity: 0.18 },
      line(high, "quiet", 1),
      line(low, "run"),
      ...endLabels(ends, begins, TOP, base),
      line([[left, place.zero], [right, place.zero]], "quiet", 1),
      ...bars(done, "done"),
      ...bars(failed, "failed"),
      label(left - 6, base + GAP + 8, "ended", { anchor: "end" }),
      ...endLabels([{ y: place.zero - 9, text: names.done, tone: "done" }, { y: place.zero + 7, text: names.failed, tone: "failed" }], begins, base + GAP, bottom),
    ],
    marks: at.map((_, i) => {
      const level = `${about(running[i])} running, ${about(waiting[i])} waiting`;
      return { x: xs[i], y: levels.at(stacked[i]), text: `${stepName(history, i)}\n${level}\n${amount(done[i])} done, ${amount(failed[i])} failed` };
    }),
  };
}

/** Which share of the height what ended well takes. @param {number[]} done @param {number[]} failed */
function ended(done, failed) {
  const [up, down] = [Math.max(...done), Math.max(...failed)];
  return up + down ? Math.min(0.85, Math.max(0.3, up / (up + down))) : 0.6;
}

/** @param {History} history */
export function jobsInWords(history) {
  const { waiting, running, done, failed } = history;
  const all = sum(done) + sum(failed);
  const now = `${amount(running.at(-1) ?? 0)} running and ${amount(waiting.at(-1) ?? 0)} waiting now`;
  const share = all ? ` (${Math.round((sum(failed) / all) * 100)} %)` : "";
  return `${now}; ${amount(all)} ended in this time, ${amount(sum(failed))} of them failed${share}.`;
}

const RUNS = 232;
export const RUNS_HEIGHT = TOP + RUNS + AXIS;

/** Runs taken, and those of them that are processed; what is behind lies between the lines. @param {History} history @param {number} width px @returns {Scene} */
export function runsOverTime(history, width) {
  const { at, runs, processed, step, to } = history;
  const last = at.length - 1;
  const names = [`${amount(runs[last])} taken`, `${amount(processed[last])} processed`];
  const base = TOP + RUNS;
  const counts = numbers(Math.min(...runs, ...processed), Math.max(1, ...runs), base, TOP, 5, "", true);
  const left = Math.max(widest(counts), LEFT);
  const { right, begins } = besides(width, names);
  const time = times(Date.parse(history.from), Date.parse(to), left, right, Math.max(2, Math.floor((right - left) / TICK_EVERY)));
  const ends = at.map((start) => Math.min(Date.parse(start) + step * 1000, Date.parse(to)));
  /** @type {(values: number[]) => Place[]} */
  const along = (values) => values.map((value, i) => [time.at(ends[i]), counts.at(value)]);
  const [taken, done] = [along(runs), along(processed)];
  return {
    width,
    height: RUNS_HEIGHT,
    near: "x",
    shapes: [
      ...gridBelow(time, base, TOP),
      ...gridAcross(counts, left, right),
      { kind: "area", points: [...taken, ...done.toReversed()], tone: "attention", opacity: 0.2 },
      line(taken, "text"),
      line(done, "done"),
      ...endLabels([{ y: counts.at(runs[last]), text: names[0], tone: "text" }, { y: counts.at(processed[last]), text: names[1], tone: "done" }], begins, TOP, base),
    ],
    marks: at.map((_, i) => {
      const behind = runs[i] - processed[i];
      const text = `${minute(ends[i], Date.parse(to))}\n${amount(runs[i])} taken, ${amount(processed[i])} processed\n${behind ? `${amount(behind)} behind` : "none behind"}`;
      return { x: time.at(ends[i]), y: counts.at(processed[i]), text };
    }),
  };
}

/** `7 behind, growing`. @param {History} history */
export function behindInWords({ behind, trend }) {
  if (behind > 0) return `${amount(behind)} behind, ${trend}`;
  return trend === "shrinking" ? "none behind any more" : "none behind";
}

/** @param {History} history @param {string | null} hash */
export function runsInWords(history, hash) {
  const { runs, processed } = history;
  const by = hash ? `have a job DONE of ${hash}` : "have a job DONE";
  return `${amount(processed.at(-1) ?? 0)} of ${amount(runs.at(-1) ?? 0)} runs ${by}: ${behindInWords(history)}.`;
}
