// @ts-check
import { call, Refused } from "../edge/api.js";
import { attribute, h, setText } from "../edge/dom.js";
import { symbol } from "../edge/symbol.js";
import { hasFailed } from "../pure/status.js";
import { listed, showLength, showStatus, showTime, where } from "./cells.js";

/** @typedef {(job: {status: string, as_of: string}) => string} AsOf the age of a status that may be out of date */

const AFTER_CHANGE = 300;
const AFTER_ERROR = 5_000;

/**
 * The LSF ID cell of a job, which opens to a line for each of its LSF jobs below the job's own. They are read when
 * opened and again whenever the job's row has changed; a line stays the same element while it is open.
 */
export class LsfLines {
  /** @type {Map<string, LsfLine>} by LSF ID, in the order they were submitted */
  #lines = new Map();
  #note = h("span", { class: "remark" });
  #noteLine = h(
    "tr",
    { class: "job lsf-job" },
    h("td", { class: "gutter" }),
    ...Array.from({ length: 6 }, () => h("td")),
    h("td", { class: "report" }, this.#note),
  );
  #text = h("span", {});
  #opener = h("button", { type: "button", class: "lsf-opener", "aria-expanded": "false" }, symbol("down"), this.#text);
  /** @type {Job | null} */
  #job = null;
  #open = false;
  #timer = 0;
  #asked = 0;

  /** @param {{page: Page, line: Element, cell: Element, asOf: AsOf}} place `line`: the job's own, `cell`: in it */
  constructor({ page, line, cell, asOf }) {
    this.page = page;
    this.line = line;
    this.asOf = asOf;
    this.cell = cell;
    this.#opener.addEventListener("click", () => this.#toggle());
    cell.append(this.#opener);
  }

  /** What stands below the job's line. @returns {Element[]} */
  get elements() {
    if (!this.#open) return [];
    const lines = [...this.#lines.values()].map((line) => line.element);
    return this.#note.textContent ? [...lines, this.#noteLine] : lines;
  }

  /** @param {Job} job */
  show(job) {
    this.#job = job;
    const [first, ...others] = job.lsf_ids;
    attribute(this.cell, "data-several", others.length > 0);
    this.#opener.hidden = first === undefined;
    setText(this.#text, others.length ? `${first} +${others.length}` : (first ?? ""));
    attribute(this.#opener, "title", others.length ? listed(job.lsf_ids) : null);
    attribute(this.#opener, "aria-label", `LSF jobs of ${job.definition.name} on run ${job.run}: ${listed(job.lsf_ids)}`);
    if (this.#open) this.#readIn(AFTER_CHANGE);
  }

  showDoubt() {
    for (const line of this.#lines.values()) line.showDoubt();
  }

  #toggle() {
    this.#open = !this.#open;
    attribute(this.#opener, "aria-expanded", String(this.#open));
    if (this.#open) return void this.#read();
    for (const { element } of this.#lines.values()) element.remove();
    this.#noteLine.remove();
    this.#lines.clear();
    setText(this.#note, "");
  }

  /** @param {number} ms */
  #readIn(ms) {
    this.#timer ||= setTimeout(() => void this.#read(), ms);
  }

  /** Of several answers on their way the one that was asked for last is drawn. */
  async #read() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    if (!this.#open || !this.line.isConnected) return;
    const asked = (this.#asked += 1);
    try {
      const answer = await call("GET", `${this.page.api}/jobs/${this.#job?.id}/lsf-jobs`);
      if (this.#open && asked === this.#asked) this.#draw(answer);
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
      this.#say(cause.message);
      if (cause.status !== 404) this.#readIn(AFTER_ERROR);
    }
  }

  /** @param {{items: LsfJob[], surplus: string[]}} answer */
  #draw({ items, surplus }) {
    for (const one of items) {
      const line = this.#lines.get(one.lsf_id) ?? new LsfLine(/** @type {Job} */ (this.#job).id, one.lsf_id, this.asOf);
      this.#lines.set(one.lsf_id, line);
      line.show(one);
    }
    const doubles = surplus.length > 1 ? "doubles of the same bsub, killed" : "double of the same bsub, killed";
    this.#say(surplus.length ? `${surplus.join(", ")}: ${doubles}` : "");
  }

  /** @param {string} text */
  #say(text) {
    setText(this.#note, text);
    if (!text) this.#noteLine.remove();
    let above = this.line;
    for (const element of this.elements) {
      if (above.nextElementSibling !== element) above.after(element);
      above = element;
    }
  }
}

/** One LSF job below the line of its job, in the same columns. */
class LsfLine {
  #status = h("td", { class: "status", headers: "h-status" });
  #submitted = h("time");
  #length = h("td", { class: "number", headers: "h-length" });
  #where = h("span", { class: "remark" });
  #remark = h("span", { class: "remark" });
  /** @type {LsfJob | null} */
  #job = null;

  /** @param {string} job @param {string} lsfId @param {AsOf} asOf */
  constructor(job, lsfId, asOf) {
    this.asOf = asOf;
    const label = `Log of LSF job ${lsfId}`;
    const log = { class: "icon", href: `#job/${job}/log/${lsfId}`, title: label, "aria-label": label, "data-name": "Log" };
    this.element = h(
      "tr",
      { class: "job lsf-job", "data-lsf": lsfId },
      h("td", { class: "gutter" }),
      h("th", { scope: "row", class: "hash", headers: "h-lsf" }, lsfId),
      this.#status,
      h("td", { class: "lsf" }),
      h("td", { class: "number submitted", headers: "h-submitted" }, this.#submitted),
      this.#length,
      h("td", { class: "actions", headers: "h-actions" }, h("a", log, symbol("log"))),
      h("td", { class: "report", headers: "h-report" }, this.#where, this.#remark),
    );
  }

  /** @param {LsfJob} job */
  show(job) {
    this.#job = job;
    this.showDoubt();
    showTime(this.#submitted, job.submitted_at, "submitted");
    showLength(this.#length, job);
    setText(this.#where, where(job));
    const counts = Object.entries(job.elements).map(([status, count]) => `${count} ${status}`);
    setText(this.#remark, [counts.join(", "), job.reason].filter(Boolean).join(" · "));
    attribute(this.#remark, "data-failed", hasFailed(job.status));
  }

  showDoubt() {
    const old = this.#job && this.asOf(this.#job);
    if (this.#job) showStatus(this.#status, this.#job, this.#job.reason ?? "", old ? [{ text: old }] : []);
  }
}
