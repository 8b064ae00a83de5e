// @ts-check
import { namedColor } from "../edge/color_names.js";
import { attribute, glow, h, setText } from "../edge/dom.js";
import { nameColors, readable } from "../pure/color.js";
import { parse } from "../pure/report.js";
import { doubtOf, hasFailed, killRefused, remark } from "../pure/status.js";

/** @typedef {import("../pure/report.js").Part} Part */

nameColors(namedColor);

/** The report of one job in its cell: what failed or is awaited in words, then its counters, changed in place. */
export class Report {
  #remark = h("span", { class: "remark" });
  #list = h("span", { class: "counters" });
  /** @type {Map<string, {element: HTMLElement, value: HTMLElement, shown: string}>} by counter name */
  #counters = new Map();

  /** @type {(string | null)[]} names of counters that stand elsewhere in the line */
  without = [];

  /** @param {HTMLElement} cell */
  constructor(cell) {
    cell.append(this.#remark, this.#list);
  }

  /** @param {Job} job */
  show(job) {
    const loud = hasFailed(job.status) || killRefused(job) || doubtOf(job) !== null;
    const quiet = job.counters.length > 0 && !loud;
    const text = quiet ? "" : (remark(job) ?? "");
    setText(this.#remark, text);
    this.#remark.hidden = text === "";
    attribute(this.#remark, "title", text || null);
    attribute(this.#remark, "data-failed", hasFailed(job.status));
    attribute(this.#remark, "data-doubt", doubtOf(job) !== null);
    const counters = job.counters.filter(({ name }) => !this.without.includes(name));
    const names = new Set(counters.map(({ name }) => name));
    for (const [name, { element }] of this.#counters) {
      if (names.has(name)) continue;
      element.remove();
      this.#counters.delete(name);
    }
    let next = this.#list.firstElementChild;
    for (const counter of counters) {
      const element = this.#counter(counter);
      if (element === next) next = next.nextElementSibling;
      else this.#list.insertBefore(element, next);
    }
  }

  /** @param {Counter} counter @returns {HTMLElement} */
  #counter({ name, value, color }) {
    const held = this.#counters.get(name);
    const shown = JSON.stringify([value, color]);
    if (held?.shown === shown) return held.element;
    const text = value === null ? "" : String(value);
    if (held) {
      held.shown = shown;
      held.value.replaceChildren(...nodes(parse(text)));
      paint(held.value, color);
      glow(held.value);
      return held.element;
    }
    const valueElement = h("span", { class: "value" }, ...nodes(parse(text)));
    paint(valueElement, color);
    const nameElement = h("span", { class: "name" }, ...nodes(parse(name)));
    const element = h("span", { class: "counter", "data-counter": name }, nameElement, " ", valueElement);
    this.#counters.set(name, { element, value: valueElement, shown });
    return element;
  }
}

/** @param {Part[]} parts @returns {Node[]} */
export function nodes(parts) {
  return parts.map((part) => {
    if (typeof part === "string") return document.createTextNode(part);
    const element = h(part.tag, {}, ...nodes(part.children));
    if (part.href) {
      attribute(element, "href", part.href);
      attribute(element, "target", "_blank");
      attribute(element, "rel", "noopener noreferrer nofollow");
    }
    paint(element, part.color);
    return element;
  });
}

/** @param {HTMLElement} element @param {string | null} color */
export function paint(element, color) {
  const shades = color ? readable(color) : null;
  element.classList.toggle("coloured", shades !== null);
  if (!shades) return;
  element.style.setProperty("--on-light", shades.light);
  element.style.setProperty("--on-dark", shades.dark);
}
