// @ts-check
import { keys } from "../edge/keys.js";

const GROUP = "Table";
/** Keys of what a line can do, by the name of its button. */
const LETTERS = { x: "Kill", l: "Log", d: "Details", r: "Resubmit", Delete: "Delete" };

/**
 * Moving between the lines of the table, and their actions by letters. A line is current while the focus is in it; at its
 * name Enter opens the job's panel.
 * @param {Desk} desk @param {HTMLTableElement} table
 */
export function addTableKeys(desk, table) {
  const line = () => document.activeElement?.closest("tr") ?? null;
  const inside = () => table.contains(document.activeElement) && line()?.closest("tbody")?.dataset.key !== undefined;
  const move = (/** @type {number} */ step) => {
    const at = /** @type {HTMLElement | undefined} */ (nextLine(table, inside() ? line() : null, step)?.querySelector(".at"));
    at?.focus({ preventScroll: true });
    at?.scrollIntoView({ block: "nearest" });
  };
  keys.add({ key: "j", text: "Next line", group: GROUP, run: () => move(1) });
  keys.add({ key: "k", text: "Line before", group: GROUP, run: () => move(-1) });
  /* In the grid the arrows move between cells. */
  const list = () => inside() && desk.view.mode === "list";
  keys.add({ key: "ArrowDown", text: "Next line", group: GROUP, when: list, run: () => move(1) });
  keys.add({ key: "ArrowUp", text: "Line before", group: GROUP, when: list, run: () => move(-1) });
  const again = async () => {
    const { sameAgain } = await import("./same_again.js");
    void sameAgain(desk.page, desk.store);
  };
  keys.add({ key: "a", text: "Apply the hash used last to the newest run", group: GROUP, run: again });
  for (const [key, name] of Object.entries(LETTERS)) {
    const button = () => /** @type {HTMLButtonElement | null | undefined} */ (inside() ? line()?.querySelector(`[data-name="${name}"]:not([data-off])`) : null);
    keys.add({ key, text: `${name}: the current line`, group: GROUP, when: () => Boolean(button()), run: () => button()?.click() });
  }
  const fold = () => /** @type {HTMLElement | null | undefined} */ (inside() ? line()?.querySelector(".unfold:not([hidden])") : null);
  keys.add({ key: "e", text: "Earlier jobs of the hash, out and in", group: GROUP, when: () => Boolean(fold()), run: () => fold()?.click() });
}

/** @param {HTMLTableElement} table @param {Element | null} line null: the first in sight @param {number} step @returns {Element | undefined} */
function nextLine(table, line, step) {
  const lines = [...table.querySelectorAll("tbody[data-key] > tr")].filter((row) => row.querySelector(".at"));
  if (line) return lines[lines.indexOf(line) + step];
  const top = table.tHead?.rows[table.tHead.rows.length - 1]?.cells[0]?.getBoundingClientRect().bottom ?? 0;
  return lines.find((row) => row.getBoundingClientRect().top >= top - 1) ?? lines[0];
}
