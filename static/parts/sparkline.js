// @ts-check
import { attribute, h } from "../edge/dom.js";
import { now } from "../edge/ticking.js";
import { drawn, inSentence, number } from "../pure/sparkline.js";
import { full, moment } from "../pure/time.js";

const SVG = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT] = [112, 22];

/**
 * The small line of one counter over time. It is a button: the same numbers open as a table, at `table`, which the owner
 * puts where there is room.
 */
export class Sparkline {
  #line = make("path", { class: "line" });
  #last = make("circle", { r: 2 });
  #rows = h("tbody", {});
  #shown = "";
  /** @type {import("../pure/samples.js").Series | null} */
  #series = null;

  constructor() {
    const picture = make("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT, "aria-hidden": "true" });
    picture.append(this.#line, this.#last);
    this.element = h("button", { type: "button", class: "spark", "aria-expanded": "false" }, picture);
    const head = h("tr", {}, h("th", { scope: "col" }, "Time"), h("th", { scope: "col", class: "number" }, "Value"));
    this.table = h("div", { class: "points", tabindex: "0", role: "region", hidden: true }, h("table", { class: "plain" }, h("thead", {}, head), this.#rows));
    this.element.addEventListener("click", () => {
      this.table.hidden = !this.table.hidden;
      attribute(this.element, "aria-expanded", String(!this.table.hidden));
      this.#fill();
    });
  }

  /** @param {import("../pure/samples.js").Series | undefined} series */
  show(series) {
    const line = series && drawn(series.points, WIDTH, HEIGHT);
    this.element.hidden = !line;
    if (!series || !line || line.path === this.#shown) return;
    this.#shown = line.path;
    this.#series = series;
    attribute(this.#line, "d", line.path);
    attribute(this.#last, "cx", line.x);
    attribute(this.#last, "cy", line.y);
    const said = inSentence(series.name, series.points);
    attribute(this.element, "aria-label", `${said}. Numbers as a table`);
    attribute(this.element, "title", `${said}\nClick for the numbers`);
    attribute(this.table, "aria-label", `${series.name} over time`);
    this.#fill();
  }

  /** Newest first. */
  #fill() {
    const series = this.#series;
    if (this.table.hidden || !series) return;
    const unit = series.of === null ? (series.percent ? " %" : "") : `/${number(series.of)}`;
    const rows = series.points.map(([at, value]) =>
      h("tr", {}, h("td", { title: full(at) }, moment(at, now())), h("td", { class: "number" }, `${number(value)}${unit}`)),
    );
    this.#rows.replaceChildren(...rows.reverse());
  }
}

/** @param {string} tag @param {Record<string, any>} attributes */
function make(tag, attributes) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) attribute(element, name, value);
  return element;
}
