// @ts-check
import { call } from "../edge/api.js";
import { copy } from "../edge/copy.js";
import { attribute, h, setText, styled } from "../edge/dom.js";
import { keys } from "../edge/keys.js";
import { remember, remembered } from "../edge/settings.js";
import { PEEK, shareWords, silentWords, sizeWords, sourceWords } from "../pure/log.js";
import { isLive } from "../pure/status.js";
import { LogPieces } from "./log_pieces.js";
import { LogSearchBar } from "./log_search.js";
import { LogText } from "./log_text.js";

await styled("log");

/** what this browser has kept of how logs are shown */
const WRAP_KEY = "batchboard-log-wrap";

/**
 * A job's output: opens at its end and follows while the job lives; scrolled up, it stays where it is and reads what came
 * before. Opened at a place that a link names, it marks the line there. Of a large log a part is kept; what is far from
 * what is in view is let go and read again when it comes near.
 */
export class LogTab {
  /** @type {Job | null} */
  #job = null;
  /** whether reading on was refused */
  #unread = false;
  /** @type {(() => void)[]} */
  #keys = [];
  #text = new LogText((at) => void this.#link(at));
  #choice = h("select", { "aria-label": "Whose output", hidden: true });
  #path = h("span", { class: "path" });
  #copyPath = button("Copy path", "Copies where the log file is", () => void this.#copied(this.#file ?? "", "Path"));
  #copyLink = button("Copy link", "Copies a link to the first line in view; a click left of a line, to that one", () => void this.#link(this.#text.firstInView));
  #whole = h("a", { class: "button", title: "Downloads the log as it is now" }, "Whole log");
  #note = h("p", { class: "teach" });
  #where = h("span", { class: "where" });
  #said = h("span", { role: "status" });
  #start = button("Start", "To the first line", () => this.pieces.open(0));
  #follow = button("Follow the end", "To the end, and on with it", () => this.#toEnd());
  #wrap = button("Wrap", "Breaks long lines", () => this.#setWrap(this.#wrap.getAttribute("aria-pressed") !== "true"));

  /**
   * @param {string} api @param {string} lsfId whose output; empty: the job's @param {number | null} place the byte to
   *   open it at; null: its end
   */
  constructor(api, lsfId, place) {
    this.api = api;
    this.lsfId = lsfId;
    this.pieces = new LogPieces(this.#text, this, place);
    this.#choice.addEventListener("change", () => {
      location.hash = ["#job", this.#job?.id, "log", this.#choice.value].filter(Boolean).join("/");
    });
    this.#text.element.addEventListener("scroll", () => this.#showWhere(), { passive: true });
    this.search = new LogSearchBar(this);
    this.#setWrap(remembered(WRAP_KEY, true));
    this.element = h(
      "div",
      { class: "log-tab" },
      h("div", { class: "log-head" }, this.#choice, this.#path, this.#copyPath, this.#copyLink, this.#whole),
      this.search.element,
      this.#note,
      this.#text.element,
      h("div", { class: "log-foot" }, this.#where, this.#said, this.#start, this.#follow, this.#wrap),
    );
    const when = () => Boolean(this.element.closest("#panel")?.contains(document.activeElement));
    const group = "Job panel";
    this.#keys = [
      keys.add({ key: "/", text: "Search the log", group, when, run: () => this.search.focus() }),
      keys.add({ key: "e", text: "First error of the log", group, when, run: () => this.search.firstError() }),
    ];
  }

  /** @param {Job} job */
  show(job) {
    const first = this.#job === null;
    const ended = this.#job !== null && isLive(this.#job.status) && !isLive(job.status);
    this.#job = job;
    this.#showChoice(job);
    attribute(this.#whole, "href", `${this.address}/whole${this.lsfId ? `?lsf_id=${encodeURIComponent(this.lsfId)}` : ""}`);
    if (first || ended) void this.pieces.read();
  }

  stop() {
    this.pieces.stop();
    this.search.stop();
    this.#text.stop();
    for (const forget of this.#keys) forget();
  }

  get reading() {
    return this.pieces.reading;
  }

  /** @param {number} size */
  grew(size) {
    this.search.grew(size);
  }

  /** The log is another one now. */
  again() {
    this.search.again();
  }

  /** @param {string} why */
  refused(why) {
    setText(this.#note, `The log cannot be read now: ${why}.`);
    this.#note.hidden = false;
    this.#unread = true;
    this.#showPath();
    this.#showWhere();
  }

  /** Of the log's calls. */
  get address() {
    return `${this.api}/jobs/${this.#job?.id}/log`;
  }

  /** Where a search begins. */
  get from() {
    return this.#text.firstInView ?? 0;
  }

  /** @param {string} text @param {boolean} caseMatters */
  mark(text, caseMatters) {
    this.#text.marks.look(text, caseMatters);
  }

  /** @param {number} at */
  goTo(at) {
    if (this.reading.shows(at)) this.#text.mark(at);
    else this.pieces.open(at, at);
    this.around();
  }

  #toEnd() {
    this.pieces.toEnd();
    this.#text.element.focus();
  }

  /** @param {boolean} wrap */
  #setWrap(wrap) {
    attribute(this.#wrap, "aria-pressed", String(wrap));
    this.#text.through(() => this.#text.element.toggleAttribute("data-nowrap", !wrap));
    remember(WRAP_KEY, wrap);
  }

  /** @param {Job} job */
  #showChoice({ lsf_ids }) {
    this.#choice.hidden = lsf_ids.length < 2;
    if (this.#choice.hidden || this.#choice.length > lsf_ids.length) return;
    const option = (/** @type {string} */ value, /** @type {string} */ text) =>
      h("option", { value, selected: value === this.lsfId }, text);
    this.#choice.replaceChildren(option("", "Output of the job"), ...lsf_ids.map((id) => option(id, `LSF ID ${id}`)));
  }

  /** Copies a link to a line, and makes it the page's address. @param {number | null} at */
  async #link(at) {
    if (at === null) return;
    const place = ["#job", this.#job?.id, "log", this.lsfId, `@${at}`].filter(Boolean).join("/");
    history.replaceState(null, "", place);
    this.#text.mark(at, false);
    setText(this.#said, (await copy(location.href)) ? "Link copied" : "The link is in the address bar");
  }

  /** @param {string} text @param {string} name */
  async #copied(text, name) {
    setText(this.#said, (await copy(text)) ? `${name} copied` : "The browser does not let us copy here");
  }

  /** @param {Record<string, number | string>} query @returns {Promise<import("../pure/log.js").Piece>} */
  async ask(query) {
    if (this.lsfId) query.lsf_id = this.lsfId;
    const words = new URLSearchParams(Object.entries(query).map(([key, value]) => [key, String(value)]));
    const piece = await call("GET", `${this.address}?${words}`);
    this.#unread = false;
    return piece;
  }

  around() {
    const { source, path, missed } = this.reading;
    const none = source === "none";
    this.#showPath();
    const lost = missed === null ? "" : `The log has no byte ${missed.toLocaleString("en")} now; this is its end.`;
    const words = none ? silentWords(this.#job?.status ?? "", path) : lost || (source === "bpeek" ? PEEK : "");
    setText(this.#note, words);
    this.#note.hidden = !words;
    this.#text.element.hidden = none;
    this.#start.disabled = this.#follow.disabled = this.#copyLink.disabled = none;
    this.#showWhere();
  }

  /** Where its file is: told with the log, else by LSF. */
  get #file() {
    return this.reading.path ?? (this.lsfId ? null : (this.#job?.log_file ?? null));
  }

  #showPath() {
    setText(this.#path, this.#file ?? "");
    attribute(this.#path, "title", this.#file);
    this.#copyPath.disabled = !this.#file;
  }

  #showWhere() {
    const { source, size } = this.reading;
    const ends = this.#text.atEnd && !this.reading.behind;
    const place = ends ? (this.#unread ? "as last read" : this.alive ? "following" : "at its end") : `at ${shareWords(this.#text.firstInView ?? 0, size)}`;
    setText(this.#where, source === "none" || source === null ? "" : `${sourceWords(source)}, ${sizeWords(size)}, ${place}`);
    attribute(this.#follow, "aria-pressed", String(ends && !this.#unread));
  }

  get alive() {
    return this.#job !== null && isLive(this.#job.status);
  }
}

/** @param {string} text @param {string} title @param {() => void} onclick */
function button(text, title, onclick) {
  return h("button", { type: "button", title, onclick }, text);
}
