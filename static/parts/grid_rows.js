// @ts-check
import { arrange, attribute, glow, h, setText, styled } from "../edge/dom.js";
import { symbol } from "../edge/symbol.js";
import { isKilling, look } from "../pure/status.js";
import { shortStatus } from "../pure/view.js";
import { showValue } from "./column_cells.js";

await styled("grid");

/**
 * One run of the grid: a row with a cell for each hash. A cell shows the newest job of its hash that is in the view: its
 * status, and the counter that was chosen for the grid; it opens that job's panel. Arrow keys move between cells.
 * @implements {RunGroup}
 */
export class GridRun {
  /** @type {Map<number, Cell>} by id of the hash */
  #cells = new Map();
  #drawn = /** @type {Definition[] | null} */ (null);

  /** @param {Desk} desk @param {number} number */
  constructor(desk, number) {
    const box = desk.box(number);
    this.said = h("td", { class: "reading" });
    this.head = h("th", { scope: "row", class: "run-number", headers: "h-run" }, ...(box ? [box] : []), h("span", { class: "digits" }, String(number)));
    this.row = h("tr", { class: "run" }, this.head, this.said);
    this.element = h("tbody", { "data-key": `run/${number}` }, this.row);
    this.element.addEventListener("keydown", (event) => move(event, this.element));
    this.number = number;
  }

  showReading() {
    setText(this.said, "reading");
  }

  /** @param {Run} run @param {Line[]} lines @param {View} view */
  show(run, lines, { hashes, counter }) {
    const [tags, comment] = [run.tags.join(", "), run.comment];
    attribute(this.head, "title", [tags, comment].filter(Boolean).join("\n") || null);
    if (hashes !== this.#drawn) {
      this.#drawn = hashes;
      for (const id of this.#cells.keys()) if (!hashes.some((hash) => hash.id === id)) this.#cells.delete(id);
      const cells = hashes.map((hash) => {
        const cell = this.#cells.get(hash.id) ?? new Cell(hash, this.number);
        this.#cells.set(hash.id, cell);
        return cell.element;
      });
      arrange(this.row, [this.head, ...cells]);
    }
    /** @type {Map<number, Job[]>} newest first */
    const jobs = new Map();
    for (const { job } of lines) jobs.set(job.definition.id, [...(jobs.get(job.definition.id) ?? []), job]);
    for (const [id, cell] of this.#cells) cell.show((jobs.get(id) ?? []).sort((a, b) => b.number - a.number), counter);
  }

  showDoubt() {}
}

class Cell {
  #word = h("span", { class: "word" });
  #count = h("span", { class: "several" });
  #value = h("span", { class: "value" });
  #mark = h("span", { class: "mark" });
  #link = h("a", { class: "job-link" }, this.#mark, this.#value);
  #none = h("span", { class: "unseen" }, "no job");

  /** @param {Definition} hash @param {number} run */
  constructor(hash, run) {
    this.hash = hash;
    this.run = run;
    this.element = h("td", { class: "cell", headers: `h-hash-${hash.id}`, "data-name": hash.name }, this.#none);
  }

  /** @param {Job[]} jobs current ones, newest first @param {string} counter */
  show(jobs, counter) {
    const [job] = jobs;
    if (!job) {
      if (this.#none.isConnected) return;
      const focused = this.#link.contains(document.activeElement);
      this.element.replaceChildren(this.#none);
      delete this.element.dataset.tone;
      if (focused) this.element.closest("tbody")?.querySelector("a")?.focus();
      return;
    }
    const { symbol: shape, tone } = look(job.status);
    const drawn = [job.status, isKilling(job), jobs.length].join("|");
    if (this.#mark.dataset.drawn !== drawn) {
      const before = this.#mark.dataset.status;
      Object.assign(this.#mark.dataset, { drawn, status: job.status });
      setText(this.#word, shortStatus(job.status));
      setText(this.#count, jobs.length > 1 ? `×${jobs.length}` : "");
      this.#mark.replaceChildren(symbol(isKilling(job) ? "killing" : shape), this.#word, this.#count);
      if (before !== undefined && before !== job.status) glow(this.#mark);
    }
    const shown = counter ? job.counters.find(({ name }) => name === counter) : undefined;
    showValue(this.#value, shown);
    this.#value.hidden = !counter;
    const several = jobs.length > 1 ? `, ${jobs.length} current jobs` : "";
    const state = `${job.status}${job.exit_code ? ` ${job.exit_code}` : ""}${isKilling(job) ? ", killing" : ""}`;
    const said = `${this.hash.name} on run ${this.run}: ${state}${shown ? `, ${counter} ${shown.value}` : ""}${several}`;
    attribute(this.#link, "aria-label", said);
    attribute(this.#link, "title", job.detail ? `${said}\n${job.detail}` : said);
    attribute(this.#link, "href", `#job/${job.id}`);
    this.element.dataset.tone = tone;
    if (!this.#link.isConnected) this.element.replaceChildren(this.#link);
  }
}

/** @param {KeyboardEvent} event @param {HTMLTableSectionElement} body */
function move(event, body) {
  const from = document.activeElement?.closest("td.cell");
  const steps = /** @type {Record<string, "left" | "right" | "up" | "down">} */ ({ ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down" });
  const way = steps[event.key];
  if (!way || !from || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  event.stopPropagation();
  const next = neighbour(body, from, way);
  next?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

/** The next cell with a job that way. @param {HTMLTableSectionElement} body @param {Element} from @param {"left" | "right" | "up" | "down"} way @returns {HTMLElement | null} */
function neighbour(body, from, way) {
  if (way === "left" || way === "right") {
    for (let cell = beside(from, way === "left"); cell; cell = beside(cell, way === "left")) {
      const link = cell.querySelector(":scope > a");
      if (link instanceof HTMLElement) return link;
    }
    return null;
  }
  const at = /** @type {HTMLTableCellElement} */ (from).cellIndex;
  for (let other = beside(body, way === "up"); other; other = beside(other, way === "up")) {
    const link = other.querySelector("tr")?.children[at]?.querySelector(":scope > a");
    if (link instanceof HTMLElement) return link;
  }
  return null;
}

/** @param {Element} element @param {boolean} back */
function beside(element, back) {
  return back ? element.previousElementSibling : element.nextElementSibling;
}
