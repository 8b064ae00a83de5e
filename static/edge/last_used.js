// @ts-check
import { used } from "../pure/hashes.js";
import { HINT_KEY, remember, remembered } from "./settings.js";

/** The hashes that were applied last with this browser, for each experiment. */

/** @param {string} experiment @returns {number[]} ids, last used first */
export function lastUsed(experiment) {
  const kept = /** @type {unknown} */ (remembered(keyOf(experiment), []));
  return Array.isArray(kept) ? kept.filter(Number.isInteger) : [];
}

/** A hash was applied. @param {string} experiment @param {number} id of the definition */
export function noteUsed(experiment, id) {
  remember(HINT_KEY, true);
  remember(keyOf(experiment), used(lastUsed(experiment), id));
}

/** @param {string} experiment */
function keyOf(experiment) {
  return `batchboard-hashes/${experiment}`;
}
