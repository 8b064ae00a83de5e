// @ts-check
import { call, Refused } from "../edge/api.js";
import { attribute, h, setText, styled } from "../edge/dom.js";
import { newKey } from "../edge/new_key.js";
import { actable } from "../edge/page.js";
import { looksLikeShell, split } from "../pure/edit.js";
import { oneLine } from "../pure/explanation.js";
import { differences } from "../pure/quiet.js";
import { minute } from "../pure/time.js";
import { act } from "./act.js";
import { diffed } from "./diff_words.js";
import { askAgain, liveJob } from "./job_actions.js";
import { clearProblem, showProblem } from "./problem.js";
import { toast } from "./toast.js";

await styled("floats");
await styled("explanation");

/**
 * @typedef {import("../pure/store.js").Store} Store
 * @typedef {{page: Page, store: Store, job: Job}} Of
 * @typedef {{hash: boolean, parameters: string}} Order `hash`: the script of the hash as it is now, else that of the job
 */

/**
 * Resubmits a job with these parameters by a click on `button`; asks first when its hash is live on its run. A refusal
 * stands at `place`. @param {Of & {parameters: string, button: HTMLButtonElement, place: Element}} options
 */
export async function resubmit({ page, store, job, parameters, button, place }) {
  const live = liveJob(store, job.run, job.definition.id);
  if (live && !(await askAgain(live))) return;
  const key = newKey();
  /** @type {Job | null} */
  let made = null;
  const taken = await act({ button, place, send: async () => (made = await send(page, job, { hash: false, parameters }, key)) });
  if (taken && made) tell(made);
}

/** Opens the dialog in which a job is resubmitted as it was, or with other parameters. @param {Of} of */
export function openResubmit(of) {
  if (!document.querySelector("dialog.resubmit")) new ResubmitDialog(of).open();
}

class ResubmitDialog {
  #before = /** @type {HTMLElement | null} */ (document.activeElement);
  #text = h("textarea", { id: "resubmit-parameters", rows: "2", spellcheck: "false", autocapitalize: "off", "aria-describedby": "resubmit-wrong" });
  #wrong = h("p", { class: "wrong", id: "resubmit-wrong", role: "alert" });
  #words = h("ol", { class: "called", "aria-label": "Called as" });
  #notes = h("div", { class: "notes", "aria-live": "polite" });
  #place = h("div", {});
  #send = h("button", { class: "primary" }, "Resubmit");
  /** @type {{order: string, key: string} | null} what was asked for last: asked again it is the same request */
  #asked = null;

  /** @param {Of} of */
  constructor({ page, store, job }) {
    this.page = page;
    this.store = store;
    this.job = job;
    this.hash = /** @type {Definition | undefined} */ (store.get(`definition/${job.definition.id}`));
    this.#text.value = job.parameters;
    this.#text.addEventListener("input", () => this.#changed());
    this.#text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      this.form.requestSubmit();
    });
    const leave = h("button", { type: "button", onclick: () => this.dialog.close() }, "Leave it");
    this.form = h(
      "form",
      { novalidate: true },
      this.#choice(),
      h("p", {}, h("label", { for: "resubmit-parameters" }, "Parameters")),
      this.#text,
      this.#wrong,
      h("p", { class: "quiet" }, "Called as"),
      this.#words,
      this.#notes,
      this.#place,
      h("div", { class: "does" }, leave, this.#send),
    );
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#go();
    });
    const title = h("h2", { id: "resubmit-title" }, `Resubmit ${job.definition.name} on run ${job.run}`);
    this.dialog = h("dialog", { class: "resubmit", "aria-labelledby": "resubmit-title" }, title, this.form);
    this.dialog.addEventListener("close", () => {
      this.dialog.remove();
      if (this.#before?.isConnected) this.#before.focus();
    });
  }

  open() {
    this.#changed();
    document.body.append(this.dialog);
    this.dialog.showModal();
    this.#text.focus();
  }

  /** Which script: when the hash was edited since, it is said, and may be chosen. */
  #choice() {
    const { hash, job } = this;
    if (!hash || !hash.executable || hash.archived_at || !differences(job, hash).edited) return null;
    const now = /** @type {const} */ ({ executable: hash.executable, parameters: hash.parameters });
    const radio = (/** @type {string} */ value, /** @type {string} */ text, /** @type {Node} */ command) => {
      const input = h("input", { type: "radio", name: "which", value, checked: value === "job" });
      input.addEventListener("change", () => {
        this.#text.value = value === "hash" ? now.parameters : job.parameters;
        this.#changed();
      });
      return h("p", {}, h("label", {}, input, ` ${text}`), command);
    };
    const [was, is] = [job, now].map(({ executable, parameters }) => `${executable} ${parameters}`.trim());
    return h(
      "fieldset",
      { class: "which" },
      h("legend", {}, "The hash was edited since this job"),
      radio("job", "As this job ran", h("code", {}, was)),
      radio("hash", "As the hash is now", diffed(was, is)),
    );
  }

  /** @returns {Order} */
  get order() {
    return { hash: new FormData(this.form).get("which") === "hash", parameters: oneLine(this.#text.value).trim() };
  }

  #changed() {
    const { hash, parameters } = this.order;
    this.#say("");
    const executable = (hash && this.hash?.executable) || this.job.executable;
    const words = [executable, this.job.experiment, String(this.job.run), ...split(parameters)];
    this.#words.replaceChildren(...words.map((word) => h("li", {}, h("code", {}, word))));
    const notes = [];
    if (parameters !== this.job.parameters.trim()) notes.push(h("p", {}, "Against this job: ", diffed(this.job.parameters, parameters)));
    if (looksLikeShell(parameters)) notes.push(h("p", { class: "quiet" }, "No shell reads these: they are split at blanks and nothing else."));
    const live = liveJob(this.store, this.job.run, this.job.definition.id);
    if (live) notes.push(h("p", { class: "late" }, `It is live on run ${live.run} since ${minute(live.started_at ?? live.requested_at)}, started by ${live.user}; this makes 1 more job.`));
    this.#notes.replaceChildren(...notes);
  }

  async #go() {
    if (this.#send.getAttribute("aria-busy")) return;
    clearProblem(this.#place);
    if (!actable()) return showProblem(this.#place, "The page is not connected: nothing was sent.");
    const { order } = this;
    const text = JSON.stringify(order);
    if (this.#asked?.order !== text) this.#asked = { order: text, key: newKey() };
    attribute(this.#send, "aria-busy", "true");
    try {
      const made = await send(this.page, this.job, order, this.#asked.key);
      this.dialog.close();
      tell(made);
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
      if (cause.field === "parameters") this.#say(cause.message);
      else showProblem(this.#place, cause.message);
    } finally {
      attribute(this.#send, "aria-busy", null);
    }
  }

  /** What is wrong with the parameters. @param {string} text */
  #say(text) {
    setText(this.#wrong, text && `Parameters: ${text}.`);
    this.#wrong.hidden = !text;
    attribute(this.#text, "aria-invalid", text ? "true" : null);
    if (text) this.#text.focus();
  }
}

/** @param {Page} page @param {Job} job @param {Order} order @param {string} key @returns {Promise<Job>} the new one */
async function send({ api }, job, { hash, parameters }, key) {
  const headers = { "Idempotency-Key": key };
  if (!hash) return call("POST", `${api}/jobs/${job.id}/resubmit`, parameters === job.parameters.trim() ? {} : { parameters }, headers);
  const body = { definition: job.definition.id, runs: job.run, parameters };
  return (await call("POST", `${api}/experiments/${job.experiment}/jobs`, body, headers)).jobs[0];
}

/** @param {Job} made */
function tell({ id, definition, run, parameters }) {
  const where = h("a", { href: `#job/${id}` }, `run ${run}`);
  toast(`${definition.name} is applied again to `, where, parameters ? ` with ${parameters}` : "");
}
