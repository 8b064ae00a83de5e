// @ts-check
import { h, setText } from "../edge/dom.js";
import { copyButton } from "./copy_button.js";

/** @typedef {{copied?: boolean, code?: boolean}} Look */

/** A list of facts, each made once and changed in place, in the order in which they were first told; one without a value is hidden. */
export class Facts {
  element = h("dl", { class: "facts" });
  /** @type {Map<string, {term: HTMLElement, value: HTMLElement, text: HTMLElement}>} */
  #facts = new Map();

  /** @param {string} name @param {string | null | undefined} text @param {Look} [look] */
  put(name, text, look = {}) {
    const { term, value, text: place } = this.#facts.get(name) ?? this.#make(name, look);
    term.hidden = value.hidden = !text;
    setText(place, text ?? "");
  }

  /** @param {string} name @param {Node} node */
  putNode(name, node) {
    if (this.#facts.has(name)) return;
    const { value, text } = this.#make(name, {});
    value.replaceChildren(node, text);
  }

  /** @param {string} name @param {Look} look */
  #make(name, { copied, code }) {
    const text = h(code || copied ? "code" : "span", {});
    const button = copied && copyButton({ text: () => text.textContent ?? "", name: `Copy ${name}` });
    const made = { term: h("dt", {}, name), value: h("dd", { class: copied && "copied" }, text, button), text };
    this.element.append(made.term, made.value);
    this.#facts.set(name, made);
    return made;
  }
}
