// @ts-check
import { h } from "../edge/dom.js";
import { keys } from "../edge/keys.js";
import { acts } from "./act.js";
import { Selection } from "./selection.js";

/**
 * @typedef {import("../pure/store.js").Store} Store
 * @typedef {object} Runs
 * @property {() => number[]} view runs in the view, in its present order, also those not loaded
 * @property {() => number[]} every all runs of the experiment that are known
 */

/** Session storage: what was sent and is not all in LSF yet. */
export const KEPT = "batchboard-outgoing/";

/**
 * Many runs at once: the selection, the bar of what can be done with it, the dialog to apply a hash to runs, and how far
 * that has come. The latter three are loaded when they are wanted; they stand in a dock at the lower edge of the window.
 */
export class Many {
  /** Sections of what floats at the lower edge; in the page before the table, so that Tab comes to it first. */
  dock = h("div", { class: "dock" });
  /** @type {Promise<import("./selection_bar.js").SelectionBar> | null} */
  #bar = null;
  /** @type {Promise<import("./outgoing.js").Outgoing> | null} */
  #outgoing = null;
  #apply = h("button", { type: "button", "aria-haspopup": "dialog", onclick: () => void keys.hold(this.apply()) }, "Apply to runs…");
  #select = h("button", { type: "button", onclick: () => void keys.hold(this.type()) }, "Select…");
  /** For the bar above the table. */
  buttons = acts(this.#select, this.#apply);

  /** @param {{page: Page, store: Store} & Runs} options */
  constructor({ page, store, view, every }) {
    this.page = page;
    this.store = store;
    this.view = view;
    this.every = every;
    this.selection = new Selection({ view, onChange: () => void this.#showBar() });
    const group = "Runs";
    keys.add({ key: "s", text: "Select runs: type 1-20,25", group, run: () => this.type() });
    const pick = (/** @type {KeyboardEvent} */ { shiftKey }) => this.selection.pick(runAtHand(), shiftKey || !this.selection.has(runAtHand()), shiftKey);
    keys.add({ key: ["v", "V"], text: "Select the run of the current line; with Shift, all up to it", group, when: () => runAtHand() > 0, run: pick });
    keys.add({ key: "Escape", text: "Clear the selection", group, when: () => this.#clearable(), run: () => this.selection.clear() });
    if (sessionStorage.getItem(KEPT + page.experiment?.name)) void this.outgoing();
  }

  /** Rows changed; nothing in both: the view did. @param {Set<string>} changed @param {Set<number>} passed runs of rows the store passed by */
  update(changed, passed) {
    if (!this.selection.size) return;
    const view = !changed.size && !passed.size;
    if (view || [...changed].some((key) => key.startsWith("run/"))) this.selection.showHead();
    void this.#bar?.then((bar) => (view ? bar.show() : bar.note(changed, passed)));
  }

  /** Opens the dialog that applies a hash to runs. */
  async apply() {
    const [{ openApply }, outgoing] = await Promise.all([import("./bulk_dialog.js"), this.outgoing()]);
    openApply({ many: this, outgoing });
  }

  /** Puts the focus where runs are typed. */
  async type() {
    (await this.#openBar()).type();
  }

  outgoing() {
    return (this.#outgoing ??= import("./outgoing.js").then(({ Outgoing }) => {
      const outgoing = new Outgoing(this.page);
      this.dock.prepend(outgoing.element);
      return outgoing;
    }));
  }

  #openBar() {
    return (this.#bar ??= import("./selection_bar.js").then(({ SelectionBar }) => {
      const bar = new SelectionBar(this);
      this.dock.append(bar.element);
      return bar;
    }));
  }

  async #showBar() {
    if (this.selection.size || this.#bar) (await this.#openBar()).show();
  }

  /** The panel of a job closes first. */
  #clearable() {
    return this.selection.size > 0 && !location.hash.startsWith("#job/");
  }
}

/** The run in whose rows the focus is, or 0. */
function runAtHand() {
  const key = document.activeElement?.closest("tbody[data-key^='run/']")?.getAttribute("data-key");
  return Number(key?.slice("run/".length) ?? 0);
}
