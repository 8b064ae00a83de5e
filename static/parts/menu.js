// @ts-check
import { h } from "../edge/dom.js";
import { openFloat } from "./float.js";

/** @typedef {{text: string, note?: string, choose: () => void}} Item */

/**
 * Opens a menu below a button (above it where there is no room). Arrow keys, Home, End and first letters move; Enter or
 * a click chooses; Esc or a click elsewhere closes and gives focus back. Its items stay what they were when it opened.
 * @param {HTMLElement} button @param {string} label @param {Item[]} items
 */
export function openMenu(button, label, items) {
  const menu = h("div", { class: "menu", role: "menu", popover: "auto", "aria-label": label });
  for (const { text, note, choose } of items) {
    const item = h("button", { type: "button", role: "menuitem", tabindex: "-1" }, h("span", {}, text));
    if (note) item.append(h("span", { class: "note" }, note));
    item.addEventListener("click", () => {
      menu.hidePopover();
      choose();
    });
    menu.append(item);
  }
  menu.addEventListener("keydown", (event) => move(event, menu));
  openFloat(button, menu);
  /** @type {HTMLElement | null} */ (menu.firstElementChild)?.focus();
}

/** @param {KeyboardEvent} event @param {HTMLElement} menu */
function move(event, menu) {
  const items = /** @type {HTMLElement[]} */ ([...menu.children]);
  const here = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const to = target(event.key, here, items);
  if (event.key === "Tab") menu.hidePopover();
  if (to === null) return;
  event.preventDefault();
  items.at(to)?.focus();
}

/** @param {string} key @param {number} here @param {HTMLElement[]} items @returns {number | null} */
function target(key, here, items) {
  if (key === "ArrowDown") return (here + 1) % items.length;
  if (key === "ArrowUp") return (here - 1 + items.length) % items.length;
  if (key === "Home") return 0;
  if (key === "End") return items.length - 1;
  if (key.length !== 1 || key === " ") return null;
  const order = [...items.slice(here + 1), ...items.slice(0, here + 1)];
  const found = order.find((item) => item.textContent?.toLowerCase().startsWith(key.toLowerCase()));
  return found ? items.indexOf(found) : null;
}
