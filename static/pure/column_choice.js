// @ts-check

/** @typedef {import("./columns.js").Choice} Choice */
/** @typedef {import("./columns.js").Level} Level */

/** A column shows or does not; a new one comes last. @param {Choice} choice @param {Level} level @param {string} key @returns {Choice} */
export function toggled(choice, level, key) {
  const at = choice[level].indexOf(key);
  if (at < 0) return { ...choice, [level]: [...choice[level], key] };
  const pins = { ...choice.pins, [level]: choice.pins[level] - Number(at < choice.pins[level]) };
  return { ...choice, [level]: choice[level].filter((other) => other !== key), pins };
}

/**
 * A column stands at another place of its level: pinned ones stay before the others.
 * @param {Choice} choice @param {Level} level @param {string} key @param {number} to its place afterwards @returns {Choice}
 */
export function moved(choice, level, key, to) {
  const [from, count] = [choice[level].indexOf(key), choice.pins[level]];
  const [first, last] = from < count ? [0, count - 1] : [count, choice[level].length - 1];
  if (from < 0) return choice;
  const place = Math.max(first, Math.min(to, last));
  return { ...choice, [level]: choice[level].toSpliced(from, 1).toSpliced(place, 0, key) };
}

/** A column joins the pinned ones as the last, or leaves them as the first of the others. @param {Choice} choice @param {Level} level @param {string} key @returns {Choice} */
export function pinned(choice, level, key) {
  const at = choice[level].indexOf(key);
  if (at < 0) return choice;
  const count = choice.pins[level];
  const on = at >= count;
  const place = on ? count : count - 1;
  const list = choice[level].filter((other) => other !== key).toSpliced(place, 0, key);
  return { ...choice, [level]: list, pins: { ...choice.pins, [level]: on ? count + 1 : count - 1 } };
}
