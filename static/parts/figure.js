// @ts-check
import { arrange, attribute, h, setText } from "../edge/dom.js";
import { Chart } from "./chart.js";

/** @typedef {import("../pure/chart.js").Scene} Scene */
/**
 * What a figure shows. `draw` makes the picture for so many px; null: there is nothing to draw, and the sentence says why.
 * `heading`: what stands before the choices, when it is not the title. `file`: address of all its numbers as CSV. `lines`:
 * the rows of its table; a cell is a text, or a link. `words`: the column that holds no numbers, besides the first.
 * @typedef {string | {text: string, href: string}} Cell
 * @typedef {{title: string, sentence: string, draw: ((width: number) => Scene) | null, file: string, head: string[], words?: number,
 *   heading?: string, lines: () => Cell[][]}} Shown
 */

const LINES = 500;

/** A picture with its heading, a sentence that says it, its files, and its numbers as a table. */
export class Figure {
  /** @type {Shown | null} */
  #shown = null;
  #width = 0;
  #title = h("h2");
  #sentence = h("p", { class: "figure-says" });
  #csv = h("a", { class: "button", download: true }, "CSV");
  #head = h("tr");
  #body = h("tbody");
  #more = h("p", { class: "quiet", hidden: true });

  /** @param {HTMLElement} place @param {string} name of its files, and its id @param {number} height px that it will take @param {string} [experiment] */
  constructor(place, name, height, experiment = "") {
    this.name = name;
    this.experiment = experiment;
    this.chart = new Chart(name);
    this.chart.reserve(height);
    /** what one chooses here, beside the heading */
    this.choices = h("span", { class: "figure-choices" });
    const button = (/** @type {string} */ text, /** @type {"saveSvg" | "savePng"} */ how) => {
      const made = h("button", { type: "button" }, text);
      made.addEventListener("click", () => void this.#save(how));
      return made;
    };
    this.files = h("span", { class: "figure-files" }, button("PNG", "savePng"), button("SVG", "saveSvg"), this.#csv);
    const table = h("div", { class: "table-frame", tabindex: "0", role: "region" }, h("table", { class: "list figure-table" }, h("thead", {}, this.#head), this.#body));
    this.table = h("details", { class: "figure-numbers" }, h("summary", {}, "Table"), table, this.#more);
    this.table.addEventListener("toggle", () => this.#fill());
    this.tableFrame = table;
    this.element = h("figure", { class: "figure", id: name, "aria-labelledby": `${name}-heading` }, h("div", { class: "figure-head" }, this.#title, this.choices, this.files), this.#sentence, this.chart.element, this.table);
    attribute(this.#title, "id", `${name}-heading`);
    place.append(this.element);
    new ResizeObserver(() => this.#measure()).observe(this.chart.element);
  }

  /** @param {Shown} shown */
  show(shown) {
    this.#shown = shown;
    setText(this.#title, shown.heading ?? shown.title);
    setText(this.#sentence, shown.sentence);
    attribute(this.#csv, "href", shown.file);
    attribute(this.tableFrame, "aria-label", `${shown.title}: table`);
    const nothing = shown.draw === null;
    this.chart.element.hidden = this.files.hidden = nothing;
    this.table.hidden = nothing;
    this.#draw();
    this.#fill();
  }

  /** Again, as times or widths are others now. */
  again() {
    if (this.#shown) this.show(this.#shown);
  }

  #measure() {
    const width = this.chart.element.clientWidth;
    if (width === this.#width) return;
    this.#width = width;
    this.#draw();
  }

  #draw() {
    this.#width ||= this.chart.element.clientWidth;
    if (this.#shown?.draw && this.#width) this.chart.show(this.#shown.draw(this.#width), this.#shown.title, this.#shown.sentence);
  }

  #fill() {
    if (!this.table.open || !this.#shown) return;
    const { head, lines, words } = this.#shown;
    const number = (/** @type {number} */ i) => i > 0 && i !== words && "number";
    if (this.#head.textContent !== head.join("")) this.#head.replaceChildren(...head.map((text, i) => h("th", { scope: "col", class: number(i) }, text)));
    const all = lines();
    const held = [...this.#body.children];
    const made = () => h("tr", {}, ...head.map((_, i) => (i ? h("td", { class: number(i) }) : h("th", { scope: "row" }))));
    arrange(this.#body, all.slice(0, LINES).map((cells, i) => fillLine(held[i] ?? made(), cells)));
    this.#more.hidden = all.length <= LINES;
    setText(this.#more, `The first ${LINES} of ${all.length}; all are in the CSV.`);
  }

  /** @param {"saveSvg" | "savePng"} how */
  async #save(how) {
    const { scene } = this.chart;
    if (!scene || !this.#shown) return;
    const { title, sentence } = this.#shown;
    const files = await import("../edge/chart_export.js");
    await files[how](scene, { title: `${this.experiment}: ${title}`, sentence, name: `${this.experiment}-${this.name}` });
  }
}

/** @param {Element} line @param {Cell[]} cells */
function fillLine(line, cells) {
  cells.forEach((cell, i) => {
    const element = line.children[i];
    if (typeof cell === "string") return setText(element, cell);
    const link = element.firstElementChild ?? element.appendChild(h("a"));
    attribute(link, "href", cell.href);
    setText(link, cell.text);
  });
  return line;
}
