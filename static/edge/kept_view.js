// @ts-check
import { readChoice } from "../pure/columns.js";
import { remember, remembered } from "./settings.js";

/** How the table is shown, as this browser was told last: the columns of each experiment, and list or grid. */

const MODE = "batchboard-mode";

/** @param {string} experiment @returns {import("../pure/columns.js").Choice | null} null: nobody has chosen here */
export function keptChoice(experiment) {
  return readChoice(remembered(`batchboard-columns/${experiment}`, null));
}

/** @param {string} experiment @param {import("../pure/columns.js").Choice | null} choice */
export function keepChoice(experiment, choice) {
  remember(`batchboard-columns/${experiment}`, choice ?? undefined);
}

/** @returns {"list" | "grid"} */
export function keptMode() {
  return remembered(MODE, /** @type {string} */ ("")) === "grid" ? "grid" : "list";
}

/** @param {"list" | "grid"} mode */
export function keepMode(mode) {
  remember(MODE, mode);
}
