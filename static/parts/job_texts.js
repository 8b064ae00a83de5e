// @ts-check
import { call, Refused } from "../edge/api.js";
import { h, setText } from "../edge/dom.js";
import { now, ticks } from "../edge/ticking.js";
import { ago, clock, full, moment } from "../pure/time.js";

/** What the tabs of texts share: they read when opened and again when the job's status changed. */
class ReadingTab {
  /** @type {string | null} what was read last */
  #read = null;
  #stopped = false;
  element = h("div", { class: "text-tab", tabindex: "0" }, h("p", { class: "teach" }, "Asking the batch client"));

  /** @param {string} api */
  constructor(api) {
    this.api = api;
  }

  /** @param {Job} job */
  show(job) {
    const state = this.version(job);
    if (state === this.#read) return;
    this.#read = state;
    void this.load(job);
  }

  stop() {
    this.#stopped = true;
  }

  /** Reading again is worth while when this changes. @param {Job} job @returns {string} */
  version(job) {
    return [job.id, job.status, job.lsf_ids.join(), job.exit_code].join("|");
  }

  /** @param {Job} job */
  async load(job) {
    try {
      const content = await this.content(job);
      if (!this.#stopped) this.element.replaceChildren(...content);
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
      if (this.#stopped) return;
      this.element.replaceChildren(h("p", { class: "problem", role: "alert" }, cause.message), this.again(job));
    }
  }

  /** @param {Job} job */
  again(job) {
    return h("button", { type: "button", onclick: () => void this.load(job) }, "Ask again");
  }

  /** @param {Job} _job @returns {Promise<(Node | string)[]>} */
  async content(_job) {
    return [];
  }
}

/** `bjobs -l` of the job, with its age. */
export class DetailsTab extends ReadingTab {
  /** @param {Job} job */
  async content(job) {
    const { text, as_of, pending } = await call("GET", `${this.api}/jobs/${job.id}/details`);
    const reasons = /** @type {string[]} */ (pending ?? []).map((reason) => h("li", {}, reason));
    const list = h("ul", { class: "pending" }, ...reasons);
    const waits = reasons.length ? [h("h3", {}, "Why it waits"), list, h("h3", {}, "All that LSF says")] : [];
    const said = h("pre", { tabindex: "0" }, text || "Nothing was said.");
    return [h("div", { class: "log-head" }, age(as_of), this.again(job)), ...waits, said];
  }
}

/** How the submit script was called and what it printed. */
export class SubmissionTab extends ReadingTab {
  /** @param {Job} job */
  version(job) {
    return `${super.version(job)}|${job.detail}`;
  }

  /** @param {Job} job */
  async content(job) {
    const told = await call("GET", `${this.api}/jobs/${job.id}/submission`);
    const list = h("dl", { class: "facts" });
    const fact = (/** @type {string} */ name, /** @type {string | Node | null | undefined} */ value) => {
      if (value !== null && value !== undefined && value !== "") list.append(h("dt", {}, name), h("dd", {}, value));
    };
    const words = /** @type {string[]} */ ([told.executable, ...told.arguments]);
    fact("Called as", h("ol", { class: "words" }, ...words.map((word) => h("li", {}, h("code", {}, word)))));
    fact("Asked for by", job.user);
    fact("Began", told.began_at && full(told.began_at));
    fact("Ended", told.ended_at && full(told.ended_at));
    fact("bsub called", told.bsub_called_at && full(told.bsub_called_at));
    fact("Exit code", told.exit_code === null ? null : String(told.exit_code));
    fact("Ended by us", told.timed_out ? "it took too long to submit" : null);
    fact("Problem", told.problem);
    fact("Not known", told.doubt);
    fact("Found by its tag", told.adopted?.join(", "));
    fact("Doubles, killed", told.surplus?.join(", "));
    const printed = [...output("Standard output", told.stdout), ...output("Standard error", told.stderr)];
    if (!told.began_at && !printed.length) printed.push(h("p", { class: "teach" }, "The script was not started."));
    return [list, ...printed];
  }
}

/** Every status the job went through, and what it posted. */
export class HistoryTab extends ReadingTab {
  /** @param {Job} job */
  version(job) {
    return `${super.version(job)}|${job.seq}`;
  }

  /** @param {Job} job */
  async content(job) {
    const base = `${this.api}/jobs/${job.id}`;
    const [transitions, reports] = await Promise.all([
      call("GET", `${base}/transitions`),
      call("GET", `${base}/reports`),
    ]);
    return [
      h("h3", {}, "Status"),
      table(["Time", "Status", "By", "Reason"], transitions.items.map(transitionCells)),
      h("h3", {}, "Reports received"),
      reports.items.length
        ? table(["Time", "Taken", "Posted"], reports.items.map(reportCells))
        : h("p", { class: "teach" }, "This job has not reported. Its script posts to the address in BATCH_UPDATE_URL."),
    ];
  }
}

/** A transition that changes nothing is a remark. @param {any} transition */
function transitionCells({ at, from, to, by, reason, lsf_id }) {
  const change = from === to ? h("i", {}, "remark") : from === null ? to : `${from} → ${to}`;
  return [moment(at, now()), change, by, [reason, lsf_id && `LSF ID ${lsf_id}`].filter(Boolean).join(", ")];
}

/** @param {any} report */
function reportCells(report) {
  const skipped = /** @type {{key: string, reason: string}[]} */ (report.skipped ?? []);
  const taken = `${report.accepted}${skipped.length ? `, ${skipped.length} skipped` : ""}`;
  const reasons = skipped.map(({ key, reason }) => `${key}: ${reason}`).join("; ");
  return [moment(report.at, now()), taken, reasons ? `${report.body} (${reasons})` : report.body];
}

/** @param {string[]} names @param {(string | Node)[][]} rows */
function table(names, rows) {
  const head = h("thead", {}, h("tr", {}, ...names.map((name) => h("th", { scope: "col" }, name))));
  const body = h("tbody", {}, ...rows.map((cells) => h("tr", {}, ...cells.map((cell) => h("td", {}, cell)))));
  return h("table", { class: "plain" }, head, body);
}

/** @param {string} name @param {string | null | undefined} text @returns {Node[]} */
function output(name, text) {
  return text ? [h("h3", {}, name), h("pre", { tabindex: "0" }, text)] : [];
}

/** @param {string | null} asOf */
function age(asOf) {
  const element = h("span", {});
  if (asOf) ticks(element, (time) => `as of ${clock(asOf)}, ${ago(asOf, time)}`);
  else setText(element, "age unknown");
  return element;
}
