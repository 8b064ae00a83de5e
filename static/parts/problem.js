// @ts-check
import { h } from "../edge/dom.js";
import { symbol } from "../edge/symbol.js";

/**
 * Says at `place` what failed; stays until it is dismissed or the next action there takes it away.
 * @param {Element} place @param {string} text
 */
export function showProblem(place, text) {
  clearProblem(place);
  const before = /** @type {HTMLElement | null} */ (document.activeElement);
  const note = h("p", { class: "problem", role: "alert" }, h("span", {}, text));
  const dismiss = h("button", { type: "button", class: "icon", title: "Dismiss", "aria-label": "Dismiss" }, symbol("close"));
  dismiss.addEventListener("click", () => {
    note.remove();
    if (before?.isConnected) before.focus();
  });
  note.append(dismiss);
  place.append(note);
}

/** @param {Element} place */
export function clearProblem(place) {
  for (const note of place.querySelectorAll(":scope > .problem")) note.remove();
}
