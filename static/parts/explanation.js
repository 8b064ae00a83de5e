// @ts-check
import { call, Refused } from "../edge/api.js";
import { h, setText, styled } from "../edge/dom.js";
import { inLog, lastLines } from "../pure/explanation.js";
import { remark } from "../pure/status.js";
import { acts } from "./act.js";
import { Comparison } from "./comparison.js";
import { openResubmit, resubmit } from "./resubmit_dialog.js";

await styled("explanation");

/**
 * @typedef {import("../pure/store.js").Store} Store
 * @typedef {import("../pure/explanation.js").Explained} Explained
 */

const AFTER_FAILURE = 5_000;
/** ms: a log that has not come yet is looked for again. */
const LOOK_AGAIN = 20_000;
const LOOKS = 15;

/** Why a job failed, what can be done about it, the last lines of its log, and how it compares to the last good one. */
export class Explanation {
  #sentence = h("p", { class: "sentence" });
  #evidence = h("ul", { class: "evidence" });
  #advice = h("div", { class: "advice" });
  #log = h("div", { class: "last" });
  #place = h("div", {});
  #comparison;
  #asked = "";
  #drawn = "";
  #timer = 0;
  #looks = 0;
  /** @type {Job | null} */
  #job = null;

  /** @param {Page} page @param {Store} store */
  constructor(page, store) {
    this.page = page;
    this.store = store;
    this.#comparison = new Comparison(page.api);
    this.element = h("div", { class: "explanation" }, this.#sentence, this.#evidence, this.#advice, this.#place, this.#log, this.#comparison.element);
  }

  /** @param {Job} job which has failed */
  show(job) {
    this.#job = job;
    const version = [job.id, job.status, job.ended_at, job.reason].join("|");
    if (version === this.#asked) return;
    this.#asked = version;
    this.#looks = 0;
    /* What the row tells stands there at once; what the log tells follows. */
    if (!this.#drawn) setText(this.#sentence, remark(job) ?? (job.exit_code === null ? job.status : `It ended with exit code ${job.exit_code}.`));
    this.#comparison.show(job);
    void this.#ask();
  }

  /** Nothing is asked any more. */
  stop() {
    clearTimeout(this.#timer);
    this.#asked = "";
    this.#job = null;
  }

  async #ask() {
    clearTimeout(this.#timer);
    const [version, id] = [this.#asked, this.#job?.id];
    let again = AFTER_FAILURE;
    try {
      const told = /** @type {Explained} */ (await call("GET", `${this.page.api}/jobs/${id}/explanation`));
      if (version !== this.#asked || !this.#job) return;
      this.#draw(told, this.#job);
      this.#looks += 1;
      if (told.last_lines !== null || told.log === null || this.#looks > LOOKS) return;
      again = LOOK_AGAIN;
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
      if (version !== this.#asked || cause.status === 404 || cause.status === 409) return;
    }
    this.#timer = setTimeout(() => void this.#ask(), again);
  }

  /** @param {Explained} told @param {Job} job */
  #draw(told, job) {
    const drawn = JSON.stringify([told.sentence, told.evidence, told.advice, told.last_lines, told.error, told.log]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    setText(this.#sentence, told.sentence);
    this.#evidence.replaceChildren(...told.evidence.map((line) => h("li", {}, line)));
    this.#drawAdvice(told, job);
    this.#drawLog(told, job);
  }

  /** @param {Explained} told @param {Job} job */
  #drawAdvice({ advice }, job) {
    const focused = this.#advice.contains(document.activeElement);
    const said = advice.map(({ text, change }) => h("p", { class: change ? "figures" : "" }, text));
    const [first] = advice.filter(({ parameters }) => parameters !== null);
    const buttons = h("div", { class: "does" });
    if (first?.parameters) {
      const { change, parameters } = first;
      const button = h("button", { type: "button", class: "primary" }, `Resubmit with ${change}`);
      button.addEventListener("click", () => void resubmit({ page: this.page, store: this.store, job, parameters, button, place: this.#place }));
      buttons.append(button);
    }
    const other = h("button", { type: "button", title: "The same on the same run, or with other parameters" }, "Resubmit with…");
    other.addEventListener("click", () => openResubmit({ page: this.page, store: this.store, job }));
    buttons.append(other);
    this.#advice.replaceChildren(...said, acts(buttons));
    if (focused) buttons.querySelector("button")?.focus();
  }

  /** @param {Explained} told @param {Job} job */
  #drawLog({ last_lines, error, log }, job) {
    const script = job.lsf_ids.length === 0;
    const lines = last_lines === null ? [] : lastLines(last_lines, error);
    const inIt = lines.some(({ wrong }) => wrong);
    const link = (/** @type {string} */ text) => h("a", { href: inLog(job.id, error?.at ?? null) }, text);
    const parts = [];
    if (error && !inIt && !script) parts.push(h("h3", {}, "First error ", link("Show it in the log")), h("pre", { class: "first-error" }, h("mark", {}, error.line)));
    if (lines.length) {
      const [name, more] = script
        ? ["What the submit script printed", h("a", { href: `#job/${job.id}/submission` }, "Submit script")]
        : ["Last lines of the log", inIt ? link("Show the error in the log") : h("a", { href: inLog(job.id, null) }, "Whole log")];
      const text = lines.flatMap(({ text, wrong }, i) => [wrong ? h("mark", {}, text) : text, i < lines.length - 1 ? "\n" : ""]);
      const shown = h("pre", { class: "last-lines", tabindex: "0", role: "region", "aria-label": name }, ...text);
      parts.push(h("h3", {}, `${name} `, more), shown);
      requestAnimationFrame(() => toError(shown));
    }
    if (log) parts.push(h("p", { class: "quiet" }, log));
    this.#log.replaceChildren(...parts);
  }
}

/** Opens at its end, unless the error would be out of view there. @param {HTMLElement} shown */
function toError(shown) {
  const mark = shown.querySelector("mark");
  shown.scrollTop = shown.scrollHeight;
  if (mark && mark.offsetTop - shown.offsetTop < shown.scrollTop) shown.scrollTop = mark.offsetTop - shown.offsetTop - 40;
}
