// @ts-check
import { call, Refused } from "../edge/api.js";
import { copy } from "../edge/copy.js";
import { attribute, h, setText } from "../edge/dom.js";
import { LogReading, silentWords, sourceWords } from "../pure/log.js";
import { isLive } from "../pure/status.js";
import { LogText } from "./log_text.js";

const PIECE = 64 * 1024;
const EVERY = 1_000;
const AFTER_ERROR = 5_000;

/**
 * A job's output: opens at its end and follows while the job lives; scrolled up, it stays where it is. Opened at a place
 * that a link names, it marks the line there, and reads on as somebody scrolls on.
 */
export class LogTab {
  /** @type {Job | null} */
  #job = null;
  #timer = 0;
  #stopped = false;
  #busy = false;
  #text = new LogText((at) => void this.#link(at));
  #choice = h("select", { "aria-label": "Whose output", hidden: true });
  #source = h("span", {});
  #path = h("span", { class: "path" });
  #note = h("p", { class: "teach" });
  #said = h("span", { role: "status" });
  #earlier = h("button", { type: "button", hidden: true }, "Earlier output");
  #copy = h("button", { type: "button", hidden: true, title: "Copies a link to the first line in view; a click left of a line, to that one" }, "Copy link");
  #follow = h("button", { type: "button", hidden: true }, "Follow the end");

  /**
   * @param {string} api @param {string} lsfId whose output; empty: the job's @param {number | null} place the byte to
   *   open it at; null: its end
   */
  constructor(api, lsfId, place) {
    this.api = api;
    this.lsfId = lsfId;
    this.reading = new LogReading(place);
    this.#choice.addEventListener("change", () => {
      location.hash = ["#job", this.#job?.id, "log", this.#choice.value].filter(Boolean).join("/");
    });
    this.#earlier.addEventListener("click", () => void this.#readEarlier());
    this.#copy.addEventListener("click", () => void this.#link(this.#text.firstInView));
    this.#follow.addEventListener("click", () => {
      if (this.reading.behind) this.reading.toEnd();
      this.#text.toEnd();
      this.#text.element.focus();
      void this.#read();
    });
    this.#text.element.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.element = h(
      "div",
      { class: "log-tab" },
      h("div", { class: "log-head" }, this.#choice, this.#source, this.#path, this.#said, this.#copy, this.#earlier, this.#follow),
      this.#note,
      this.#text.element,
    );
  }

  /** @param {Job} job */
  show(job) {
    const first = this.#job === null;
    const ended = this.#job !== null && isLive(this.#job.status) && !isLive(job.status);
    this.#job = job;
    this.#showChoice(job);
    if (first || ended) void this.#read();
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** @param {Job} job */
  #showChoice({ lsf_ids }) {
    this.#choice.hidden = lsf_ids.length < 2;
    if (this.#choice.hidden || this.#choice.length > lsf_ids.length) return;
    const option = (/** @type {string} */ value, /** @type {string} */ text) =>
      h("option", { value, selected: value === this.lsfId }, text);
    this.#choice.replaceChildren(option("", "Output of the job"), ...lsf_ids.map((id) => option(id, `LSF ID ${id}`)));
  }

  async #read() {
    clearTimeout(this.#timer);
    if (this.#busy || this.#stopped) return;
    this.#busy = true;
    let wait = EVERY;
    try {
      if (document.visibilityState === "visible") wait = await this.#readPiece();
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
      setText(this.#note, cause.message);
      this.#note.hidden = false;
      wait = AFTER_ERROR;
    } finally {
      this.#busy = false;
    }
    const over = this.reading.complete || (this.reading.source === "none" && !this.#alive());
    if (!this.#stopped && !over && !this.#paused) this.#timer = setTimeout(() => void this.#read(), wait);
  }

  /** @returns {Promise<number>} ms until the next piece is worth asking for */
  async #readPiece() {
    const piece = await this.#piece(this.reading.request(PIECE));
    const { place } = this.reading;
    const verdict = this.reading.take(piece);
    if (verdict === "again") return 0;
    const follow = place === null && (verdict === "replace" || this.#text.atEnd);
    if (verdict === "replace") this.#text.replace(piece.text, piece.offset);
    else if (piece.text) this.#text.append(piece.text, piece.offset);
    if (follow) this.reading.offset = this.#text.shorten() ?? this.reading.offset;
    if (follow) this.#text.toEnd();
    if (place !== null && verdict === "replace") this.#text.mark(place);
    if (place !== null) this.reading.place = null;
    this.#showAround();
    return this.reading.behind ? 0 : EVERY;
  }

  /** Scrolled up while there is more than a piece below: the rest waits until somebody comes down to it. */
  get #paused() {
    return this.reading.behind && !this.#text.atEnd;
  }

  #scrolled() {
    this.#follow.hidden = this.#text.atEnd && !this.reading.behind;
    if (this.reading.behind && this.#text.atEnd) void this.#read();
  }

  /** Copies a link to a line, and makes it the page's address. @param {number | null} at */
  async #link(at) {
    if (at === null) return;
    const place = ["#job", this.#job?.id, "log", this.lsfId, `@${at}`].filter(Boolean).join("/");
    history.replaceState(null, "", place);
    this.#text.mark(at, false);
    setText(this.#said, (await copy(location.href)) ? "Link copied" : "The link is in the address bar");
  }

  async #readEarlier() {
    const wanted = this.reading.earlier(PIECE);
    if (!wanted || this.#busy) return;
    this.#busy = true;
    try {
      const piece = await this.#piece(wanted);
      if (this.reading.takeEarlier(piece)) this.#text.prepend(piece.text, piece.offset);
      this.#showAround();
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
      setText(this.#note, cause.message);
      this.#note.hidden = false;
    } finally {
      this.#busy = false;
    }
    void this.#read();
  }

  /** @param {Record<string, number | string>} query @returns {Promise<import("../pure/log.js").Piece>} */
  #piece(query) {
    if (this.lsfId) query.lsf_id = this.lsfId;
    const words = new URLSearchParams(Object.entries(query).map(([key, value]) => [key, String(value)]));
    return call("GET", `${this.api}/jobs/${this.#job?.id}/log?${words}`);
  }

  #showAround() {
    const { source, path, size, offset } = this.reading;
    const none = source === "none";
    setText(this.#source, none ? "" : `${sourceWords(source)}, ${size.toLocaleString("en")} bytes`);
    setText(this.#path, none ? "" : (path ?? ""));
    attribute(this.#path, "title", path);
    const lost = this.reading.missed;
    const missed = lost === null ? "" : `The log has no byte ${lost.toLocaleString("en")} now; this is its end.`;
    setText(this.#note, none ? silentWords(this.#job?.status ?? "", path) : missed);
    this.#note.hidden = !none && !missed;
    this.#text.element.hidden = this.#copy.hidden = none;
    this.#earlier.hidden = offset === 0 || none;
    this.#follow.hidden = none || (this.#text.atEnd && !this.reading.behind);
  }

  #alive() {
    return this.#job !== null && isLive(this.#job.status);
  }
}
