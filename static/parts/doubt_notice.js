// @ts-check
import { call, Refused } from "../edge/api.js";
import { attribute, h, setText } from "../edge/dom.js";
import { doubtOf, isKilling, isLive } from "../pure/status.js";
import { act, acts } from "./act.js";
import { askKill } from "./kill.js";

/** @typedef {import("../pure/store.js").Store} Store */

const LOOK_EVERY = 1_000;
const LOOK_TIMES = 60;

/**
 * What is known of a job of which it is not known whether LSF has it, and what a person can do: give it up, or name its
 * LSF job. The batch client verifies that one; what it says against it appears at the field.
 */
export class DoubtNotice {
  #text = h("p", {});
  #wrong = h("p", { class: "wrong", id: "adopt-wrong", hidden: true });
  #input = h("input", { autocomplete: "off", inputmode: "numeric", "aria-describedby": "adopt-wrong" });
  #follow = h("button", {}, "Follow it");
  #kill = h("button", { type: "button", class: "danger", onclick: () => void this.#giveUp() }, "Kill");
  #end = h("span", { class: "quiet" }, "or give it up: ", this.#kill);
  /** @type {Job | null} */
  #job = null;

  /** @param {Page} page @param {Store} store */
  constructor(page, store) {
    this.page = page;
    this.store = store;
    const form = h("form", {}, acts(h("label", {}, "LSF ID of its job ", this.#input), this.#follow, this.#end));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#adopt();
    });
    const names = { class: "doubt", "aria-label": "What is not known", hidden: true };
    this.element = h("section", names, this.#text, form, this.#wrong);
  }

  /** @param {Job | null} job */
  show(job) {
    if (job?.id !== this.#job?.id) {
      this.#say("");
      this.#input.value = "";
    }
    this.#job = job;
    const doubt = job && doubtOf(job);
    this.element.hidden = !doubt;
    this.#end.hidden = job !== null && isKilling(job);
    setText(
      this.#text,
      `Not known whether LSF has this job: ${doubt}. LSF is asked again by itself, and the script is not run ` +
        "a second time. If you know its job, name it here.",
    );
  }

  async #adopt() {
    const [job, lsf_id] = [this.#job, this.#input.value.trim()];
    if (!job) return;
    const base = `${this.page.api}/jobs/${job.id}`;
    this.#say("");
    attribute(this.#follow, "aria-busy", "true");
    try {
      const before = (await call("GET", `${base}/transitions`)).items.length;
      await call("POST", `${base}/adopt`, { lsf_id });
      const reason = await this.#verdict(job, lsf_id, before);
      if (this.#job?.id === job.id) this.#say(reason);
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
      this.#say(cause.message);
    } finally {
      attribute(this.#follow, "aria-busy", null);
    }
  }

  /**
   * What the batch client says against the LSF job, read in the history after its first `before` entries; empty when
   * the job is not in doubt any more.
   * @param {Job} job @param {string} lsfId @param {number} before @returns {Promise<string>}
   */
  async #verdict({ id }, lsfId, before) {
    for (let looks = 0; looks < LOOK_TIMES; looks += 1) {
      if (this.#job?.id !== id || doubtOf(this.#job) === null) return "";
      const { items } = await call("GET", `${this.page.api}/jobs/${id}/transitions`);
      const about = (/** @type {any} */ one) => one.by === "agent" && one.reason?.includes(lsfId);
      const said = items.slice(before).find(about);
      if (said) return said.from === said.to ? said.reason : "";
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
    }
    return "The batch client has not verified it yet; what comes of it stands in the timeline.";
  }

  async #giveUp() {
    const order = this.#job && (await askKill(this.#job));
    const job = this.#job;
    if (!order || !job) return;
    await act({
      button: this.#kill,
      place: this.element,
      send: () => call("POST", `${this.page.api}/jobs/${job.id}/kill`, order),
      seen: () => !isLive(this.store.get(job.key)?.status ?? "EXIT"),
    });
  }

  /** @param {string} wrong */
  #say(wrong) {
    setText(this.#wrong, wrong);
    this.#wrong.hidden = wrong === "";
    attribute(this.#wrong, "role", wrong !== "" && "alert");
    attribute(this.#input, "aria-invalid", wrong !== "" && "true");
    if (wrong) this.#input.focus();
  }
}
