// @ts-check

/**
 * The experiments in the order in which people look for them: favourites first, then by name or the last active first.
 * @param {Experiment[]} rows @param {Set<string>} favourites names @param {"name" | "activity"} order
 */
export function byFavour(rows, favourites, order) {
  const last = (/** @type {Experiment} */ row) => (order === "activity" ? (row.last_activity_at ?? "") : "");
  return [...rows].sort(
    (a, b) =>
      Number(favourites.has(b.name)) - Number(favourites.has(a.name)) || compare(last(b), last(a)) || compare(a.name, b.name),
  );
}

/** @param {string} a @param {string} b */
function compare(a, b) {
  return a < b ? -1 : Number(a > b);
}

/** Whether every word is somewhere in its name, instrument or description. @param {Experiment} row @param {string} text */
export function isFound({ name, instrument, description }, text) {
  const where = `${name} ${instrument} ${description}`.toLowerCase();
  return text.toLowerCase().split(/\s+/).every((word) => where.includes(word));
}
