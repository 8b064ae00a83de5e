// @ts-check
import { remember, remembered } from "./settings.js";

const KEY = "batchboard-favourites";

/** Names of the experiments that this browser has starred. @returns {Set<string>} */
export function favourites() {
  const kept = /** @type {unknown} */ (remembered(KEY, []));
  return new Set(Array.isArray(kept) ? kept : []);
}

/** @param {string} name @param {boolean} favourite */
export function star(name, favourite) {
  const kept = favourites();
  if (favourite) kept.add(name);
  else kept.delete(name);
  remember(KEY, [...kept]);
}
