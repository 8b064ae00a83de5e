// @ts-check
import { call } from "../edge/api.js";
import { attribute, h, setText, styled } from "../edge/dom.js";
import { Reader } from "../edge/reader.js";
import { now } from "../edge/ticking.js";
import { asOf } from "../pure/doubts.js";
import { estimate } from "../pure/estimate.js";
import { quietOf } from "../pure/quiet.js";
import { grown } from "../pure/samples.js";
import { hasFailed, isLive, remark } from "../pure/status.js";
import { acts } from "./act.js";
import { CounterTable } from "./counter_table.js";
import { JobFacts } from "./job_facts.js";
import { age } from "./reading_tab.js";
import { Timeline } from "./timeline.js";

await styled("job");

/**
 * @typedef {import("../pure/store.js").Store} Store
 * @typedef {import("../pure/samples.js").Series} Series
 * @typedef {{series: Series[], usual: import("../pure/estimate.js").Usual | null}} Progress
 */

const WAITS = new Set(["PEND", "PSUSP", "WAIT", "PROV"]);
/** ms: LSF is asked why it waits by everybody who looks. */
const WAITING_EVERY = 60_000;

/** One job in full: why it failed, when it will end, how it went, what it reports, what it is. */
export class JobTab {
  #why = h("section", { class: "explained", "aria-label": "Why it failed", hidden: true });
  /** @type {import("./explanation.js").Explanation | null} */
  #explanation = null;
  #stopped = false;
  #again = acts(h("button", { type: "button", onclick: () => void this.#resubmit() }, "Resubmit with…"));
  #now = h("p", { class: "estimate" });
  #late = h("p", { class: "estimate late" });
  #waits = h("section", { class: "waits", "aria-label": "Why it waits", hidden: true });
  #timeline = new Timeline();
  #counters = new CounterTable();
  #silent = h("p", { class: "quiet" });
  #facts = new JobFacts();
  #wrong = h("p", { class: "problem", role: "alert", hidden: true });
  /** @type {Progress} */
  #progress = { series: [], usual: null };
  /** @type {Job | null} */
  #job = null;
  #asked = { status: "", history: "" };
  #second = 0;
  #looked = 0;

  /** @param {Page} page @param {Store} store */
  constructor(page, store) {
    this.page = page;
    this.store = store;
    const read = (/** @type {string} */ name, /** @type {(answer: any) => void} */ draw, every = 1_000) =>
      new Reader({ ask: () => call("GET", `${page.api}/jobs/${this.#job?.id}/${name}`), draw, every, fail: ({ status, message }) => this.#say(status === 404 ? "" : message) });
    this.history = read("transitions", ({ items }) => this.#took(() => this.#timeline.show(items)));
    this.progress = read("progress", (answer) => this.#took(() => this.#start(answer)), 3_000);
    this.lsf = read("lsf-jobs", ({ items, surplus }) => this.#took(() => this.#facts.showLsf(items, surplus)));
    this.waiting = read("details", (answer) => this.#showWaiting(answer), WAITING_EVERY);
    const report = h("section", { "aria-label": "Report of the job" }, h("h3", {}, "Report"), this.#silent, this.#counters.element);
    const facts = h("section", { "aria-label": "Facts" }, h("h3", {}, "Facts"), this.#facts.element, this.#again);
    const parts = [this.#wrong, this.#why, this.#now, this.#late, this.#waits, this.#timeline.element, report, facts];
    this.element = h("div", { class: "text-tab job-tab", tabindex: "0" }, ...parts);
    this.#second = setInterval(() => this.#tick(), 1_000);
  }

  /** @param {Job} job */
  show(job) {
    const before = this.#job;
    this.#job = job;
    this.#ask(job, before);
    void this.#explain(job);
    this.#progress.series = grown(this.#progress.series, job.counters);
    this.#counters.show(job.counters, this.#progress.series);
    setText(this.#silent, job.counters.length ? "" : silence(job));
    this.#silent.hidden = job.counters.length > 0;
    this.#facts.show(job, this.#definition());
    this.#tick();
  }

  stop() {
    clearInterval(this.#second);
    this.#stopped = true;
    this.#explanation?.stop();
    for (const reader of [this.history, this.progress, this.lsf, this.waiting]) reader.stop();
  }

  /** First of all, of a job that failed: what happened to it, and how it may go better. @param {Job} job */
  async #explain(job) {
    this.#why.hidden = !hasFailed(job.status);
    attribute(this.#again, "hidden", !this.#why.hidden);
    if (this.#why.hidden) return;
    const { Explanation } = await import("./explanation.js");
    if (this.#stopped || this.#job !== job) return;
    this.#explanation ??= new Explanation(this.page, this.store);
    if (!this.#why.firstChild) this.#why.append(this.#explanation.element);
    this.#explanation.show(job);
  }

  async #resubmit() {
    const { openResubmit } = await import("./resubmit_dialog.js");
    if (this.#job) openResubmit({ page: this.page, store: this.store, job: this.#job });
  }

  /** What more there is to be known is asked for when it may have changed; the report grows with the row. @param {Job} job @param {Job | null} before */
  #ask(job, before) {
    const status = [job.status, job.lsf_ids.join(), job.ended_at].join("|");
    const counters = JSON.stringify(job.counters);
    const history = [status, job.detail, job.reason, job.kill_requested_at].join("|");
    const besides = before !== null && before.seq !== job.seq && counters === JSON.stringify(before.counters);
    if (history !== this.#asked.history || besides) this.history.want();
    if (status !== this.#asked.status) {
      this.progress.want();
      this.lsf.want();
      if (this.#waiting) this.#askWhy();
    }
    this.#asked = { status, history };
  }

  /** @param {Progress} answer */
  #start({ series, usual }) {
    this.#progress = { series: grown(series, this.#job?.counters ?? []), usual };
    this.#counters.show(this.#job?.counters ?? [], this.#progress.series);
    this.#tick();
  }

  #tick() {
    const job = this.#job;
    if (!job) return;
    this.#timeline.tick();
    const told = estimate(job, this.#progress.series, this.#progress.usual, now());
    this.#now.hidden = told === null;
    attribute(this.#now, "data-late", told?.late ?? false);
    const old = asOf(job, this.store.get(`location/${job.location}`), now());
    if (told) showTwo(this.#now, told.text, [told.more, old && `${job.status} ${old}, later is not known`].filter(Boolean).join("; "));
    const quiet = quietOf(job, this.#definition(), now());
    this.#late.hidden = quiet === null;
    if (quiet) setText(this.#late, quiet.title);
    this.#waits.hidden = !this.#waiting || !this.#waits.hasChildNodes();
    if (this.#waiting && now() - this.#looked > WAITING_EVERY && document.visibilityState === "visible") this.#askWhy();
  }

  get #waiting() {
    return this.#job !== null && WAITS.has(this.#job.status);
  }

  #askWhy() {
    this.#looked = now();
    this.waiting.want();
  }

  /** @param {{pending?: string[] | null, as_of: string | null}} answer */
  #showWaiting({ pending, as_of }) {
    if (!pending?.length) return this.#waits.replaceChildren();
    const list = h("ul", { class: "pending" }, ...pending.map((reason) => h("li", {}, reason)));
    this.#waits.replaceChildren(h("h3", {}, "Why it waits ", h("span", { class: "quiet" }, age(as_of))), list);
    this.#waits.hidden = !this.#waiting;
  }

  #definition() {
    return /** @type {Definition | undefined} */ (this.store.get(`definition/${this.#job?.definition.id}`));
  }

  /** @param {() => void} draw */
  #took(draw) {
    this.#say("");
    draw();
  }

  /** @param {string} text */
  #say(text) {
    setText(this.#wrong, text);
    this.#wrong.hidden = text === "";
  }
}

/** The words that count, then what they were taken from. @param {HTMLElement} place @param {string} text @param {string} more */
function showTwo(place, text, more) {
  if (!place.firstChild) place.append(h("b", {}), " ", h("span", { class: "quiet" }));
  setText(/** @type {Element} */ (place.firstElementChild), text);
  setText(/** @type {Element} */ (place.lastElementChild), more);
}

/** Why there is no report. @param {Job} job */
function silence(job) {
  if (!isLive(job.status)) return "It has not reported. The tab Posts says what a script has to do for it.";
  return job.started_at ? "It has not reported yet. The tab Posts says what a script has to do for it." : `It has not started: ${remark(job) || job.status}.`;
}
