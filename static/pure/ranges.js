// @ts-check
/** Run numbers as people write them: `1-20,25`. A range holds both its ends. @typedef {[number, number]} Range */

const LIMIT = 2_000_000_000;

/**
 * What was typed, as ranges; or why it cannot be read, in words. Blanks and a comma too many do not matter.
 * @param {string} text @param {Iterable<number>} [runs] those that there are: `last 10` then is the newest ten of them
 * @returns {{ranges: Range[], problem: string | null}}
 */
export function parseRanges(text, runs) {
  /** @type {Range[]} */
  const ranges = [];
  const wrong = (/** @type {string} */ problem) => ({ ranges: [], problem });
  for (const part of text.split(/[,;]/).map((piece) => piece.trim()).filter(Boolean)) {
    const newest = runs && /^last\s*([1-9]\d*)$/i.exec(part);
    if (newest) {
      ranges.push(...collapse([...runs].sort((a, b) => a - b).slice(-newest[1])));
      continue;
    }
    const match = /^(\d+)(?:\s*[-\u2013]\s*(\d+))?$/.exec(part);
    if (!match) return wrong(`“${part.slice(0, 30)}” is neither a run number nor a range such as 1-20`);
    const [first, last] = [Number(match[1]), Number(match[2] ?? match[1])];
    if (first > last) return wrong(`“${part}” goes backwards: write ${last}-${first}`);
    if (first < 1) return wrong("run numbers begin at 1");
    if (last > LIMIT) return wrong(`“${part.slice(0, 30)}” is too large for a run number`);
    ranges.push([first, last]);
  }
  return ranges.length ? { ranges, problem: null } : wrong("type run numbers such as 1-20,25");
}

/** Numbers as ascending ranges that neither touch nor overlap. @param {Iterable<number>} numbers @returns {Range[]} */
export function collapse(numbers) {
  /** @type {Range[]} */
  const ranges = [];
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && number <= last[1] + 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges;
}

/** `1-20,25`, as the API reads it. @param {Iterable<number>} numbers */
export function written(numbers) {
  return collapse(numbers).map(one).join(",");
}

/**
 * `1-20, 25`, for people; of more than `most` ranges the first ones and how many runs follow: `1, 3, 5 and 40 more`.
 * @param {Iterable<number>} numbers @param {number} [most]
 */
export function spoken(numbers, most = 12) {
  const ranges = collapse(numbers);
  const rest = ranges.slice(most).reduce((count, [first, last]) => count + last - first + 1, 0);
  const text = ranges.slice(0, most).map(one).join(", ");
  return rest ? `${text} and ${rest} more` : text;
}

/** @param {Range} range */
function one([first, last]) {
  return first === last ? String(first) : `${first}-${last}`;
}

/** Those of `numbers` that lie in one of the ranges. @param {Iterable<number>} numbers @param {Range[]} ranges */
export function within(numbers, ranges) {
  return [...numbers].filter((number) => ranges.some(([first, last]) => first <= number && number <= last));
}

/**
 * Everything from `a` to `b` in the order given, whichever comes first; `b` alone when `a` is not in it.
 * @param {number[]} order @param {number | null} a @param {number} b
 */
export function between(order, a, b) {
  const [from, to] = [a === null ? -1 : order.indexOf(a), order.indexOf(b)];
  if (from < 0 || to < 0) return [b];
  return order.slice(Math.min(from, to), Math.max(from, to) + 1);
}
