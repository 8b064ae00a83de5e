// @ts-check
/** Find and replace in the hashes that are copied to another experiment. */

/**
 * @typedef {{find: string, with: string}} Pair
 * @typedef {{executable: string | null, parameters: string}} Values
 */

/** The pairs that find something: an empty one finds nothing. @param {Pair[]} pairs */
export function usable(pairs) {
  return pairs.filter(({ find }) => find !== "");
}

/** One pair after the other, each everywhere. @param {string} text @param {Pair[]} pairs */
export function replaced(text, pairs) {
  return usable(pairs).reduce((now, pair) => now.split(pair.find).join(pair.with), text);
}

/** How often each pair finds something, those before it being done. @param {Values[]} all @param {Pair[]} pairs @returns {number[]} */
export function hits(all, pairs) {
  const texts = all.flatMap(({ executable, parameters }) => [executable ?? "", parameters]);
  return pairs.map(({ find }, i) => {
    const before = pairs.slice(0, i);
    return find ? texts.reduce((count, text) => count + replaced(text, before).split(find).length - 1, 0) : 0;
  });
}

/**
 * Pairs that are likely wanted: the experiments' names, and their instruments where these are folders, if they occur.
 * @param {{name: string, instrument: string}} from @param {{name: string, instrument: string}} to @param {Values[]} all
 * @returns {Pair[]}
 */
export function suggested(from, to, all) {
  const folder = (/** @type {string} */ instrument) => `/${instrument.toLowerCase()}/`;
  const pairs = [{ find: from.name, with: to.name }];
  if (from.instrument && to.instrument && from.instrument !== to.instrument) {
    pairs.push({ find: folder(from.instrument), with: folder(to.instrument) });
  }
  return pairs.filter((pair) => pair.find !== pair.with && hits(all, [pair])[0] > 0);
}
