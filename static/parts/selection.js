// @ts-check
import { attribute, h } from "../edge/dom.js";
import { between } from "../pure/ranges.js";

/**
 * The selected runs, by number: scrolling, sorting and filtering leave them selected. A box stands in each run row.
 *
 * A click turns one run over; with shift, all from the last one clicked on, in the present order of the view. The box in
 * the table's head turns every run of the view over, also those not loaded.
 */
export class Selection {
  /** @type {Set<number>} */
  #chosen = new Set();
  /** @type {Map<number, WeakRef<HTMLInputElement>>} rows come and go; their boxes go with them */
  #boxes = new Map();
  /** @type {number | null} where a range begins */
  #anchor = null;
  #all = h("input", { type: "checkbox", "aria-label": "Select every run in the view", title: "Select every run in the view" });
  /** For the head of the table. */
  head = h("span", { class: "pick" }, this.#all);

  /** @param {{view: () => number[], onChange: () => void}} options `view`: its runs in their present order */
  constructor({ view, onChange }) {
    this.view = view;
    this.onChange = onChange;
    onPick(this.head, this.#all, () => this.set(this.view(), this.#all.checked));
  }

  get size() {
    return this.#chosen.size;
  }

  /** @param {number} run */
  has(run) {
    return this.#chosen.has(run);
  }

  /** @returns {number[]} ascending */
  numbers() {
    return [...this.#chosen].sort((a, b) => a - b);
  }

  /** The box of a run, for a row that is made now. @param {number} run @returns {HTMLElement} */
  box(run) {
    const input = h("input", { type: "checkbox", "aria-label": `Select run ${run}` });
    input.checked = this.#chosen.has(run);
    this.#boxes.set(run, new WeakRef(input));
    const box = h("span", { class: "pick" }, input);
    onPick(box, input, (range) => this.pick(run, input.checked, range));
    return box;
  }

  /** @param {number} run @param {boolean} on @param {boolean} range whether from the last one picked on */
  pick(run, on, range) {
    const runs = range ? between(this.view(), this.#anchor, run) : [run];
    this.#anchor = run;
    this.set(runs, on);
  }

  /** @param {Iterable<number>} runs @param {boolean} on */
  set(runs, on) {
    for (const run of runs) {
      if (on) this.#chosen.add(run);
      else this.#chosen.delete(run);
    }
    this.#show();
  }

  clear() {
    const last = this.#anchor === null ? null : this.#boxes.get(this.#anchor)?.deref();
    this.#chosen.clear();
    this.#anchor = null;
    this.#show();
    if (last?.isConnected) last.focus({ preventScroll: true });
  }

  /** The view holds other runs now. */
  showHead() {
    const view = this.#chosen.size ? this.view() : [];
    const inside = view.filter((run) => this.#chosen.has(run)).length;
    this.#all.checked = inside > 0 && inside === view.length;
    this.#all.indeterminate = inside > 0 && inside < view.length;
  }

  #show() {
    for (const [run, held] of this.#boxes) {
      const input = held.deref();
      if (!input) this.#boxes.delete(run);
      else if (input.checked !== this.#chosen.has(run)) input.checked = this.#chosen.has(run);
    }
    attribute(document.documentElement, "data-selecting", this.#chosen.size > 0);
    this.showHead();
    this.onChange();
  }

  /** Clicks with shift, ctrl or the command key on a run's own row pick it too. @param {HTMLElement} table */
  listen(table) {
    table.addEventListener("mousedown", (event) => {
      if (event.shiftKey && runOf(event)) event.preventDefault();
    });
    table.addEventListener("click", (event) => {
      const run = event.shiftKey || event.ctrlKey || event.metaKey ? runOf(event) : null;
      if (run) this.pick(run, event.shiftKey || !this.has(run), event.shiftKey);
    });
  }
}

/** The run whose row was clicked, beside its controls. @param {MouseEvent} event @returns {number | null} */
function runOf({ target }) {
  if (!(target instanceof Element) || target.closest("a, button, input, select, textarea, .pick")) return null;
  const key = target.closest("tr.run")?.closest("[data-key]")?.getAttribute("data-key");
  return key ? Number(key.slice("run/".length)) : null;
}

/** The whole place is the target, so that it is large enough. @param {HTMLElement} place @param {HTMLInputElement} input @param {(range: boolean) => void} pick */
function onPick(place, input, pick) {
  place.addEventListener("mousedown", (event) => event.shiftKey && event.preventDefault());
  place.addEventListener("click", (event) => {
    if (event.target !== input) input.checked = !input.checked;
    pick(event.shiftKey);
  });
}
