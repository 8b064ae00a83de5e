// @ts-check

/**
 * Something that somebody did in an experiment.
 * @typedef {{seq: number, at: string, by: string, action: string, text: string, run: number | null, job: string | null,
 *   definition: number | null}} Deed
 * @typedef {{by: string, action: string, text: string}} DeedFilter empty: any
 */

/** @param {URLSearchParams} query @returns {DeedFilter} */
export function deedFilter(query) {
  const one = (/** @type {string} */ name) => query.get(name) ?? "";
  return { by: one("by"), action: one("action"), text: one("text") };
}

/** @param {DeedFilter} filter @returns {string} with a question mark, or empty */
export function deedQuery(filter) {
  const query = new URLSearchParams(Object.entries(filter).filter(([, value]) => value.trim()));
  return query.size ? `?${query}` : "";
}

/** Whether it is by that person, of that kind, and every word is in it. @param {Deed} deed @param {DeedFilter} filter */
export function isWanted({ by, action, text }, filter) {
  const where = `${by} ${action} ${text}`.toLowerCase();
  const words = filter.text.toLowerCase().split(/\s+/);
  return (!filter.by || by === filter.by) && (!filter.action || action === filter.action) && words.every((word) => where.includes(word));
}

/**
 * Deeds by seq, newest first, each once.
 * @param {Deed[]} held @param {Deed[]} come
 */
export function joined(held, come) {
  const bySeq = new Map([...held, ...come].map((deed) => [deed.seq, deed]));
  return [...bySeq.values()].sort((a, b) => b.seq - a.seq);
}
