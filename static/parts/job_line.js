// @ts-check
import { call } from "../edge/api.js";
import { attribute, glow, h, setText } from "../edge/dom.js";
import { symbol } from "../edge/symbol.js";
import { now, stands, ticks } from "../edge/ticking.js";
import { silentSince } from "../pure/doubts.js";
import { isBeforeLsf, isLive, look } from "../pure/status.js";
import { full, length, minute, moment } from "../pure/time.js";
import { act, acts } from "./act.js";
import { ask } from "./ask.js";
import { Report } from "./report.js";

/** @typedef {import("../pure/store.js").Store} Store */

/** One job under its run. Its cells are made once and changed in place, so focus and pointer stay where they are. */
export class JobLine {
  #hash = h("a", { class: "hash-name" });
  #status = h("td", { class: "status", headers: "h-status" });
  #lsf = h("td", { class: "number", headers: "h-lsf" });
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
    this.show(job);
  }

  /** @param {Job} job */
  show(job) {
    this.job = job;
    setText(this.#hash, job.definition.name);
    attribute(this.#hash, "title", `${job.executable} ${job.parameters}\nasked for by ${job.user}`.trim());
    this.#showStatus(job);
    const [first = "", ...others] = job.lsf_ids;
    setText(this.#lsf, others.length ? `${first} +${others.length}` : first);
    attribute(this.#lsf, "title", others.length ? job.lsf_ids.join(", ") : null);
    this.#showTimes(job);
    this.#showButtons(job);
    this.#report.show(job);
  }

  /** What depends on other rows: whether the farm still tells us about this job. */
  showDoubt() {
    if (isLive(this.job.status)) this.#showStatus(this.job);
  }

  /** @param {Job} job */
  #showStatus(job) {
    const before = this.#status.dataset.status;
    const { symbol: shape, tone } = look(job.status);
    const code = job.status === "EXIT" && job.exit_code !== null ? ` ${job.exit_code}` : "";
    const marks = [code.trim() && `exit code${code}`, this.#killing(job) && "killing", this.#asOf(job)].filter(Boolean);
    attribute(this.#status, "title", [job.detail, ...marks].filter(Boolean).join("\n"));
    const drawn = [job.status, code, ...marks].join("|");
    if (this.#status.dataset.drawn === drawn) return;
    this.#status.dataset.drawn = drawn;
    this.#status.dataset.status = job.status;
    this.#status.dataset.tone = tone;
    const word = h("span", { class: "word" }, `${job.status}${code}`);
    const content = h("span", { class: "mark" }, symbol(shape), word);
    if (this.#killing(job)) content.append(h("span", { class: "killing" }, symbol("killing"), "killing"));
    const asOf = this.#asOf(job);
    if (asOf) content.append(h("span", { class: "as-of" }, asOf));
    this.#status.replaceChildren(content);
    if (before !== undefined && before !== job.status) glow(content);
  }

  /** @param {Job} job */
  #killing(job) {
    return job.kill_requested_at !== null && isLive(job.status);
  }

  /** @param {Job} job */
  #asOf(job) {
    if (!isLive(job.status) || isBeforeLsf(job.status)) return "";
    const place = /** @type {FarmLocation | undefined} */ (this.store.get(`location/${job.location}`));
    if (place === undefined || (place.agent_connected && silentSince(place, now()) === null)) return "";
    const said = [job.as_of, place.scheduler_answered_at ?? ""].sort()[1]; /* RFC 3339 in UTC sorts by time */
    return `as of ${minute(said)}`;
  }

  /** @param {Job} job */
  #showTimes(job) {
    const at = job.submitted_at ?? job.requested_at;
    setText(this.#submitted, moment(at, now()));
    attribute(this.#submitted, "datetime", at);
    const requested = `asked for ${full(job.requested_at)} by ${job.user}`;
    attribute(this.#submitted, "title", job.submitted_at ? `submitted ${full(at)}\n${requested}` : requested);
    attribute(this.#submitted, "data-tentative", job.submitted_at === null);
    const started = job.started_at && Date.parse(job.started_at);
    if (started && job.ended_at) stands(this.#length, length(Date.parse(job.ended_at) - started));
    else if (started && isLive(job.status)) ticks(this.#length, (time) => length(time - started));
    else stands(this.#length, "");
  }

  /** @param {Job} job */
  #showButtons(job) {
    const live = isLive(job.status);
    const focused = document.activeElement;
    /* An action that is not possible now keeps its place. */
    this.kill.toggleAttribute("data-off", !live || this.#killing(job));
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
    const { lsf_id, started_at, status } = this.job;
    const running = started_at ? `It has been running for ${length(now() - Date.parse(started_at))}. ` : "";
    const sure = await ask({
      title: `Kill 1 job of run ${this.job.run}?`,
      text: `${this.job.definition.name}, ${lsf_id ? `LSF ID ${lsf_id}, ` : ""}${status}. ${running}This cannot be taken back.`,
      safe: "Keep it",
      act: "Kill 1 job",
      danger: true,
    });
    if (!sure) return;
    await this.#act(this.kill, "POST", "/kill", () => this.#killing(this.job) || !isLive(this.job.status));
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

  /** @param {HTMLButtonElement} button @param {string} method @param {string} path @param {(answer: any) => boolean} seen */
  #act(button, method, path, seen) {
    const send = () => call(method, `${this.page.api}/jobs/${this.job.id}${path}`);
    return act({ button, place: this.#reportCell, send, seen });
  }
}

/** The newest live job of a definition on a run. @param {Store} store @param {number} run @param {number} definition */
export function liveJob(store, run, definition) {
  const jobs = /** @type {Job[]} */ (store.all("job"));
  const live = jobs.filter((job) => job.run === run && job.definition.id === definition && isLive(job.status));
  return live.sort((a, b) => (a.id < b.id ? 1 : -1))[0];
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
