// @ts-check
import { call, Refused } from "../edge/api.js";
import { attribute, h, setText } from "../edge/dom.js";
import { symbol } from "../edge/symbol.js";
import { hasFailed } from "../pure/status.js";
import { showLength, showStatus, showTime, where } from "./cells.js";

/** @typedef {import("./lsf_cell.js").AsOf} AsOf */

const AFTER_CHANGE = 300;
const AFTER_ERROR = 5_000;

/**
 * A line for each of the LSF jobs of a job, below its own. They are read at once and again whenever the job's row has
 * changed, until they are closed; a line stays the same element.
 */
export class LsfLines {
  /** @type {Map<string, LsfLine>} by LSF ID, in the order they were submitted */
  #lines = new Map();
  #note = h("span", { class: "remark" });
  #noteLine = h("tr", { class: "job lsf-job" });
  #closed = false;
  #timer = 0;
  #asked = 0;

  /** @param {import("./lsf_cell.js").LsfCell["place"]} place @param {Job} job */
  constructor({ page, line, columns, asOf, onChange }, job) {
    this.page = page;
    this.line = line;
    this.columns = columns;
    this.asOf = asOf;
    this.onChange = onChange;
    this.job = job;
    const before = Array.from({ length: columns.widths.length + 1 }, () => h("td", { class: "none" }));
    this.#noteLine.append(h("td", { class: "gutter" }), ...before, h("td", { class: "report" }, this.#note));
    void this.#read();
  }

  /** @returns {Element[]} */
  get elements() {
    const lines = [...this.#lines.values()].map((line) => line.element);
    return this.#note.textContent ? [...lines, this.#noteLine] : lines;
  }

  /** @param {Job} job */
  show(job) {
    if (job === this.job) return;
    this.job = job;
    this.#readIn(AFTER_CHANGE);
  }

  showDoubt() {
    for (const line of this.#lines.values()) line.showDoubt();
  }

  /** They are shown no longer. */
  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  /** @param {number} ms */
  #readIn(ms) {
    this.#timer ||= setTimeout(() => void this.#read(), ms);
  }

  /** Of several answers on their way the one that was asked for last is drawn. */
  async #read() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    if (this.#closed || !this.line.isConnected) return;
    const asked = (this.#asked += 1);
    try {
      const answer = await call("GET", `${this.page.api}/jobs/${this.job.id}/lsf-jobs`);
      if (!this.#closed && asked === this.#asked) this.#draw(answer);
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
      if (this.#closed) return;
      this.#say(cause.message);
      if (cause.status !== 404) this.#readIn(AFTER_ERROR);
    }
  }

  /** @param {{items: LsfJob[], surplus: string[]}} answer */
  #draw({ items, surplus }) {
    for (const one of items) {
      const line = this.#lines.get(one.lsf_id) ?? new LsfLine(this.job.id, one.lsf_id, this);
      this.#lines.set(one.lsf_id, line);
      line.show(one);
    }
    const doubles = surplus.length > 1 ? "doubles of the same bsub, killed" : "double of the same bsub, killed";
    this.#say(surplus.length ? `${surplus.join(", ")}: ${doubles}` : "");
  }

  /** @param {string} text */
  #say(text) {
    setText(this.#note, text);
    this.onChange();
  }
}

/** One LSF job below the line of its job, in the same columns. */
class LsfLine {
  #status = h("td", { class: "status", headers: "h-status" });
  #where = h("span", { class: "remark" });
  #remark = h("span", { class: "remark" });
  /** @type {((job: LsfJob) => void)[]} what fills the cells */
  #shows = [];
  /** @type {LsfJob | null} */
  #job = null;

  /** @param {string} job @param {string} lsfId @param {{asOf: AsOf, columns: Columns}} lines */
  constructor(job, lsfId, { asOf, columns }) {
    this.asOf = asOf;
    const label = `Log of LSF job ${lsfId}`;
    const log = { class: "icon", href: `#job/${job}/log/${lsfId}`, title: label, "aria-label": label, "data-name": "Log" };
    const cells = columns.job.map(({ key, number }, i) => {
      const cell = h("td", { headers: `h-job-${i}`, class: number && "number" });
      const show = CELLS[key]?.(cell);
      if (show) this.#shows.push(show);
      return cell;
    });
    this.element = h(
      "tr",
      { class: "job lsf-job", "data-lsf": lsfId },
      h("td", { class: "gutter" }),
      h("th", { scope: "row", class: "hash", headers: "h-hash" }, lsfId),
      this.#status,
      ...cells,
      ...Array.from({ length: columns.widths.length - columns.job.length - 2 }, () => h("td", { class: "none" })),
      h("td", { class: "actions", headers: "h-actions" }, h("a", log, symbol("log"))),
      h("td", { class: "report", headers: "h-report" }, this.#where, this.#remark),
    );
  }

  /** @param {LsfJob} job */
  show(job) {
    this.#job = job;
    this.showDoubt();
    for (const show of this.#shows) show(job);
    setText(this.#where, where(job));
    const counts = Object.entries(job.elements).map(([status, count]) => `${count} ${status}`);
    setText(this.#remark, [counts.join(", "), job.reason !== `exit ${job.exit_code}` && job.reason].filter(Boolean).join(" · "));
    attribute(this.#remark, "data-failed", hasFailed(job.status));
  }

  showDoubt() {
    const old = this.#job && this.asOf(this.#job);
    if (this.#job) showStatus(this.#status, this.#job, this.#job.reason ?? "", old ? [{ text: old }] : []);
  }
}

/** What an LSF job says in the columns of its job, by key. @type {Record<string, (cell: HTMLElement) => (job: LsfJob) => void>} */
const CELLS = {
  submitted: (cell) => {
    const time = cell.appendChild(h("time"));
    return ({ submitted_at }) => showTime(time, submitted_at, "submitted");
  },
  length: (cell) => (job) => showLength(cell, job),
};
