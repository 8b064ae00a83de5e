// @ts-check
import { attribute, h, setRoot } from "../edge/dom.js";
import { symbol } from "../edge/symbol.js";
import { WIDTHS } from "../pure/columns.js";
import { pin, stickFirst } from "./column_cells.js";

/**
 * The columns' widths and names. The list has two rows of names, of run columns above those of the job lines; that of
 * the grid is loaded with its rows. A name that the table can be sorted by is a button: the first click sorts, the second
 * turns the order round, the third gives the newest run first again.
 */
export class TableHead {
  colgroup = h("colgroup");
  element = h("thead");
  /** @type {typeof import("./grid_head.js") | null} there before a grid is shown */
  grid = null;
  #drawn = "";

  /** @param {Pick<Desk, "setView" | "view">} desk @param {HTMLElement | null} [box] what selects every run */
  constructor(desk, box = null) {
    this.desk = desk;
    this.box = box;
    addEventListener("resize", () => this.desk.view.mode === "grid" && this.show(this.desk.view));
  }

  /** @param {View} view */
  show(view) {
    const grid = view.mode === "grid" ? this.grid : null;
    const drawn = JSON.stringify([view.filter.sort, grid ? grid.drawnBy(view) : view.columns]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    const focused = document.activeElement?.closest("thead th")?.id;
    if (grid) grid.showGrid(this, view);
    else this.#showList(view);
    const again = focused && this.element.querySelector(`#${CSS.escape(focused)} button`);
    if (again instanceof HTMLElement) again.focus();
  }

  /** @param {View} view */
  #showList({ filter, columns }) {
    const { run, job, widths } = columns;
    const sort = { sort: filter.sort };
    const cells = (/** @type {Column[]} */ list) =>
      list.map((column, i) => {
        const cell = h("th", { id: `h-${column.level}-${i}`, scope: "col", title: column.title, class: column.number && "number" });
        cell.append(this.name(cell, column.title, column, sort));
        pin(cell, columns, column.level, i);
        return cell;
      });
    const empty = (/** @type {number} */ count) => Array.from({ length: count }, () => h("td"));
    const names = (/** @type {Record<string, string>} */ by) => Object.entries(by).map(([id, text]) => h("th", { id, scope: "col" }, text));
    const fixed = names({ "h-hash": "Hash", "h-status": "Status" });
    stickFirst(fixed, columns);
    this.element.replaceChildren(
      h("tr", {}, this.runCell(filter, 2), ...cells(run), ...empty(widths.length - run.length), ...names({ "h-action": "Action", "h-notes": "Notes" })),
      h("tr", { class: "second" }, ...fixed, ...cells(job), ...empty(widths.length - job.length - 2), ...names({ "h-actions": "Actions", "h-report": "Report" })),
    );
    this.showWidths(widths, WIDTHS.number + WIDTHS.actions + WIDTHS.report, [col("fixed", WIDTHS.actions), h("col")]);
    attribute(this.element, "data-dense", false);
  }

  /** @param {Filter} filter @param {number} rowspan */
  runCell(filter, rowspan) {
    const cell = h("th", { id: "h-run", scope: "col", rowspan, class: "corner" });
    cell.append(...(this.box ? [this.box] : []), this.name(cell, "Run", { sort: "run", down: true }, { sort: filter.sort || "-run" }));
    return cell;
  }

  /**
   * @param {HTMLElement} cell @param {string} title @param {{sort: string | null, down: boolean, of?: string}} column
   * @param {{sort: string, of?: string}} now @returns {Node | string}
   */
  name(cell, title, { sort, down, of = "" }, now) {
    if (!sort) return h("span", { class: "name" }, title);
    const [up, turned] = [now.sort === sort, now.sort === `-${sort}`].map((same) => same && (now.of ?? "") === of);
    if (up || turned) attribute(cell, "aria-sort", up ? "ascending" : "descending");
    const button = h("button", { type: "button", class: "sort" }, h("span", { class: "name" }, title), symbol("down"));
    const first = down ? `-${sort}` : sort;
    const second = down ? sort : `-${sort}`;
    button.addEventListener("click", () => {
      const next = !up && !turned ? first : (down ? turned : up) ? second : "";
      this.desk.setView({ filter: { ...this.desk.view.filter, sort: next === "-run" ? "" : next, of: next ? of : "" } });
    });
    return button;
  }

  /** @param {number[]} widths px of the tracks @param {number} rest least width of all else @param {HTMLElement[]} end columns behind the tracks */
  showWidths(widths, rest, end) {
    this.colgroup.replaceChildren(col("fixed", WIDTHS.number), ...widths.map((width) => col("track", width)), ...end);
    setRoot("--tracks", `${widths.reduce((sum, width) => sum + width, 0)}px`);
    setRoot("--rest", `${rest}px`);
  }
}

/** @param {string} name @param {number} width */
function col(name, width) {
  const element = h("col", { class: name });
  element.style.setProperty("--width", `${width}px`);
  return element;
}
