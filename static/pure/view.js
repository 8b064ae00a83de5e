// @ts-check
import { readChoice } from "./columns.js";
import { parseFilter, toQuery } from "./filter.js";

/**
 * What the address of Batch control says: the filter, list or grid (null: not said), the counter that the grid's cells
 * show, and the columns of a link (null: those of this browser).
 * @typedef {{filter: import("./filter.js").Filter, mode: "list" | "grid" | null, counter: string,
 *   chosen: import("./columns.js").Choice | null}} Address
 */

/** @param {string} search @returns {Address & {problems: ReturnType<typeof parseFilter>["problems"]}} */
export function readAddress(search) {
  const query = new URLSearchParams(search);
  const mode = query.get("mode");
  const kept = query.has("column") || query.has("line") ? { run: query.getAll("column"), job: query.getAll("line") } : null;
  return {
    ...parseFilter(query),
    mode: mode === "grid" || mode === "list" ? mode : null,
    counter: query.get("counter") ?? "",
    chosen: readChoice(kept),
  };
}

/** `?…`, or nothing when there is nothing to say. @param {Address} address */
export function writeAddress({ filter, mode, counter, chosen }) {
  const query = toQuery(filter);
  if (mode) query.set("mode", mode);
  if (counter) query.set("counter", counter);
  for (const key of chosen?.run ?? []) query.append("column", key);
  for (const key of chosen?.job ?? []) query.append("line", key);
  return query.size ? `?${query}` : "";
}

/**
 * Hashes that stand across the grid, by id: those looked for, else those in use and those with jobs in sight.
 * @param {Definition[]} definitions @param {Set<number>} used ids of hashes with jobs in sight @param {string[]} wanted names
 * @returns {Definition[]}
 */
export function gridHashes(definitions, used, wanted) {
  const across = definitions.filter(({ id, name, executable, archived_at }) =>
    wanted.length ? wanted.includes(name) : used.has(id) || (executable && !archived_at),
  );
  return across.sort((a, b) => a.id - b.id);
}

const SHORT = /** @type {Record<string, string>} */ ({
  "Request Sent": "sent",
  Persisted: "kept",
  LSF_Slow: "slow",
  "Submit failed": "fail",
});

/** A status in a narrow cell; its whole word stands in the cell's name. @param {string} status */
export function shortStatus(status) {
  return SHORT[status] ?? status;
}

/** `12 s`, `3 min`, `4 h`, `2 d`. @param {string} at @param {number} now ms */
export function age(at, now) {
  const seconds = Math.max(0, Math.floor((now - Date.parse(at)) / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return seconds < 86400 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86400)} d`;
}
