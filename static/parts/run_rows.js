// @ts-check
import { arrange, attribute, h } from "../edge/dom.js";
import { symbol } from "../edge/symbol.js";
import { acts } from "./act.js";
import { makeCell } from "./column_cells.js";
import { JobLine } from "./job_line.js";

/** Hashes of runs whose earlier jobs are shown: `run/definition`; outlives the rows. @type {Set<string>} */
const unfolded = new Set();

/** One run of the list with its lines: a group of table rows, changed in place. @implements {RunGroup} */
export class RunRows {
  #row = h("tr", { class: "run" });
  /** @type {import("./column_cells.js").Cell[]} */
  #cells = [];
  /** @type {{show(run: Run): void} | null} */
  #notes = null;
  /** @type {Map<string, JobLine>} by job key */
  #lines = new Map();
  /** @type {Columns | null} of which the cells are */
  #columns = null;

  /** @param {Desk} desk @param {number} number */
  constructor(desk, number) {
    this.desk = desk;
    this.number = number;
    const link = h("a", { class: "number-link at", href: `#run/${number}`, title: `Link to run ${number}` }, String(number));
    this.head = h("th", { scope: "rowgroup", class: "run-number", headers: "h-run" }, desk.box(number), link);
    this.#row.append(this.head);
    this.element = h("tbody", { "data-key": `run/${number}` }, this.#row);
  }

  showReading() {
    arrange(this.#row, [this.head, h("td", { class: "reading" }, "reading")]);
  }

  /** @param {Run} run @param {Line[]} lines @param {View} view */
  show(run, lines, { columns }) {
    if (this.#columns !== columns) this.#make(run, columns);
    for (const cell of this.#cells) cell.show(run);
    this.#notes?.show(run);
    const shown = lines.flatMap(({ job, earlier }) => this.#shown(job, earlier));
    const keys = new Set(shown.map(({ job }) => job.key));
    for (const key of this.#lines.keys()) if (!keys.has(key)) this.#lines.delete(key);
    arrange(this.element, [this.#row, ...shown.flatMap((line) => line.elements)]);
  }

  showDoubt() {
    for (const line of this.#lines.values()) line.showDoubt();
  }

  /** @param {Run} run @param {Columns} columns */
  #make(run, columns) {
    this.#columns = columns;
    this.#lines.clear();
    this.#row.style.removeProperty("height");
    this.#cells = columns.run.map((column, i) => makeCell(column, i, columns));
    const empty = Array.from({ length: columns.widths.length - columns.run.length }, () => h("td", { class: "none" }));
    const label = `Apply a hash to run ${run.number}`;
    const place = h("td", { class: "action", headers: "h-action" });
    const apply = h(
      "button",
      { type: "button", class: "choose", "aria-haspopup": "dialog", "aria-expanded": "false", "aria-label": label },
      h("span", {}, "Apply a hash"),
      symbol("down"),
    );
    const choose = () => this.desk.applyTo(/** @type {Run} */ (this.desk.store.get(run.key)) ?? run, apply, notes);
    apply.addEventListener("click", choose);
    apply.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowDown") return;
      event.preventDefault();
      event.stopPropagation();
      choose();
    });
    place.append(acts(apply));
    const notes = h("td", { class: "run-notes", headers: "h-notes" });
    this.#notes = this.desk.notes(notes, run);
    arrange(this.#row, [this.head, ...this.#cells.map((cell) => cell.element), ...empty, place, notes]);
  }

  /** @param {Job} job @param {Job[]} earlier @returns {JobLine[]} the line, below it what is unfolded */
  #shown(job, earlier) {
    const line = this.#line(job, false);
    const key = `${job.run}/${job.definition.id}`;
    const open = unfolded.has(key);
    line.showEarlier(earlier.length, open, () => {
      if (!unfolded.delete(key)) unfolded.add(key);
      this.desk.redraw([this.number]);
    });
    return open ? [line, ...earlier.map((one) => this.#line(one, true))] : [line];
  }

  /** @param {Job} job @param {boolean} earlier @returns {JobLine} */
  #line(job, earlier) {
    const held = this.#lines.get(job.key);
    const line = held ?? new JobLine(this.desk, job, /** @type {Columns} */ (this.#columns));
    if (!held) this.#lines.set(job.key, line);
    line.show(job);
    attribute(line.element, "data-earlier", earlier);
    return line;
  }
}
