// @ts-check

/**
 * Names of run parameters worth a column: the first `count` in the order the newest runs have them.
 * @param {Run[]} runs newest first @param {number} count
 */
export function paramColumns(runs, count) {
  /** @type {Set<string>} */
  const names = new Set();
  for (const run of runs) {
    for (const name of Object.keys(run.params)) names.add(name);
    if (names.size >= count) break;
  }
  return [...names].slice(0, count);
}
