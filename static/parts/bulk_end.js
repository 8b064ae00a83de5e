// @ts-check
import { call, Refused } from "../edge/api.js";
import { attribute, h, setText, styled } from "../edge/dom.js";
import { grouped, jobsOf, number, runsOf } from "../pure/many.js";
import { spoken, written } from "../pure/ranges.js";
import { hasFailed, isLive } from "../pure/status.js";
import { acts } from "./act.js";
import { ask } from "./ask.js";
import { clearProblem, showProblem } from "./problem.js";

await styled("floats");
await styled("dock");

/** @typedef {import("./selection_bar.js").Named} Named */

const MANY = 20;
const AT_ONCE = 5_000;
const RUNS_AT_ONCE = 200;

const WORDS = {
  kill: { verb: "Kill", kind: "live", safe: "Keep them", done: "being killed", text: "Those that LSF has are killed there. This cannot be taken back." },
  delete: { verb: "Delete", kind: "ended", safe: "Keep them", done: "deleted", text: "Their lines go, with reports and histories. Log files stay." },
};

/**
 * Kills or deletes the jobs of runs: those counted when it opened, and no others. More than 20 want a second confirmation.
 * @param {{action: "kill" | "delete", base: string, runs: number[]}} options
 * @returns {Promise<string | null>} what was done, in words; null: nothing
 */
export async function openEnd({ action, base, runs }) {
  /** @type {Named[]} */
  const jobs = [];
  for (let at = 0; at < runs.length; at += RUNS_AT_ONCE) {
    const some = written(runs.slice(at, at + RUNS_AT_ONCE));
    jobs.push(...(await call("POST", `${base}/jobs/${action}`, { runs: some, preview: true })).jobs);
  }
  return new EndDialog(action, base, runs, jobs).open();
}

class EndDialog {
  /** @type {string | null} */
  #said = null;
  #text = h("p", { "aria-live": "polite" });
  #trouble = h("div", {});
  #send = h("button", { class: "danger" });
  #hash = h("select", { id: "end-hash" });
  #failed = h("input", { type: "checkbox" });

  /** @param {"kill" | "delete"} action @param {string} base @param {number[]} runs @param {Named[]} jobs */
  constructor(action, base, runs, jobs) {
    this.action = action;
    this.base = base;
    this.runs = runs;
    this.jobs = jobs;
    const { verb } = WORDS[action];
    const hashes = [...grouped(jobs, (job) => job.hash)].sort(([a], [b]) => (a < b ? -1 : 1));
    this.#hash.append(
      h("option", { value: "" }, `every hash (${number(jobs.length)})`),
      ...hashes.map(([name, those]) => h("option", { value: name }, `${name} (${number(those.length)})`)),
    );
    const safe = h("button", { type: "button", autofocus: true, onclick: () => this.dialog.close() }, WORDS[action].safe);
    const failed = jobs.filter((job) => hasFailed(job.status)).length;
    this.form = h(
      "form",
      { class: "bulk-form" },
      h("p", { class: "field" }, h("label", { for: "end-hash" }, "Of"), this.#hash),
      failed > 0 && failed < jobs.length && h("p", {}, h("label", {}, this.#failed, ` only the ${number(failed)} that have failed`)),
      this.#text,
      h("p", { class: "quiet" }, WORDS[action].text),
      this.#trouble,
      h("div", { class: "form-end" }, safe, acts(this.#send)),
    );
    this.form.addEventListener("change", () => this.#show());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#go();
    });
    const title = `${verb} jobs of ${runs.length === 1 ? `run ${runs[0]}` : runsOf(runs.length)}`;
    this.dialog = h("dialog", { class: "bulk", "aria-labelledby": "end-title" }, h("h2", { id: "end-title" }, title), this.form);
    this.#show();
  }

  /** @returns {Promise<string | null>} */
  open() {
    const before = /** @type {HTMLElement | null} */ (document.activeElement);
    document.body.append(this.dialog);
    this.dialog.showModal();
    return new Promise((resolve) => {
      this.dialog.addEventListener("close", () => {
        this.dialog.remove();
        if (before?.isConnected) before.focus();
        resolve(this.#said);
      });
    });
  }

  /** @returns {Named[]} */
  #chosen() {
    const { value } = this.#hash;
    return this.jobs.filter((job) => (!value || job.hash === value) && (!this.#failed.checked || hasFailed(job.status)));
  }

  #show() {
    const jobs = this.#chosen();
    const { verb } = WORDS[this.action];
    const runs = [...new Set(jobs.map((job) => job.run))];
    const on = runs.length === 1 ? `run ${runs[0]}` : `${runsOf(runs.length)}: ${spoken(runs)}`;
    setText(this.#text, jobs.length ? `${jobsOf(jobs.length, this.#kind(jobs))} on ${on}.` : "No such job.");
    setText(this.#send, `${verb} ${jobsOf(jobs.length, this.#kind(jobs))}`);
    this.#send.disabled = jobs.length === 0;
  }

  /** @param {Named[]} jobs */
  #kind(jobs) {
    if (jobs.length && jobs.every(({ status }) => status === "RUN")) return "running";
    if (jobs.length && jobs.every(({ status }) => hasFailed(status))) return "failed";
    return WORDS[this.action].kind;
  }

  async #go() {
    const jobs = this.#chosen();
    if (!jobs.length || this.#send.getAttribute("aria-busy") || (jobs.length > MANY && !(await this.#sure(jobs)))) return;
    attribute(this.#send, "aria-busy", "true");
    clearProblem(this.#trouble);
    let done = 0;
    try {
      /** @type {{run: number, hash: string, reason: string}[]} */
      const skipped = [];
      for (let at = 0; at < jobs.length; at += AT_ONCE) {
        const ids = jobs.slice(at, at + AT_ONCE).map(({ id }) => id);
        const answer = await call("POST", `${this.base}/jobs/${this.action}`, { jobs: ids });
        done += answer.jobs.length;
        skipped.push(...answer.skipped);
      }
      this.#said = this.#words(done, skipped);
      this.dialog.close();
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
      showProblem(this.#trouble, `${done ? `${number(done)} ${WORDS[this.action].done}. ` : ""}${cause.message} It may be sent again.`);
    } finally {
      attribute(this.#send, "aria-busy", null);
    }
  }

  /** @param {Named[]} jobs */
  #sure(jobs) {
    const { verb, safe } = WORDS[this.action];
    const live = jobs.filter(({ status }) => isLive(status)).length;
    const what = jobsOf(jobs.length, this.#kind(jobs));
    return ask({
      title: `${verb} ${what}?`,
      text: live ? "They are more than 20. What has run so far is lost." : "They are more than 20, and do not come back.",
      safe,
      act: `${verb} ${number(jobs.length)} jobs`,
      danger: true,
    });
  }

  /** @param {number} done @param {{run: number, hash: string, reason: string}[]} skipped */
  #words(done, skipped) {
    const left = skipped.slice(0, 3).map(({ hash, run, reason }) => `${hash} on run ${run}: ${reason}`);
    const rest = skipped.length > left.length ? ` and ${number(skipped.length - left.length)} more` : "";
    return `${jobsOf(done)} ${WORDS[this.action].done}.${left.length ? ` Left out: ${left.join("; ")}${rest}.` : ""}`;
  }
}
