// @ts-check
import { Refused } from "../edge/api.js";
import { h, setText, styled } from "../edge/dom.js";
import { ticks } from "../edge/ticking.js";
import { ago, clock } from "../pure/time.js";

await styled("facts");

/** What the tabs of texts share: they read when opened and again when something of the job changed that they tell of. */
export class ReadingTab {
  /** @type {string | null} what was read last */
  #read = null;
  #stopped = false;
  element = h("div", { class: "text-tab", tabindex: "0" }, h("p", { class: "teach" }, "Reading"));

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

/** @param {string | null} asOf */
export function age(asOf) {
  const element = h("span", {});
  if (asOf) ticks(element, (time) => `as of ${clock(asOf)}, ${ago(asOf, time)}`);
  else setText(element, "age unknown");
  return element;
}
