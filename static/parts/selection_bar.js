// @ts-check
import { call, Refused } from "../edge/api.js";
import { attribute, h, setText, styled } from "../edge/dom.js";
import { symbol } from "../edge/symbol.js";
import { jobsOf as counted, runsOf } from "../pure/many.js";
import { parseRanges, spoken, within, written } from "../pure/ranges.js";
import { isLive } from "../pure/status.js";
import { acts } from "./act.js";
import { clearProblem, showProblem } from "./problem.js";

await styled("dock");

const ASK_AFTER = 200;
const ASK_AGAIN_AFTER = 1_000;
/** Of more runs than these the bar counts no jobs: the dialogs do. */
const COUNTED = 1_000;

/** @typedef {{id: string, run: number, hash: string, status: string}} Named */

/**
 * What can be done with the selected runs, in numbers. It is there while runs are selected, or while they are typed; the
 * field always says which are selected, and typing in it selects others.
 */
export class SelectionBar {
  #count = h("b", { role: "status" });
  #outside = h("span", { class: "quiet" });
  #field = h("input", { class: "typed-runs", "aria-label": "Selected runs, such as 1-20,25 or last 10", placeholder: "1-20,25 or last 10", autocomplete: "off", spellcheck: "false" });
  #apply = h("button", { type: "button", class: "primary", "aria-haspopup": "dialog" });
  #kill = h("button", { type: "button", "aria-haspopup": "dialog" });
  #delete = h("button", { type: "button", "aria-haspopup": "dialog" });
  #note = h("div", { class: "dock-note" });
  #said = h("p", { class: "said", role: "status" });
  #timer = 0;
  #asked = 0;
  #typing = false;
  /** @type {string | null} the runs of which the numbers on the buttons are */
  #known = null;

  /** @param {import("./many.js").Many} many */
  constructor(many) {
    this.many = many;
    this.base = `${many.page.api}/experiments/${many.page.experiment?.name}`;
    const form = h("form", { class: "typed" }, this.#field);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#take();
    });
    this.#field.addEventListener("blur", () => this.#leave());
    this.#field.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.#field.value = this.#written();
      clearProblem(this.#note);
      this.#field.blur();
    });
    this.#apply.addEventListener("click", () => void many.apply());
    this.#kill.addEventListener("click", () => void this.#end("kill"));
    this.#delete.addEventListener("click", () => void this.#end("delete"));
    const names = { type: "button", class: "icon", title: "Clear the selection", "aria-label": "Clear the selection" };
    const clear = h("button", { ...names, onclick: () => this.#clear() }, symbol("close"));
    const head = h("div", { class: "dock-head" }, this.#count, this.#outside, form);
    this.element = h(
      "section",
      { class: "floating", "aria-label": "Selected runs", hidden: true },
      h("div", { class: "dock-row" }, head, h("div", { class: "dock-acts" }, acts(this.#apply, this.#kill, this.#delete), clear)),
      this.#said,
      this.#note,
    );
  }

  /** The selection is another one now. */
  show() {
    const { selection } = this.many;
    const view = new Set(this.many.view());
    const runs = selection.numbers();
    const outside = runs.filter((run) => !view.has(run)).length;
    this.element.hidden = runs.length === 0 && !this.#typing;
    document.documentElement.toggleAttribute("data-dock", !this.element.hidden);
    setText(this.#count, `${runsOf(runs.length)} selected`);
    setText(this.#outside, outside ? `${runsOf(outside)} of them not in this view` : "");
    if (document.activeElement !== this.#field) this.#field.value = this.#written();
    setText(this.#apply, `Apply to ${runsOf(runs.length)}…`);
    this.#apply.disabled = runs.length === 0;
    if (this.#known !== this.#written()) this.#showActs([]);
    if (runs.length) this.#ask(ASK_AFTER);
  }

  /** Rows changed. @param {Set<string>} changed @param {Set<number>} passed */
  note(changed, passed) {
    const { selection, store } = this.many;
        const touched = [...changed].some((key) => key.startsWith("job/") && selection.has(store.get(key)?.run ?? -1));
    if (touched || [...passed].some((run) => selection.has(run))) this.#ask(ASK_AGAIN_AFTER);
  }

  /** Puts the focus into the field. */
  type() {
    this.#typing = true;
    this.show();
    this.#field.focus();
    this.#field.select();
  }

  /** Asks once after a while, however often it is called until then. @param {number} after */
  #ask(after) {
    if (this.many.selection.size > COUNTED || (this.#timer && after > ASK_AFTER)) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      void this.#preview();
    }, after);
  }

  async #preview() {
    const runs = this.#written();
    const asked = (this.#asked += 1);
    if (!runs) return;
    try {
      const found = await jobsOf(this.base, runs);
      if (asked !== this.#asked) return;
      this.#known = runs;
      this.#showActs(found);
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
      if (asked === this.#asked && cause.status !== 0) showProblem(this.#note, `The jobs of these runs could not be counted: ${cause.message}`);
    }
  }

  /** @param {Named[]} jobs of the selected runs */
  #showActs(jobs) {
    const live = jobs.filter((job) => isLive(job.status));
    const known = this.#known === this.#written();
    const kind = live.length && live.every(({ status }) => status === "RUN") ? "running" : "live";
    setText(this.#kill, live.length ? `Kill ${counted(live.length, kind)}…` : known ? "None to kill" : "Kill…");
    const ended = jobs.length - live.length;
    setText(this.#delete, ended ? `Delete ${counted(ended, "ended")}…` : known ? "None to delete" : "Delete…");
    this.#kill.disabled = known ? !live.length : !this.many.selection.size;
    this.#delete.disabled = known ? !ended : !this.many.selection.size;
  }

  /** @param {"kill" | "delete"} action */
  async #end(action) {
    clearProblem(this.#note);
    const { openEnd } = await import("./bulk_end.js");
    try {
      setText(this.#said, (await openEnd({ action, base: this.base, runs: this.many.selection.numbers() })) ?? "");
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
      showProblem(this.#note, cause.message);
    }
    this.#ask(ASK_AFTER);
  }

  /** What was typed becomes the selection. */
  #take() {
    clearProblem(this.#note);
    setText(this.#said, "");
    const { selection } = this.many;
    const text = this.#field.value.trim();
    if (text === this.#written()) return;
    const every = this.many.every();
    const { ranges, problem } = text ? parseRanges(text, every) : { ranges: [], problem: null };
    const chosen = within(every, ranges);
    const wrong = problem ?? (ranges.length && !chosen.length ? `no such run: ${text.slice(0, 60)}` : null);
    attribute(this.#field, "aria-invalid", wrong !== null && "true");
    if (wrong) return showProblem(this.#note, `${wrong[0].toUpperCase()}${wrong.slice(1)}.`);
    selection.set(selection.numbers().filter((run) => !chosen.includes(run)), false);
    selection.set(chosen, true);
    this.#field.value = this.#written();
    const missing = absent(ranges, chosen);
    if (missing) setText(this.#said, `No such run: ${missing}.`);
  }

  #leave() {
    this.#take();
    this.#typing = false;
    if (!this.many.selection.size && this.#field.value.trim()) this.#typing = true;
    this.show();
  }

  #clear() {
    this.#typing = false;
    this.#field.value = "";
    attribute(this.#field, "aria-invalid", null);
    clearProblem(this.#note);
    setText(this.#said, "");
    this.many.selection.clear();
    this.show();
  }

  #written() {
    return written(this.many.selection.numbers());
  }
}

/**
 * All jobs of runs, live and ended, earlier ones too.
 * @param {string} base @param {string} runs @param {{definition?: number}} [more] of this hash alone @returns {Promise<Named[]>}
 */
export async function jobsOf(base, runs, more = {}) {
  const [live, ended] = await Promise.all(["kill", "delete"].map((action) => call("POST", `${base}/jobs/${action}`, { runs, ...more, preview: true })));
  return [...live.jobs, ...ended.jobs];
}

/** What of the ranges there is no run for; nothing is said of ranges much longer than the runs. @param {import("../pure/ranges.js").Range[]} ranges @param {number[]} chosen */
function absent(ranges, chosen) {
  const there = new Set(chosen);
  const missing = [];
  for (const [first, last] of ranges) {
    for (let run = first; run <= last && missing.length < 100; run += 1) if (!there.has(run)) missing.push(run);
  }
  return missing.length ? spoken(missing, 6) : "";
}
