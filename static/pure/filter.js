// @ts-check
import { parseRanges, within } from "./ranges.js";
import { hasFailed, isLive } from "./status.js";

/**
 * Which runs and lines are in the view, and in which order. Server and page mean the same by it: tests/filter_cases.json.
 *
 * @typedef {{text: string, runs: string, hash: string[], status: string[], user: string, tag: string[], failed: boolean,
 *   sort: string, of: string}} Filter `runs` as `1-20,25`; `sort` empty: newest run first; `of`: the hash whose counter
 *   is sorted by, empty: any
 * @typedef {keyof Filter} FilterKey
 */

const SORT = /^-?(?:run|started|length|(?:param|counter):.+)$/s;
const LEADING_NUMBER = /^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?/i;

/** @type {Filter} */
export const NO_FILTER = Object.freeze({ text: "", runs: "", hash: [], status: [], user: "", tag: [], failed: false, sort: "", of: "" });

/** The statuses that one button stands for; DONE has none. */
export const GROUPS = Object.freeze({
  running: ["RUN", "USUSP", "SSUSP", "UNKWN", "ZOMBI"],
  pending: ["Request Sent", "Persisted", "LSF_Slow", "PEND", "PSUSP", "WAIT", "PROV"],
  failed: ["EXIT", "Submit failed", "LOST"],
});

/** @typedef {keyof typeof GROUPS} Group */

/** Whether the filter lets all of a group pass because it was asked for. @param {Filter} filter @param {Group} group */
export function asksFor({ status, failed }, group) {
  return (group === "failed" && failed) || GROUPS[group].every((one) => status.includes(one));
}

/** Asks for a group besides what is asked for, or no longer. @param {Filter} filter @param {Group} group @returns {Filter} */
export function turned(filter, group) {
  const rest = filter.status.filter((one) => !GROUPS[group].includes(one));
  const others = filter.failed && group !== "failed" ? [...rest, ...GROUPS.failed] : rest;
  if (asksFor(filter, group)) return { ...filter, failed: filter.failed && group !== "failed", status: rest };
  if (group === "failed" && !rest.length) return { ...filter, failed: true, status: [] };
  return { ...filter, failed: false, status: [...new Set([...others, ...GROUPS[group]])] };
}

/**
 * What a query says. What cannot be read is left out, and named with a sentence in `problems`.
 * @param {URLSearchParams} query @returns {{filter: Filter, problems: Partial<Record<FilterKey, string>>}}
 */
export function parseFilter(query) {
  const all = (/** @type {string} */ name) => [...new Set(query.getAll(name).filter(Boolean))];
  const one = (/** @type {string} */ name) => query.get(name) ?? "";
  /** @type {Partial<Record<FilterKey, string>>} */
  const problems = {};
  const { runs, problem } = readRuns(one("runs"));
  if (problem) problems.runs = problem;
  const sort = SORT.test(one("sort")) ? one("sort") : "";
  if (sort !== one("sort")) problems.sort = `the table cannot be sorted by “${one("sort").slice(0, 40)}”`;
  const filter = {
    text: one("text"),
    runs,
    hash: all("hash"),
    status: all("status"),
    user: one("user"),
    tag: all("tag"),
    failed: one("failed") === "1",
    sort: sort === "-run" ? "" : sort,
    of: sort.includes("counter:") ? one("of") : "",
  };
  return { filter, problems };
}

/** What was typed as a range of runs, in one way of writing. @param {string} text @param {Iterable<number>} [all] the runs that there are @returns {{runs: string, problem: string | null}} */
export function readRuns(text, all) {
  if (!text.trim()) return { runs: "", problem: null };
  const { ranges, problem } = parseRanges(text, all);
  return { runs: ranges.map(([first, last]) => (first === last ? first : `${first}-${last}`)).join(","), problem };
}

/** The same filter as a query, without what is not set. @param {Filter} filter @returns {URLSearchParams} */
export function toQuery(filter) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filter)) {
    if (Array.isArray(value)) for (const one of value) query.append(name, one);
    else if (value === true) query.set(name, "1");
    else if (value && value.trim()) query.set(name, value.trim());
  }
  return query;
}

/** The conditions that are set; sorting is none. @param {Filter} filter @returns {FilterKey[]} */
export function conditionsOf(filter) {
  const names = /** @type {FilterKey[]} */ (Object.keys(filter)).filter((name) => name !== "sort" && name !== "of");
  return names.filter((name) => {
    const value = filter[name];
    return typeof value === "string" ? value.trim() : Array.isArray(value) ? value.length : value;
  });
}

/**
 * The current jobs of a run: the newest of each hash, and every live one.
 * @template {Pick<Job, "number" | "status" | "definition">} J
 * @param {J[]} jobs of one run @returns {J[]}
 */
export function currentOf(jobs) {
  /** @type {Map<number, number>} hash -> newest */
  const newest = new Map();
  for (const { definition, number } of jobs) newest.set(definition.id, Math.max(number, newest.get(definition.id) ?? 0));
  return jobs.filter((job) => isLive(job.status) || job.number === newest.get(job.definition.id));
}

/**
 * Ids of the lines that are in the view; null when the run is out of it.
 * @param {Pick<Run, "number" | "params" | "comment" | "tags">} run @param {Job[]} jobs all of the run
 * @param {Filter} filter @returns {Set<string> | null}
 */
export function chooseLines(run, jobs, filter) {
  if (filter.runs && !within([run.number], parseRanges(filter.runs).ranges).length) return null;
  if (!filter.tag.every((tag) => run.tags.includes(tag))) return null;
  const words = lower(runTexts(run));
  /* What the run itself matches, no line needs to. */
  const tokens = tokensOf(filter.text).filter((token) => token !== String(run.number) && !words.includes(token));
  const conditions = filter.hash.length || filter.status.length || filter.user || filter.failed;
  const chosen = currentOf(jobs).filter((job) => meets(job, filter) && tokens.every((token) => lower(jobTexts(job)).includes(token)));
  if (!chosen.length && (conditions || tokens.length)) return null;
  return new Set(chosen.map((job) => job.id));
}

/** @param {Job} job @param {Filter} filter */
function meets({ definition, status, user }, { hash, status: statuses, user: wanted, failed }) {
  if (hash.length && !hash.includes(definition.name)) return false;
  if (statuses.length && !statuses.includes(status)) return false;
  return (!wanted || wanted === user) && (!failed || hasFailed(status));
}

/** @param {string} text */
function tokensOf(text) {
  return lower(text).split(/\s+/).filter(Boolean);
}

/** Texts stand on lines of their own: no token has a line's end in it. @param {Pick<Run, "params" | "comment" | "tags">} run */
function runTexts({ params, comment, tags }) {
  return [...Object.values(params).map(paramText), comment, ...tags].join("\n");
}

/** @param {Job} job */
function jobTexts({ definition, status, user, lsf_id, parameters, detail, reason }) {
  return [definition.name, status, user, lsf_id, parameters, detail, reason].join("\n");
}

/** A run parameter in words. @param {unknown} value */
export function paramText(value) {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Only ASCII letters, so that every program means the same. @param {string} text */
function lower(text) {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/**
 * What a counter is sorted by: `12.4 %` by 12.4, `7/20` by 7, other texts by themselves; null: it has no value.
 * @param {Job} job @param {string} name @returns {number | string | null}
 */
export function counterValue(job, name) {
  return placeOf(job.counters?.find((counter) => counter.name === name)?.value);
}

/** What a value is sorted by. @param {unknown} value @returns {number | string | null} */
export function placeOf(value) {
  if (value === null || value === undefined) return null;
  if (typeof value === "number") return value;
  const text = paramText(value);
  const number = LEADING_NUMBER.exec(text)?.[0];
  return number !== undefined && Number.isFinite(Number(number)) ? Number(number) : text;
}

/**
 * The order in which the lines of a run stand: by hash and newest first, or by the counter that the view is sorted by.
 * @param {string} sort of a filter @returns {(a: Job, b: Job) => number}
 */
export function lineOrder(sort) {
  const usual = (/** @type {Job} */ a, /** @type {Job} */ b) => a.definition.id - b.definition.id || b.number - a.number;
  const match = /^(-?)counter:(.+)$/s.exec(sort);
  if (!match) return usual;
  const [, down, name] = match;
  return (a, b) => compare(counterValue(a, name), counterValue(b, name), down === "-") || usual(a, b);
}

/**
 * Numbers stand before texts and texts before nothing, whichever way they are sorted.
 * @param {number | string | null} a @param {number | string | null} b @param {boolean} down
 */
export function compare(a, b, down) {
  const rank = (/** @type {number | string | null} */ value) => (value === null ? 2 : typeof value === "string" ? 1 : 0);
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  if (a === b || a === null || b === null) return 0;
  return a < b === down ? 1 : -1;
}
