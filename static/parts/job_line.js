// @ts-check
import { call } from "../edge/api.js";
import { attribute, h, setText } from "../edge/dom.js";
import { symbol } from "../edge/symbol.js";
import { now } from "../edge/ticking.js";
import { asOf } from "../pure/doubts.js";
import { doubtOf, isKilling, isKillStuck, isLive } from "../pure/status.js";
import { full, minute } from "../pure/time.js";
import { act, acts } from "./act.js";
import { ask } from "./ask.js";
import { showLength, showStatus, showTime } from "./cells.js";
import { askKill } from "./kill.js";
import { LsfLines } from "./lsf_lines.js";
import { Report } from "./report.js";

/** @typedef {import("../pure/store.js").Store} Store */

/** One job under its run. Its cells are made once and changed in place, so focus and pointer stay where they are. */
export class JobLine {
  #hash = h("a", { class: "hash-name" });
  #status = h("td", { class: "status", headers: "h-status" });
  #lsf = h("td", { class: "number lsf", headers: "h-lsf" });
  #submitted = h("time");
  #length = h("td", { class: "number", headers: "h-length" });
  #reportCell = h("td", { class: "report", headers: "h-report" });
  #report = new Report(this.#reportCell);

  /** @param {Page} page @param {Store} store @param {Job} job */
  constructor(page, store, job) {
    this.page = page;
    this.store = store;
    this.job = job;
    const { id } = job;
    attribute(this.#hash, "href", `#job/${id}/log`);
    this.kill = this.#button("kill", "Kill", () => void this.#kill());
    this.log = this.#button("log", "Log", () => (location.hash = `#job/${id}/log`));
    this.details = this.#button("details", "Details", () => (location.hash = `#job/${id}/details`));
    this.resubmit = this.#button("resubmit", "Resubmit", () => void this.#resubmit());
    this.remove = this.#button("delete", "Delete", () => void this.#delete());
    const buttons = h("div", { class: "buttons" }, this.kill, this.log, this.details, this.resubmit, this.remove);
    const group = acts(buttons);
    const more = h("button", { type: "button", class: "icon more", "aria-expanded": "false" }, symbol("more"));
    attribute(more, "aria-label", `Actions for ${this.#label()}`);
    more.addEventListener("click", () => attribute(more, "aria-expanded", group.toggleAttribute("data-open")));
    this.element = h(
      "tr",
      { class: "job", "data-key": job.key },
      h("td", { class: "gutter" }),
      h("th", { scope: "row", class: "hash", headers: "h-hash" }, this.#hash),
      this.#status,
      this.#lsf,
      h("td", { class: "number submitted", headers: "h-submitted" }, this.#submitted),
      this.#length,
      h("td", { class: "actions", headers: "h-actions" }, more, group),
      this.#reportCell,
    );
    this.single = new LsfLines({ page, line: this.element, cell: this.#lsf, asOf: (one) => this.#asOf(one) });
    this.show(job);
  }

  /** The line, and those of its LSF jobs while they are open. @returns {Element[]} */
  get elements() {
    return [this.element, ...this.single.elements];
  }

  /** @param {Job} job */
  show(job) {
    this.job = job;
    setText(this.#hash, job.definition.name);
    attribute(this.#hash, "title", `${job.executable} ${job.parameters}\nasked for by ${job.user}`.trim());
    this.#showStatus(job);
    this.single.show(job);
    const requested = `asked for ${full(job.requested_at)} by ${job.user}`;
    const at = job.submitted_at ?? job.requested_at;
    showTime(this.#submitted, at, job.submitted_at ? `${requested}\nsubmitted` : `asked for by ${job.user},`);
    attribute(this.#submitted, "data-tentative", job.submitted_at === null);
    showLength(this.#length, job);
    this.#showButtons(job);
    this.#report.show(job);
  }

  /** What depends on other rows: whether the farm still tells us about this job. */
  showDoubt() {
    if (isLive(this.job.status)) this.#showStatus(this.job);
    this.single.showDoubt();
  }

  /** @param {Job} job */
  #showStatus(job) {
    const [killing, old] = [isKilling(job), this.#asOf(job)];
    const notes = [
      ...(doubtOf(job) ? [{ shape: "unknown", text: "unknown" }] : []),
      ...(killing ? [{ shape: "killing", text: "killing" }] : []),
      ...(old ? [{ text: old }] : []),
    ];
    showStatus(this.#status, job, job.detail, notes);
  }

  /** @param {{status: string, as_of: string}} job this one, or one of its LSF jobs */
  #asOf(job) {
    return asOf(job, this.store.get(`location/${this.job.location}`), now());
  }

  /** @param {Job} job */
  #showButtons(job) {
    const live = isLive(job.status);
    const focused = document.activeElement;
    /* An action that is not possible now keeps its place. */
    this.kill.toggleAttribute("data-off", !live || (isKilling(job) && !isKillStuck(job)));
    for (const button of [this.resubmit, this.remove]) button.toggleAttribute("data-off", live);
    if (focused instanceof HTMLElement && focused.dataset.off !== undefined && this.element?.contains(focused)) this.log.focus();
  }

  /** @param {string} shape @param {string} name @param {() => void} click */
  #button(shape, name, click) {
    const label = `${name} ${this.#label()}`;
    const names = { "aria-label": label, title: label, "data-name": name };
    return h("button", { type: "button", class: "icon", ...names, onclick: click }, symbol(shape));
  }

  #label() {
    return `${this.job.definition.name} on run ${this.job.run}`;
  }

  async #kill() {
    const order = await askKill(this.job);
    if (!order) return;
    const seen = () => order.force || isKilling(this.job) || !isLive(this.job.status);
    await this.#act(this.kill, "POST", "/kill", seen, order);
  }

  async #resubmit() {
    const live = liveJob(this.store, this.job.run, this.job.definition.id);
    if (live && !(await askAgain(live))) return;
    await this.#act(this.resubmit, "POST", "/resubmit", (job) => this.store.get(`job/${job.id}`) !== undefined);
  }

  async #delete() {
    const sure = await ask({
      title: `Delete 1 job of run ${this.job.run}?`,
      text: `The line of ${this.job.definition.name} (${this.job.status}) goes, with its report and its history. Its log file stays.`,
      safe: "Keep it",
      act: "Delete 1 job",
      danger: true,
    });
    if (!sure) return;
    const { key } = this.job;
    await this.#act(this.remove, "DELETE", "", () => this.store.get(key) === undefined);
  }

  /**
   * @param {HTMLButtonElement} button @param {string} method @param {string} path @param {(answer: any) => boolean} seen
   * @param {unknown} [body]
   */
  #act(button, method, path, seen, body) {
    const send = () => call(method, `${this.page.api}/jobs/${this.job.id}${path}`, body);
    return act({ button, place: this.#reportCell, send, seen });
  }
}

/** The newest live job of a definition on a run. @param {Store} store @param {number} run @param {number} definition */
export function liveJob(store, run, definition) {
  const jobs = /** @type {Job[]} */ (store.all("job"));
  const live = jobs.filter((job) => job.run === run && job.definition.id === definition && isLive(job.status));
  return live.sort((a, b) => b.number - a.number)[0];
}

/** @param {Job} live @returns {Promise<boolean>} whether to apply its hash to its run once more */
export function askAgain(live) {
  const state = live.started_at ? `running since ${minute(live.started_at)}` : `${live.status} since ${minute(live.requested_at)}`;
  return ask({
    title: `Apply ${live.definition.name} to run ${live.run} again?`,
    text: `It is ${state}, started by ${live.user}; apply again? That makes 1 more job.`,
    safe: "Leave it at that",
    act: "Apply again",
  });
}
