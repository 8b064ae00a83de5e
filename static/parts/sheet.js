// @ts-check
import { h, styled } from "../edge/dom.js";
import { symbol } from "../edge/symbol.js";

await styled("floats");

/** Tells the headings of sheets apart. */
let opened = 0;

/**
 * Opens a large dialog with a heading and a way to close it; Esc closes it as well, and the focus goes back to where it was.
 * @param {string} title @param {...Node} content
 * @returns {{element: HTMLDialogElement, closed: Promise<void>}}
 */
export function openSheet(title, ...content) {
  const before = /** @type {HTMLElement | null} */ (document.activeElement);
  const id = `sheet-${(opened += 1)}`;
  const close = h("button", { value: "close", class: "icon", "aria-label": `Close: ${title}`, title: "Close (Esc)" }, symbol("close"));
  const element = h(
    "dialog",
    { class: "sheet", "aria-labelledby": id },
    h("header", {}, h("h2", { id }, title), h("form", { method: "dialog" }, close)),
    ...content,
  );
  document.body.append(element);
  const closed = new Promise((/** @type {(nothing: void) => void} */ resolve) => {
    element.addEventListener("close", () => {
      element.remove();
      if (before?.isConnected) before.focus();
      resolve();
    });
  });
  element.showModal();
  return { element, closed };
}
