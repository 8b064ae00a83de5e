// @ts-check
import { attribute, glow, h } from "../edge/dom.js";
import { stands, ticks } from "../edge/ticking.js";
import { measure } from "../pure/measure.js";
import { parse, plain } from "../pure/report.js";
import { share } from "../pure/samples.js";
import { ago } from "../pure/time.js";
import { nodes, paint } from "./report.js";
import { Sparkline } from "./sparkline.js";

/** The report of a job with room: each counter a line with its value, its age, its way so far, and a bar of what is a part of a whole. */
export class CounterTable {
  #head = h("thead", { class: "unseen" }, h("tr", {}, ...["Counter", "Value", "Over time"].map((name) => h("th", { scope: "col" }, name))));
  element = h("table", { class: "measures", "aria-label": "Report" }, this.#head);
  /** @type {Map<string, CounterLine>} by name */
  #lines = new Map();

  /** @param {Counter[]} counters @param {import("../pure/samples.js").Series[]} series */
  show(counters, series) {
    const names = new Set(counters.map(({ name }) => name));
    for (const [name, { element }] of this.#lines) {
      if (names.has(name)) continue;
      element.remove();
      this.#lines.delete(name);
    }
    let before = /** @type {Element} */ (this.#head);
    for (const counter of counters) {
      const line = this.#lines.get(counter.name) ?? new CounterLine(counter.name);
      this.#lines.set(counter.name, line);
      line.show(
        counter,
        series.find(({ name }) => name === counter.name),
      );
      if (before.nextElementSibling !== line.element) before.after(line.element);
      before = line.element;
    }
    this.element.hidden = counters.length === 0;
  }
}

class CounterLine {
  #age = h("span", { class: "age" });
  #value = h("span", { class: "value" });
  #fill = h("span", {});
  #bar = h("div", { class: "progress", hidden: true }, this.#fill);
  #spark = new Sparkline();
  #said = h("td", {}, this.#value, this.#bar);
  #overTime = h("td", { class: "over-time" }, this.#spark.element);
  #drawn = "";

  /** @param {string} name */
  constructor(name) {
    const title = h("th", { scope: "row" }, ...nodes(parse(name)), this.#age);
    attribute(this.#bar, "aria-label", plain(parse(name)));
    const below = h("tr", { class: "below" }, h("td", { colspan: "3" }, this.#spark.table));
    this.element = h("tbody", { "data-counter": name }, h("tr", {}, title, this.#said, this.#overTime), below);
  }

  /** @param {Counter} counter @param {import("../pure/samples.js").Series} [series] */
  show({ value, color, at }, series) {
    const drawn = JSON.stringify([value, color]);
    if (drawn !== this.#drawn) {
      this.#value.replaceChildren(...nodes(parse(value === null ? "" : String(value))));
      paint(this.#value, color);
      if (this.#drawn) glow(this.#value);
      this.#drawn = drawn;
    }
    if (at) ticks(this.#age, (time) => ago(at, time));
    else stands(this.#age, "");
    this.#showBar(value, series);
    this.#spark.show(series);
    /* Words take the room of the line that they do not have. */
    this.#overTime.hidden = series === undefined;
    attribute(this.#said, "colspan", series === undefined ? "2" : null);
  }

  /** A percentage that goes up and down is no progress: it is a level. @param {Counter["value"]} value @param {import("../pure/samples.js").Series} [series] */
  #showBar(value, series) {
    const read = measure(value);
    const part = read && share(read);
    this.#bar.hidden = part === null;
    if (part === null) return;
    const falls = series?.of === null && series.points.some(([, one], i) => i > 0 && one < series.points[i - 1][1]);
    const percent = Math.floor(100 * part);
    this.#fill.style.width = `${100 * part}%`;
    attribute(this.#bar, "role", falls ? "meter" : "progressbar");
    for (const [name, number] of Object.entries({ valuemin: 0, valuemax: 100, valuenow: percent })) attribute(this.#bar, `aria-${name}`, number);
    attribute(this.#bar, "aria-valuetext", String(value));
    attribute(this.#bar, "title", `${percent} %`);
  }
}
