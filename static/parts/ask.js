// @ts-check
import { h, styled } from "../edge/dom.js";

await styled("floats");

/**
 * Asks before something that cannot be taken back, or may not be meant. The safe answer comes first and has the focus;
 * Esc is the safe answer too. Focus goes back to where it was.
 * @param {{title: string, text: string, safe: string, act: string, danger?: boolean}} question
 * @returns {Promise<boolean>} whether to act
 */
export function ask({ title, text, safe, act, danger = false }) {
  const before = /** @type {HTMLElement | null} */ (document.activeElement);
  const dialog = h(
    "dialog",
    { "aria-labelledby": "ask-title" },
    h("h2", { id: "ask-title" }, title),
    h("p", {}, text),
    h(
      "form",
      { method: "dialog" },
      h("button", { value: "safe", autofocus: true }, safe),
      h("button", { value: "act", class: danger ? "danger" : "primary" }, act),
    ),
  );
  document.body.append(dialog);
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      before?.focus();
      resolve(dialog.returnValue === "act");
    });
    dialog.showModal();
  });
}
