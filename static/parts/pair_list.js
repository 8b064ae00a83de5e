// @ts-check
import { h, setText } from "../edge/dom.js";
import { symbol } from "../edge/symbol.js";
import { hits, replaced } from "../pure/replace.js";

/**
 * @typedef {import("../pure/replace.js").Pair} Pair
 * @typedef {import("../pure/replace.js").Values} Values
 */

/** Pairs of what to find and what to put in its place, as many as wanted; each says how often it finds something. */
export class PairList {
  /** @type {Values[]} */
  #all = [];
  #rows = h("div", { class: "pair-rows" });

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.onChange = onChange;
    const add = h("button", { type: "button", class: "plain" }, symbol("plus"), "Another pair");
    add.addEventListener("click", () => this.#add({ find: "", with: "" }).focus());
    this.element = h("fieldset", { class: "pairs" }, h("legend", {}, "Find and replace, in paths and parameters"), this.#rows, add);
  }

  /** @param {Values[]} all in which to find @param {Pair[]} pairs to begin with */
  start(all, pairs) {
    this.#all = all;
    this.#rows.replaceChildren();
    for (const pair of pairs.length ? pairs : [{ find: "", with: "" }]) this.#add(pair);
    this.#count();
  }

  /** @returns {Pair[]} */
  get pairs() {
    return [...this.#rows.children].map((row) => {
      const [find, by] = row.querySelectorAll("input");
      return { find: find.value, with: by.value };
    });
  }

  /** @param {string} text */
  applied(text) {
    return replaced(text, this.pairs);
  }

  /** @param {Pair} pair */
  #add(pair) {
    const plain = { autocomplete: "off", spellcheck: "false" };
    const find = h("input", { ...plain, value: pair.find });
    const by = h("input", { ...plain, value: pair.with });
    const remove = h("button", { type: "button", class: "icon", title: "Take this pair away", "aria-label": "Take this pair away" }, symbol("close"));
    const row = h("div", { class: "pair" }, h("label", {}, "Find ", find), h("label", {}, "With ", by), h("span", { class: "quiet", role: "status" }), remove);
    for (const field of [find, by]) field.addEventListener("input", () => this.#changed());
    remove.addEventListener("click", () => {
      const next = /** @type {HTMLElement | null} */ ((row.nextElementSibling ?? row.previousElementSibling)?.querySelector("input") ?? this.element.lastElementChild);
      row.remove();
      this.#changed();
      next?.focus();
    });
    this.#rows.append(row);
    return find;
  }

  #changed() {
    this.#count();
    this.onChange();
  }

  #count() {
    const { pairs } = this;
    hits(this.#all, pairs).forEach((count, i) => {
      const said = this.#rows.children[i].querySelector("span");
      const words = count === 1 ? "in 1 place" : count ? `in ${count} places` : "not found";
      if (said) setText(said, pairs[i].find ? words : "");
    });
  }
}
