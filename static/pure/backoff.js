// @ts-check
/** When to come back after a connection was lost. All times are ms. */

const SHORTEST = 500;
const LONGEST = 30_000;

/**
 * Full jitter: a random time between 0.5 s and a ceiling that doubles with each attempt, up to 30 s.
 * @param {number} attempt 0 for the first @param {number} random in [0, 1)
 */
export function delay(attempt, random) {
  const ceiling = Math.min(LONGEST, SHORTEST * 2 ** Math.min(attempt + 1, 10));
  return SHORTEST + random * (ceiling - SHORTEST);
}

/** The time a server that goes away asked for. @param {[number, number]} after @param {number} random in [0, 1) */
export function delayAsked([from, to], random) {
  return Math.min(LONGEST, Math.max(0, from + random * (to - from)));
}
