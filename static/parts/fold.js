// @ts-check
import { attribute, h, setText } from "../edge/dom.js";
import { symbol } from "../edge/symbol.js";

/** A button that says how many earlier jobs there are; it folds them out and in. */
export class Fold {
  #text = h("span", {});
  element = h("button", { type: "button", class: "unfold", "aria-expanded": "false", onclick: () => this.toggle() }, symbol("down"), this.#text);
  toggle = () => {};

  /** @param {HTMLElement} place */
  constructor(place) {
    place.append(this.element);
  }

  /** @param {number} count @param {boolean} open @param {string} what "calib on run 5" */
  show(count, open, what) {
    this.element.hidden = count === 0;
    setText(this.#text, `${count} earlier`);
    attribute(this.element, "aria-expanded", String(open));
    attribute(this.element, "aria-label", `${count} earlier ${count === 1 ? "job" : "jobs"} of ${what}`);
  }
}
