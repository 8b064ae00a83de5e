// @ts-check
import { call, Refused } from "../edge/api.js";
import { attribute, h, setText } from "../edge/dom.js";
import { LogSearch } from "../pure/log_search.js";
import { symbol } from "../edge/symbol.js";

const AFTER_TYPING = 500;
const LEAST = 2;

/**
 * The search of a log: a field, how many lines have the text, and the way from one to the next; and the way to the first
 * real error. The agent looks through the log part by part, so each search can be followed, and stopped by Escape.
 *
 * @typedef {object} Log what it searches
 * @property {string} address of its API
 * @property {string} lsfId whose output; empty: the job's
 * @property {number} from where a search begins
 * @property {(at: number) => void} goTo brings a line into view
 * @property {(text: string, caseMatters: boolean) => void} mark marks a text wherever it is shown
 */
export class LogSearchBar {
  /** @type {LogSearch | null} */
  #search = null;
  #busy = false;
  #timer = 0;
  #field = h("input", { type: "search", placeholder: "Search the log", "aria-label": "Search the log", spellcheck: "false", maxlength: 500 });
  #case = h("button", { type: "button", "aria-pressed": "false", "aria-label": "Match case", title: "Match case" }, "Aa");
  #count = h("output", { class: "found", "aria-live": "polite" });
  #back = h("button", { type: "button", class: "icon", "aria-label": "Previous line found", title: "Previous (Shift Enter)" }, symbol("up"));
  #next = h("button", { type: "button", class: "icon", "aria-label": "Next line found", title: "Next (Enter)" }, symbol("down"));
  #error = h("button", { type: "button", title: "First real error (e)" }, "First error");

  /** @param {Log} log */
  constructor(log) {
    this.log = log;
    this.#field.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#stop("");
      this.#markAll();
      this.#timer = setTimeout(() => this.#begin(), AFTER_TYPING);
    });
    this.#field.addEventListener("keydown", (event) => this.#key(event));
    this.#case.addEventListener("click", () => {
      attribute(this.#case, "aria-pressed", String(!this.#caseMatters));
      this.#markAll();
      this.#begin();
    });
    this.#back.addEventListener("click", () => this.step(false));
    this.#next.addEventListener("click", () => this.step(true));
    this.#error.addEventListener("click", () => this.firstError());
    this.element = h("div", { class: "log-search", role: "search" }, this.#field, this.#case, this.#count, this.#back, this.#next, this.#error);
  }

  get #caseMatters() {
    return this.#case.getAttribute("aria-pressed") === "true";
  }

  focus() {
    this.#field.select();
    this.#field.focus();
  }

  stop() {
    clearTimeout(this.#timer);
    this.#search = null;
  }

  /** The log goes on: a search counts that, too. @param {number} size */
  grew(size) {
    if (!this.#search) return;
    this.#search.grew(size);
    void this.#ask();
  }

  /** The log is another one now. */
  again() {
    if (this.#search && !("error" in this.#search.sought)) this.#begin();
    else this.#stop("");
  }

  firstError() {
    this.#search = new LogSearch({ error: 1 }, 0);
    void this.#ask();
  }

  /** @param {boolean} forward */
  step(forward) {
    if (!this.#search?.current && !this.#search?.looking) return this.#begin();
    this.#search.step(forward);
    void this.#ask();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.isComposing) return;
    if (event.key === "Enter") {
      event.preventDefault();
      this.step(!event.shiftKey);
    } else if (event.key === "Escape" && (this.#search?.looking || this.#field.value)) {
      event.preventDefault();
      event.stopPropagation();
      if (this.#search?.looking) return this.#stop("Stopped");
      this.#field.value = "";
      this.#stop("");
      this.#markAll();
    }
  }

  #markAll() {
    const { value } = this.#field;
    this.log.mark(value.length < LEAST ? "" : value, this.#caseMatters);
  }

  #begin() {
    clearTimeout(this.#timer);
    const { value } = this.#field;
    if (value.length < LEAST) return this.#stop(value ? `${LEAST} signs at least` : "");
    const sought = this.#caseMatters ? { text: value, case: 1 } : { text: value };
    this.#search = new LogSearch(sought, this.log.from);
    void this.#ask();
  }

  /** @param {string} words */
  #stop(words) {
    this.#search = null;
    setText(this.#count, words);
  }

  /** One question after the other, until nothing is left to ask or another search has begun. */
  async #ask() {
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let search = this.#search; search?.question; search = this.#search) {
        setText(this.#count, search.words);
        const found = await this.#found(search.question);
        if (search !== this.#search) continue;
        const hit = search.take(found);
        if (hit) this.log.goTo(hit.at);
        setText(this.#count, search.words);
      }
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
      const old = cause.code === "agent_too_old";
      if (this.#search) this.#stop(old ? "The batch client is too old to search" : cause.message);
    } finally {
      this.#busy = false;
    }
  }

  /** @param {Record<string, string | number>} question @returns {Promise<import("../pure/log_search.js").Found>} */
  #found(question) {
    if (this.log.lsfId) question.lsf_id = this.log.lsfId;
    const words = new URLSearchParams(Object.entries(question).map(([key, value]) => [key, String(value)]));
    return call("GET", `${this.log.address}/find?${words}`);
  }
}
