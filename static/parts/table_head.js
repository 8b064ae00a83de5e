// @ts-check
import { attribute, h, setRoot } from "../edge/dom.js";
import { symbol } from "../edge/symbol.js";
import { WIDTHS } from "../pure/columns.js";
import { pin, stickFirst } from "./column_cells.js";

/** Least width of a hash in the grid, px: thirty of them stand beside each other on a screen of 1440. */
const ACROSS = 43;
/** From this width on its name stands upright. */
const WIDE = 100;

/**
 * The columns' widths and names. The list has two rows of names, of run columns above those of the job lines; the grid
 * has a column for each hash. A name that the table can be sorted by is a button: the first click sorts, the second
 * turns the order round, the third gives the newest run first again.
 */
export class TableHead {
  colgroup = h("colgroup");
  element = h("thead");
  #drawn = "";

  /** @param {Pick<Desk, "setView" | "view">} desk @param {HTMLElement | null} [box] what selects every run */
  constructor(desk, box = null) {
    this.desk = desk;
    this.box = box;
    addEventListener("resize", () => this.desk.view.mode === "grid" && this.show(this.desk.view));
  }

  /** @param {View} view */
  show(view) {
    const { filter, mode, columns, counter, hashes } = view;
    this.dense = mode === "grid" && hashes.length * WIDE > document.documentElement.clientWidth - WIDTHS.number;
    const across = [counter, filter.of, this.dense, hashes.map(({ name }) => name)];
    const drawn = JSON.stringify([filter.sort, mode, ...(mode === "grid" ? across : [columns])]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    const focused = document.activeElement?.closest("thead th")?.id;
    if (mode === "grid") this.#showGrid(view);
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
        cell.append(this.#name(cell, column.title, column, sort));
        pin(cell, columns, column.level, i);
        return cell;
      });
    const empty = (/** @type {number} */ count) => Array.from({ length: count }, () => h("td"));
    const names = (/** @type {Record<string, string>} */ by) => Object.entries(by).map(([id, text]) => h("th", { id, scope: "col" }, text));
    const fixed = names({ "h-hash": "Hash", "h-status": "Status" });
    stickFirst(fixed, columns);
    this.element.replaceChildren(
      h("tr", {}, this.#runCell(filter, 2), ...cells(run), ...empty(widths.length - run.length), ...names({ "h-action": "Action", "h-notes": "Notes" })),
      h("tr", { class: "second" }, ...fixed, ...cells(job), ...empty(widths.length - job.length - 2), ...names({ "h-actions": "Actions", "h-report": "Report" })),
    );
    this.#showWidths(widths, WIDTHS.number + WIDTHS.actions + WIDTHS.report, 0);
    attribute(this.element, "data-dense", false);
  }

  /** @param {View} view */
  #showGrid({ filter, counter, hashes }) {
    const column = { sort: counter ? `counter:${counter}` : null, down: true };
    const cells = hashes.map(({ id, name }) => {
      const cell = h("th", { id: `h-hash-${id}`, scope: "col", title: name, class: "across" });
      cell.append(this.#name(cell, name, { ...column, of: name }, filter));
      return cell;
    });
    this.element.replaceChildren(h("tr", {}, this.#runCell(filter, 1), ...cells));
    attribute(this.element, "data-dense", this.dense);
    this.#showWidths([], WIDTHS.number + ACROSS * hashes.length, hashes.length);
    setRoot("--table-most", `${WIDTHS.number + 3 * ACROSS * hashes.length}px`);
  }

  /** @param {Filter} filter @param {number} rowspan */
  #runCell(filter, rowspan) {
    const cell = h("th", { id: "h-run", scope: "col", rowspan, class: "corner" });
    cell.append(...(this.box ? [this.box] : []), this.#name(cell, "Run", { sort: "run", down: true }, { sort: filter.sort || "-run" }));
    return cell;
  }

  /**
   * @param {HTMLElement} cell @param {string} title @param {{sort: string | null, down: boolean, of?: string}} column
   * @param {{sort: string, of?: string}} now @returns {Node | string}
   */
  #name(cell, title, { sort, down, of = "" }, now) {
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

  /**
   * @param {number[]} widths px of the tracks @param {number} rest least width of all else @param {number} across hashes
   * of the grid; 0: this is the list
   */
  #showWidths(widths, rest, across) {
    const col = (/** @type {string} */ name, /** @type {number} */ width) => {
      const element = h("col", { class: name });
      element.style.setProperty("--width", `${width}px`);
      return element;
    };
    const tracks = widths.map((width) => col("track", width));
    const end = across ? [h("col", { span: across })] : [col("fixed", WIDTHS.actions), h("col")];
    this.colgroup.replaceChildren(col("fixed", WIDTHS.number), ...tracks, ...end);
    setRoot("--tracks", `${widths.reduce((sum, width) => sum + width, 0)}px`);
    setRoot("--rest", `${rest}px`);
  }
}
