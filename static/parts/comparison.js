// @ts-check
import { call, Refused } from "../edge/api.js";
import { h } from "../edge/dom.js";
import { inLog, partWords } from "../pure/explanation.js";
import { full } from "../pure/time.js";
import { diffed } from "./diff_words.js";

/** @typedef {import("../pure/explanation.js").Compared} Compared */

const MOMENT = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

const MANY = 8;

/** A job beside the last good one of its hash; asked for when it is opened. */
export class Comparison {
  #content = h("div", { class: "compared", "aria-live": "polite" });
  /** @type {Job | null} */
  #job = null;
  #asked = "";

  /** @param {string} api */
  constructor(api) {
    this.api = api;
    this.element = h("details", { class: "comparison" }, h("summary", {}, "Compare with the last good job"), this.#content);
    this.element.addEventListener("toggle", () => void this.#ask());
  }

  /** @param {Job} job */
  show(job) {
    this.#job = job;
    void this.#ask();
  }

  async #ask() {
    const job = this.#job;
    const version = [job?.id, job?.ended_at].join("|");
    if (!job || !this.element.open || this.#asked === version) return;
    this.#asked = version;
    if (!this.#content.firstChild) this.#content.replaceChildren(h("p", { class: "quiet" }, "Reading both logs…"));
    try {
      const told = await call("GET", `${this.api}/jobs/${job.id}/comparison?log=1`);
      if (this.#asked === version) this.#content.replaceChildren(...content(job, told));
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
      if (this.#asked !== version) return;
      this.#asked = "";
      this.#content.replaceChildren(h("p", { class: "wrong" }, cause.message));
    }
  }
}

/** @param {Job} job @param {Compared} told @returns {Node[]} */
function content(job, told) {
  const good = told.with;
  if (!good) return [h("p", { class: "quiet" }, `No job of ${job.definition.name} went well before this one.`)];
  const other = () => h("a", { href: `#job/${good.id}` }, `job ${good.number} on run ${good.run}`);
  const ended = good.ended_at && `, ended ${full(good.ended_at)}`;
  /** @type {Node[]} */
  const parts = [h("p", { class: "quiet" }, "The last good one is ", other(), ended, ".")];
  if (told.differences.length) parts.push(table(told));
  const same = told.same.length ? ` The same: ${told.same.join(", ")}.` : "";
  parts.push(h("p", { class: "quiet" }, told.differences.length ? same.trim() : `Nothing that is known of both differs.${same}`));
  if (told.log) parts.push(...logs(job, good.id, told.log));
  if (told.log_problem) parts.push(h("p", { class: "quiet" }, told.log_problem));
  return parts;
}

/** @param {Compared} told */
function table({ differences, with: good }) {
  const head = ["What differs", "This job", `Run ${good?.run}, good`].map((name) => h("th", { scope: "col" }, name));
  const rows = differences.map(({ what, this: ours, that: theirs }) => {
    const diff = what === "parameters" || what === "executable";
    const show = what.startsWith("environment") ? names : shown;
    return h("tr", {}, h("th", { scope: "row" }, what), h("td", {}, diff ? diffed(theirs, ours) : show(ours)), h("td", {}, diff ? h("code", {}, theirs || "none") : show(theirs)));
  });
  return h("table", { "aria-label": "What differs from the last good job" }, h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...rows));
}

/** Names of variables; of many their number, and the names when that is opened. @param {string} text */
function names(text) {
  const { length } = text.split(", ");
  return length > MANY ? h("details", {}, h("summary", {}, `${length} names`), text) : shown(text);
}

/** @param {string} text */
function shown(text) {
  if (!text) return h("span", { class: "quiet" }, "none");
  return MOMENT.test(text) ? full(text) : text;
}

/** @param {Job} job @param {string} good @param {NonNullable<Compared["log"]>} log @returns {HTMLElement[]} */
function logs(job, good, log) {
  const side = (/** @type {string} */ name, /** @type {string} */ id, /** @type {import("../pure/explanation.js").LogLine | null} */ line) =>
    line && h("div", { class: "part" }, h("a", { href: inLog(id, line.at) }, name), h("pre", {}, line.line));
  const sides = [side("This log", job.id, log.this), side("Good one's log", good, log.that)].filter((one) => one !== null);
  return [h("p", {}, partWords(log)), ...sides];
}
