// @ts-check
import { cut, gridBelow, label, line, widthOf } from "./chart.js";
import { shares, together } from "./overview.js";
import { amount, lengths } from "./scale.js";
import { length } from "./time.js";

/** Pictures with a line for each hash. */

/** @typedef {import("./chart.js").Scene} Scene */
/** @typedef {import("./chart.js").Shape} Shape */
/** @typedef {import("./chart.js").Tone} Tone */
/** @typedef {import("./overview.js").HashOverview} HashOverview */
/** @typedef {{n: number, low5: number, q1: number, median: number, q3: number, high95: number}} Spread */
/** @typedef {{id: number, name: string, wait: Spread | null, run: Spread | null}} HashTimes */

const ROW = 24;
/** where a name has no room beside its line it stands above */
const NARROW = 460;
const NARROW_ROW = 38;
const NAMES = 280;
const HEAD = 22;
const FOOT = 22;
const BAR = 14;

/** @type {Record<string, string>} */
const WORDS = { done: "done", run: "running", attention: "in doubt", quiet: "waiting", failed: "failed", missing: "missing" };

const SUCCESS = "success";
/** Hashes with fewer that ended are not compared with others. */
const ENOUGH = 5;

/** @param {string[]} names @param {number} width */
function columns(names, width) {
  const narrow = width < NARROW;
  const left = narrow ? 0 : Math.min(NAMES, width * 0.42, Math.max(60, ...names.map(widthOf)) + 12);
  return { narrow, left, row: narrow ? NARROW_ROW : ROW };
}

/** @param {string} name @param {number} y middle of its line @param {{narrow: boolean, left: number}} at @param {number} width @param {boolean} [strong] */
function nameOf(name, y, { narrow, left }, width, strong) {
  return narrow ? label(0, y - 13, cut(name, width), { tone: "text", strong }) : label(left - 10, y + 4, cut(name, left - 10), { tone: "text", anchor: "end", strong });
}

/** @param {number} count */
export function sharesHeight(count) {
  return HEAD + 8 + (count + 1) * ROW + 4;
}

/**
 * Of the runs of each hash: how many are done, running, waiting, failed and missing; above it all of them together.
 * @param {HashOverview[]} hashes @param {number} width px @param {(name: string) => string} address of the runs of a hash
 * @returns {Scene}
 */
export function sharesByHash(hashes, width, address) {
  const missing = hashes.reduce((total, hash) => total + hash.missing, 0);
  const all = { id: 0, name: "All hashes", archived: false, current: together(hashes), missing, median_wait: null, median_run: null };
  const rows = [all, ...hashes];
  const at = columns(rows.map(({ name }) => name), width);
  const right = width - 44;
  /** @type {Scene} */
  const scene = { width, height: HEAD + 8 + rows.length * at.row + 4, near: "y", shapes: [], marks: [] };
  rows.forEach((hash, i) => {
    const y = HEAD + 8 + i * at.row + at.row - ROW / 2;
    const parts = shares(hash);
    const total = parts.reduce((sum, { count }) => sum + count, 0);
    let x = at.left;
    let named = at.left;
    scene.shapes.push(nameOf(hash.name, y, at, width, i === 0));
    let rest = parts.reduce((sum, { tone }) => sum + widthOf(WORDS[tone]) + 8, 4);
    for (const { tone, count } of parts) {
      const wide = (count / total) * (right - at.left);
      /* Done work stays in the background. */
      const shown = { x, y: y - BAR / 2, width: Math.max(1, wide - 1), height: BAR, tone: /** @type {Tone} */ (tone), opacity: { done: 0.4, missing: 0.6 }[tone] ?? 1 };
      scene.shapes.push({ kind: "rect", ...shown });
      if (wide > widthOf(amount(count)) + 8) scene.shapes.push(label(x + wide / 2, y + 4, amount(count), { anchor: "middle", tone: tone === "missing" || tone === "done" ? "text" : "page" }));
      if (i === 0) {
        const from = Math.max(named, Math.min(x, width - widthOf(SUCCESS) - rest));
        rest -= widthOf(WORDS[tone]) + 8;
        scene.shapes.push(label(from, y - BAR / 2 - 8 - (at.narrow ? 14 : 0), WORDS[tone], { tone: tone === "missing" ? "faint" : /** @type {Tone} */ (tone), strong: true }));
        named = from + widthOf(WORDS[tone]) + 8;
      }
      x += wide;
    }
    scene.shapes.push(label(width, y + 4, successOf(hash), { anchor: "end", tone: "text", strong: i === 0 }));
    if (i === 0 && named <= width - widthOf(SUCCESS)) scene.shapes.push(label(width, y - BAR / 2 - 8 - (at.narrow ? 14 : 0), SUCCESS, { anchor: "end", tone: "text", strong: true }));
    const said = parts.map(({ tone, count }) => `${amount(count)} ${WORDS[tone]}`).join(", ");
    scene.marks.push({ x: at.left, y, text: `${hash.name}\n${said || "no runs"}`, href: i ? address(hash.name) : undefined });
  });
  return scene;
}

/** How many of a hash's newest jobs ended, and how many of them failed. @param {HashOverview} hash */
function endOf(hash) {
  const counts = new Map(shares(hash).map(({ tone, count }) => [tone, count]));
  const failed = counts.get("failed") ?? 0;
  return { name: hash.name, failed, all: failed + (counts.get("done") ?? 0) };
}

/** The share of those DONE in those that ended: `85 %`; empty: none has. @param {HashOverview} hash */
export function successOf(hash) {
  const { failed, all } = endOf(hash);
  return all ? `${Math.floor(((all - failed) / all) * 100)} %` : "";
}

/** @param {HashOverview[]} hashes */
export function sharesInWords(hashes) {
  const failing = hashes.map(endOf).filter(({ failed }) => failed);
  const told = failing.filter(({ all }) => all >= ENOUGH);
  const worst = (told.length ? told : failing).sort((a, b) => b.failed / b.all - a.failed / a.all)[0];
  if (!worst) return "Of no hash has a newest job failed.";
  return `${worst.name} fails most often: ${amount(worst.failed)} of ${amount(worst.all)} that ended (${Math.round((worst.failed / worst.all) * 100)} %).`;
}

/**
 * How the times of the last good jobs of each hash are spread: a line from 5 % to 95 % of them, a box around the middle
 * half, a stroke at the median. @param {HashTimes[]} times @param {number} width px @returns {Scene}
 */
export function timesByHash(times, width) {
  const at = columns(times.map(({ name }) => name), width);
  const bottom = HEAD + times.length * at.row + 4;
  const each = (width - at.left) / 2;
  /** @type {Scene} */
  const scene = { width, height: bottom + FOOT, near: "y", shapes: [], marks: [] };
  const spreads = times.flatMap(({ wait, run }) => [wait, run]).filter((spread) => spread !== null);
  const [low, high] = [Math.min(...spreads.map(({ low5 }) => Math.max(low5, 1))), Math.max(10, ...spreads.map(({ high95 }) => high95))];
  const panels = /** @type {const} */ ([["wait", "Waiting", "quiet"], ["run", "Running", "run"]]).map(([key, title, tone], i) => {
    const from = at.left + i * each + 16;
    const scale = lengths(low, high, from, at.left + (i + 1) * each - 52);
    scene.shapes.push(...gridBelow(fitting(scale), bottom, HEAD), label(from, HEAD - 8, title, { tone, strong: true }), label(at.left + (i + 1) * each, HEAD - 8, "median", { anchor: "end" }));
    return { key, tone, scale, end: at.left + (i + 1) * each };
  });
  times.forEach((hash, n) => {
    const y = HEAD + n * at.row + at.row - ROW / 2;
    scene.shapes.push(nameOf(hash.name, y, at, width));
    for (const { key, tone, scale, end } of panels) {
      const spread = hash[key];
      if (spread) scene.shapes.push(...box(spread, scale, y, tone), label(end, y + 4, length(spread.median * 1000), { anchor: "end", tone: "text" }));
    }
    scene.marks.push({ x: at.left, y, text: `${hash.name}\nwaiting ${spreadInWords(hash.wait)}\nrunning ${spreadInWords(hash.run)}` });
  });
  return scene;
}

/** Names that would stand on each other are left out. @param {import("./scale.js").Scale} scale */
function fitting(scale) {
  let end = -Infinity;
  const ticks = scale.ticks.map(({ value, text }) => {
    const x = scale.at(value);
    const fits = x - widthOf(text) / 2 > end + 4;
    if (fits) end = x + widthOf(text) / 2;
    return { value, text: fits ? text : "" };
  });
  return { ...scale, ticks };
}

/** @param {Spread} spread @param {import("./scale.js").Scale} scale @param {number} y @param {Tone} tone @returns {Shape[]} */
function box({ low5, q1, median, q3, high95 }, scale, y, tone) {
  const [a, b, c, d, e] = [low5, q1, median, q3, high95].map(scale.at);
  return [
    line([[a, y], [e, y]], tone, 1),
    { kind: "rect", x: b, y: y - 5, width: Math.max(1, d - b), height: 10, tone: "page" },
    { kind: "rect", x: b, y: y - 5, width: Math.max(1, d - b), height: 10, tone, opacity: 0.3 },
    line([[c, y - 7], [c, y + 7]], tone, 2.5),
  ];
}

/** @param {Spread | null} spread */
function spreadInWords(spread) {
  if (!spread) return "not known";
  const [low, middle, high] = [spread.low5, spread.median, spread.high95].map((seconds) => length(seconds * 1000));
  return `${middle} (${low} to ${high})`;
}

/** @param {HashTimes[]} times */
export function timesInWords(times) {
  const known = times.filter(({ run }) => run !== null).sort((a, b) => (b.run?.median ?? 0) - (a.run?.median ?? 0));
  const [longest] = known;
  if (!longest) return "No job is DONE yet.";
  const median = length((longest.run?.median ?? 0) * 1000);
  return `The last 500 jobs DONE of each hash; the line is from 5 to 95 % of them, the box their middle half. ${longest.name} runs longest: median ${median}.`;
}
