// @ts-check
import { paramColumns } from "./runs.js";

/**
 * A column of the table. `key`: unique in its level, and what the table's CSV calls it; `number`: stands at the right;
 * `sort`: as in a filter, null when the table cannot be sorted by it; `down`: sorts the most first when first asked.
 * @typedef {{key: string, title: string, level: "run" | "job", width: number, number: boolean, sort: string | null,
 *   down: boolean}} Column
 *
 * Keys of the columns that somebody has chosen, in order; the first `pins` of each level stay in sight.
 * @typedef {{run: string[], job: string[], pins: {run: number, job: number}}} Choice
 *
 * The columns as they stand, run columns above job columns. `widths` in px: of the tracks after the run number that both
 * share. Replaced as a whole. `chosen`: null while nobody has chosen any, and the run parameters that come first show.
 * @typedef {{run: Column[], job: Column[], pins: {run: number, job: number}, widths: number[], chosen: Choice | null}} Columns
 *
 * @typedef {"run" | "job"} Level
 */

/** Not to be chosen: the first columns of every job line (the hash at its least), then what stands after the tracks. In px. */
export const WIDTHS = Object.freeze({ number: 104, hash: 144, status: 152, actions: 160, report: 200 });

const PARAMS_AT_FIRST = 3;
/** Names with a colon are prefixes: a run parameter or a counter follows. */
const PREFIX = { run: "param:", job: "counter:" };
const SHAPES = /** @type {Record<Level, Record<string, [title: string, width: number, number?: 1, sort?: 1]>>} */ ({
  run: { started: ["Started", 96, undefined, 1], length: ["Length", 88, 1, 1], comment: ["Comment", 200], tags: ["Tags", 144] },
  job: {
    lsf: ["LSF ID", 104, 1],
    submitted: ["Submitted", 100, 1],
    length: ["Length", 88, 1],
    queue: ["Queue", 96],
    host: ["Host", 112],
    user: ["User", 88],
    parameters: ["Parameters", 176],
    requested: ["Requested", 100, 1],
  },
});

/** Columns that are not of a parameter or a counter. @param {Level} level @returns {string[]} keys */
export function fixedKeys(level) {
  return Object.keys(SHAPES[level]);
}

/** @param {Level} level @param {string} name of a run parameter or a counter @returns {string} key of its column */
export function keyOf(level, name) {
  return PREFIX[level] + name;
}

/** The parameter or counter that a column shows; null for other columns. @param {Pick<Column, "key" | "level">} column */
export function nameOf({ key, level }) {
  return key.startsWith(PREFIX[level]) ? key.slice(PREFIX[level].length) : null;
}

/**
 * @param {Level} level @param {string} key @param {Set<string>} [numeric] run parameters that are numbers
 * @returns {Column | null} null: there is no such column
 */
export function columnOf(level, key, numeric) {
  const name = nameOf({ key, level });
  if (name) {
    const number = level === "job" || (numeric?.has(name) ?? false);
    return { key, level, title: name, width: level === "run" ? 104 : 128, number, sort: key, down: number };
  }
  if (!Object.hasOwn(SHAPES[level], key)) return null;
  const [title, width, number, sort] = SHAPES[level][key];
  return { key, level, title, width, number: Boolean(number), sort: sort ? key : null, down: true };
}

/** What shows while nobody has chosen. @param {Run[]} runs newest first, those that are known @returns {Choice} */
export function usualChoice(runs) {
  const params = paramColumns(runs, PARAMS_AT_FIRST).map((name) => keyOf("run", name));
  return { run: ["started", "length", ...params], job: ["lsf", "submitted", "length"], pins: { run: 0, job: 0 } };
}

/**
 * As wide as the longest name, within limits; of what all names end with only the beginning shows, unless there is room.
 * @param {string[]} names of hashes @param {number} wide px of the window @returns {number} px of their column
 */
export function hashWidth(names, wide) {
  const [first = "", ...others] = names;
  let same = 0;
  while (wide <= 1600 && others.length && same < first.length && others.every((name) => name.at(-1 - same) === first.at(-1 - same))) same++;
  const longest = Math.max(...names.map((name) => name.length)) - Math.max(0, same - 1);
  return Math.max(WIDTHS.hash, Math.min(wide > 1600 ? 400 : wide > 1200 ? 320 : 196, 16 + 8 * longest));
}

/** @param {Choice | null} chosen @param {Run[]} runs newest first, those that are known @param {number} [hash] px @returns {Columns} */
export function columnsOf(chosen, runs, hash = WIDTHS.hash) {
  const { run: runKeys, job: jobKeys, pins } = chosen ?? usualChoice(runs);
  /** @type {Set<string>} */
  const numeric = new Set();
  for (const { params } of runs.slice(0, 10)) for (const name in params) if (typeof params[name] === "number") numeric.add(name);
  const columns = (/** @type {Level} */ level, /** @type {string[]} */ keys) =>
    keys.map((key) => columnOf(level, key, numeric)).filter((column) => column !== null);
  const [run, job] = [columns("run", runKeys), columns("job", jobKeys)];
  const below = [hash, WIDTHS.status, ...job.map(({ width }) => width)];
  const tracks = Math.max(run.length, below.length);
  const widths = Array.from({ length: tracks }, (_, i) => Math.max(run[i]?.width ?? 0, below[i] ?? 0));
  return { run, job, pins, widths, chosen };
}

/** Whether two look the same. @param {Columns} a @param {Columns} b */
export function sameColumns(a, b) {
  return JSON.stringify([a.run, a.job, a.pins, a.widths]) === JSON.stringify([b.run, b.job, b.pins, b.widths]);
}

/**
 * What was kept or came with a link, as far as it is a choice; null otherwise.
 * @param {any} kept @returns {Choice | null}
 */
export function readChoice(kept) {
  const keys = (/** @type {Level} */ level) => {
    const list = Array.isArray(kept?.[level]) ? kept[level] : [];
    return [...new Set(/** @type {string[]} */ (list))].filter((key) => typeof key === "string" && columnOf(level, key));
  };
  if (!Array.isArray(kept?.run) && !Array.isArray(kept?.job)) return null;
  const [run, job] = [keys("run"), keys("job")];
  const pins = (/** @type {Level} */ level, /** @type {string[]} */ list) =>
    Math.max(0, Math.min(Number(kept.pins?.[level]) || 0, list.length));
  return { run, job, pins: { run: pins("run", run), job: pins("job", job) } };
}
