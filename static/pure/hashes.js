// @ts-check
/** Which hashes can be chosen, and in which order. */

const byName = new Intl.Collator("en", { numeric: true }).compare;

/** How many of the hashes used last are remembered. */
const REMEMBERED = 20;

/**
 * Hashes that can be applied and whose names contain every word of `text` (case is ignored): one of exactly that name,
 * then those used last, then the others whose names begin with it, then by name.
 * @param {Definition[]} definitions all of an experiment @param {string} text @param {number[]} recent ids, last used first
 * @returns {{definition: Definition, recent: boolean, marks: [number, number][]}[]} `marks`: what matched in the name, from and to
 */
export function findHashes(definitions, text, recent) {
  const typed = text.trim().toLowerCase();
  const words = typed.split(/\s+/).filter(Boolean);
  const found = definitions
    .filter(({ executable, archived_at }) => executable && !archived_at)
    .filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)))
    .map((definition) => ({ definition, marks: marksOf(definition.name, words), at: recent.indexOf(definition.id) }));
  const rank = (/** @type {typeof found[number]} */ { definition, at }) => {
    const name = definition.name.toLowerCase();
    if (typed && name === typed) return -1;
    if (at >= 0) return at;
    return recent.length + (typed && name.startsWith(typed) ? 0 : 1);
  };
  found.sort((a, b) => rank(a) - rank(b) || byName(a.definition.name, b.definition.name) || a.definition.id - b.definition.id);
  return found.map(({ definition, marks, at }) => ({ definition, marks, recent: at >= 0 }));
}

/** Where the words stand in a name, in order, those that touch as one. @param {string} name @param {string[]} words */
export function marksOf(name, words) {
  const lower = name.toLowerCase();
  /** @type {[number, number][]} */
  const marks = [];
  const places = words.map((word) => [lower.indexOf(word), word.length]).filter(([from]) => from >= 0);
  for (const [from, length] of places.sort(([a], [b]) => a - b)) {
    const last = marks.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], from + length);
    else marks.push([from, from + length]);
  }
  return marks;
}

/** The ids used last, after another use. @param {number[]} recent @param {number} id */
export function used(recent, id) {
  return [id, ...recent.filter((other) => other !== id)].slice(0, REMEMBERED);
}
