// @ts-check

const CONTROLS = ":is(a[href], button, input, select, textarea)";

/**
 * Tab goes through the controls of one line of the table, and past all others: of the line that had the focus last, while
 * it is in sight, else of the first in sight. Other lines are reached by the keys that move between lines, and those
 * take Tab along. What stands below a line without a name of its own belongs to it. Of a line of the grid Tab stops at
 * one cell; arrow keys move to the others.
 */
export class Roving {
  /** @type {Element | null} */
  #line = null;
  /** @type {Element | null} a cell of the grid */
  #cell = null;

  /** @param {HTMLTableElement} table */
  constructor(table) {
    this.table = table;
    table.addEventListener("focusin", () => this.show());
  }

  /** Rows have come or gone, or the focus has moved. */
  show() {
    const active = document.activeElement;
    const at = this.table.contains(active) ? lineOf(active) : null;
    if (at) this.#line = at;
    else if (!this.#line?.isConnected || !inSight(this.#line)) this.#line = this.#first();
    const line = this.#line;
    if (active?.matches(".cell > a")) this.#cell = active;
    if (line && !(this.#cell && line.contains(this.#cell))) this.#cell = line.querySelector(".cell > a");
    for (const control of this.table.querySelectorAll(`tbody ${CONTROLS}`)) {
      const on = lineOf(control) === line && (control === this.#cell || !control.matches(".cell > a"));
      if (on !== (control.getAttribute("tabindex") !== "-1")) control[on ? "removeAttribute" : "setAttribute"]("tabindex", "-1");
    }
  }

  #first() {
    const lines = [...this.table.querySelectorAll("tbody[data-key] > tr")];
    return lines.find((line) => inSight(line) && lineOf(line) === line) ?? lines[0] ?? null;
  }
}

/** The line that something in the table belongs to; null: to none. @param {Element | null} element @returns {Element | null} */
function lineOf(element) {
  let row = element?.closest("tbody[data-key] > tr") ?? null;
  while (row?.previousElementSibling && !row.querySelector(".at")) row = row.previousElementSibling;
  return row;
}

/** Below the head of the table and the bars, which cover what is above. @param {Element} line */
function inSight(line) {
  const head = line.closest("table")?.tHead?.rows;
  const top = head?.[head.length - 1]?.cells[0]?.getBoundingClientRect().bottom ?? 0;
  const rect = line.getBoundingClientRect();
  return rect.top >= top - 1 && rect.top < innerHeight;
}
