// @ts-check
import { attribute, h, setText, styled } from "../edge/dom.js";
import { lastUsed } from "../edge/last_used.js";
import { findHashes } from "../pure/hashes.js";
import { openFloat } from "./float.js";

await styled("choices");

/**
 * @typedef {object} HashChoice
 * @property {HTMLElement} anchor the button below which it opens: it gets aria-expanded, and the focus back
 * @property {string} label what is chosen, "Hash for run 12"
 * @property {string} experiment its name
 * @property {Definition[]} definitions all of the experiment; archived ones and drafts are left out here
 * @property {(definition: Definition) => string} [note] what is said beside a hash, "live on this run"; a problem of its
 *   path comes before it by itself
 * @property {(definition: Definition) => void} onChoose called after it has closed; who applies it calls `noteUsed` of
 *   edge/last_used.js when that was taken
 */

/**
 * Opens a list of hashes to choose from, with a field to find one in it: last used first, then by name. What is typed
 * finds by parts of names; arrows, Home, End and Page keys move, Enter or a click chooses, Esc closes.
 * @param {HashChoice} choice
 */
export function chooseHash(choice) {
  new Choice(choice).open();
}

/** Tells lists apart that follow each other. */
let opened = 0;

class Choice {
  #id = `hashes-${(opened += 1)}`;
  #active = 0;

  /** @param {HashChoice} choice */
  constructor(choice) {
    this.choice = choice;
    this.recent = lastUsed(choice.experiment);
    this.found = findHashes(choice.definitions, "", this.recent);
    this.usable = this.found.length;
    const label = { "aria-label": choice.label };
    const combobox = { role: "combobox", "aria-controls": this.#id, "aria-expanded": "true", "aria-autocomplete": "list" };
    const plain = { autocomplete: "off", autocapitalize: "off", spellcheck: "false", enterkeyhint: "go" };
    this.field = h("input", { ...label, ...combobox, ...plain, placeholder: "Type to find" });
    this.count = h("p", { class: "note", role: "status" });
    this.list = h("ul", { ...label, id: this.#id, role: "listbox" });
    const content = [this.field, this.count, this.list];
    this.element = h("div", { ...label, class: "menu hash-choice", popover: "auto", role: "dialog" }, ...content);
    this.field.addEventListener("input", () => {
      this.found = findHashes(choice.definitions, this.field.value, this.recent);
      this.#draw();
    });
    this.field.addEventListener("keydown", (event) => this.#press(event));
    /* The field keeps the focus: a press on an option must not take it. */
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
  }

  open() {
    this.#draw();
    openFloat(this.choice.anchor, this.element);
    if (this.usable) this.field.focus();
    else this.#teach();
  }

  #draw() {
    this.list.replaceChildren(...this.found.map((one, i) => this.#option(one, this.found[i + 1])));
    this.list.hidden = this.found.length === 0;
    const some = `${this.found.length} of ${this.usable} hashes`;
    const all = this.found.length === this.usable;
    setText(this.count, all ? "" : this.found.length ? some : `None of ${this.usable} hashes has this in its name.`);
    this.#active = 0;
    this.#point(0);
  }

  /** @typedef {ReturnType<typeof findHashes>[number]} Found @param {Found} one @param {Found | undefined} next */
  #option({ definition, marks, recent }, next) {
    const said = [definition.check?.problem, this.choice.note?.(definition)].filter(Boolean).join(" · ");
    return h(
      "li",
      {
        id: `${this.#id}-${definition.id}`,
        role: "option",
        title: definition.name,
        "data-last": recent && next?.recent === false,
        onclick: () => this.#take(definition),
      },
      h("span", { class: "name" }, ...marked(definition.name, marks)),
      said && h("span", { class: "note" }, said),
    );
  }

  /** Makes another option the active one. @param {number} to */
  #point(to) {
    attribute(this.field, "aria-activedescendant", null);
    if (!this.found.length) return;
    attribute(this.list.children[this.#active], "aria-selected", "false");
    this.#active = Math.min(Math.max(to, 0), this.found.length - 1);
    const option = this.list.children[this.#active];
    attribute(this.field, "aria-activedescendant", option.id);
    attribute(option, "aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.isComposing) return;
    if (event.key === "Tab") return this.element.hidePopover();
    const to = this.#target(event.key);
    if (to === null && event.key !== "Enter") return;
    event.preventDefault();
    if (to !== null) this.#point(to);
    else if (this.found.length) this.#take(this.found[this.#active].definition);
  }

  /** @param {string} key @returns {number | null} */
  #target(key) {
    const [here, all] = [this.#active, this.found.length];
    const option = this.list.children[here]?.getBoundingClientRect().height || 1;
    const page = Math.max(1, Math.floor(this.list.clientHeight / option) - 1);
    switch (key) {
      case "ArrowDown":
        return here + 1 < all ? here + 1 : 0;
      case "ArrowUp":
        return here > 0 ? here - 1 : all - 1;
      case "Home":
        return 0;
      case "End":
        return all - 1;
      case "PageDown":
        return here + page;
      case "PageUp":
        return here - page;
    }
    return null;
  }

  /** @param {Definition} definition */
  #take(definition) {
    this.element.hidePopover();
    this.choice.onChoose(definition);
  }

  #teach() {
    this.field.hidden = true;
    const link = h("a", { href: `/experiments/${this.choice.experiment}/definitions` }, "Make one in Batch defs");
    this.count.replaceChildren("No hash can be applied yet. ", link, ".");
    link.focus();
  }
}

/** A name with what matched marked. @param {string} name @param {[number, number][]} marks @returns {(string | Node)[]} */
function marked(name, marks) {
  let at = 0;
  /** @type {(string | Node)[]} */
  const pieces = [];
  for (const [from, to] of marks) {
    pieces.push(name.slice(at, from), h("mark", {}, name.slice(from, to)));
    at = to;
  }
  return [...pieces, name.slice(at)];
}
