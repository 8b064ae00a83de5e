// @ts-check
import { call, Refused } from "../edge/api.js";
import { attribute, h, setText } from "../edge/dom.js";
import { KEPT, LogReading, silentWords, sourceWords } from "../pure/log.js";
import { isLive } from "../pure/status.js";

const PIECE = 64 * 1024;
const EVERY = 1_000;
const AFTER_ERROR = 5_000;

/**
 * A job's output: opens at its end and follows while the job lives; scrolled up, it reads on but stays where it is.
 */
export class LogTab {
  #reading = new LogReading();
  /** @type {Job | null} */
  #job = null;
  #timer = 0;
  #stopped = false;
  #busy = false;
  #text = h("pre", { class: "log", tabindex: "0", "aria-label": "Output of the job" });
  #choice = h("select", { "aria-label": "Whose output", hidden: true });
  #source = h("span", {});
  #path = h("span", { class: "path" });
  #note = h("p", { class: "teach" });
  #earlier = h("button", { type: "button", hidden: true }, "Earlier output");
  #follow = h("button", { type: "button", hidden: true }, "Follow the end");

  /** @param {string} api @param {string} lsfId whose output; empty: the job's */
  constructor(api, lsfId) {
    this.api = api;
    this.lsfId = lsfId;
    this.#choice.addEventListener("change", () => {
      location.hash = ["#job", this.#job?.id, "log", this.#choice.value].filter(Boolean).join("/");
    });
    this.#earlier.addEventListener("click", () => void this.#readEarlier());
    this.#follow.addEventListener("click", () => {
      this.#toEnd();
      this.#text.focus();
    });
    this.#text.addEventListener("scroll", () => (this.#follow.hidden = this.#atEnd()), { passive: true });
    this.element = h(
      "div",
      { class: "log-tab" },
      h("div", { class: "log-head" }, this.#choice, this.#source, this.#path, this.#earlier, this.#follow),
      this.#note,
      this.#text,
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
    const over = this.#reading.complete || (this.#reading.source === "none" && !this.#alive());
    if (!this.#stopped && !over) this.#timer = setTimeout(() => void this.#read(), wait);
  }

  /** @returns {Promise<number>} ms until the next piece is worth asking for */
  async #readPiece() {
    const { next } = this.#reading;
    const piece = await this.#piece(next === null ? { limit: PIECE } : { offset: next, limit: PIECE });
    const verdict = this.#reading.take(piece);
    if (verdict === "again") return 0;
    const follow = verdict === "replace" || this.#atEnd();
    if (verdict === "replace") this.#text.replaceChildren(piece.text);
    else if (piece.text) this.#text.append(piece.text);
    this.#shorten(follow);
    if (follow) this.#toEnd();
    this.#showAround();
    return this.#reading.behind ? 0 : EVERY;
  }

  async #readEarlier() {
    const wanted = this.#reading.earlier(PIECE);
    if (!wanted || this.#busy) return;
    this.#busy = true;
    try {
      const piece = await this.#piece(wanted);
      if (this.#reading.takeEarlier(piece)) {
        const below = this.#text.scrollHeight - this.#text.scrollTop;
        this.#text.prepend(piece.text);
        this.#text.scrollTop = this.#text.scrollHeight - below;
      }
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

  /** Keeps a log that grows for days from sinking the browser. @param {boolean} follow */
  #shorten(follow) {
    const length = this.#text.textContent?.length ?? 0;
    if (!follow || length <= KEPT) return;
    const first = this.#text.firstChild;
    if (!first || first === this.#text.lastChild) return;
    this.#reading.offset += new TextEncoder().encode(first.textContent ?? "").length;
    first.remove();
  }

  #showAround() {
    const { source, path, size, offset } = this.#reading;
    const none = source === "none";
    setText(this.#source, none ? "" : `${sourceWords(source)}, ${size.toLocaleString("en")} bytes`);
    setText(this.#path, none ? "" : (path ?? ""));
    attribute(this.#path, "title", path);
    setText(this.#note, none ? silentWords(this.#job?.status ?? "", path) : "");
    this.#note.hidden = !none;
    this.#text.hidden = none;
    this.#earlier.hidden = offset === 0 || none;
    this.#follow.hidden = none || this.#atEnd();
  }

  #alive() {
    return this.#job !== null && isLive(this.#job.status);
  }

  #atEnd() {
    const { scrollTop, clientHeight, scrollHeight } = this.#text;
    return scrollTop + clientHeight >= scrollHeight - 8;
  }

  #toEnd() {
    this.#text.scrollTop = this.#text.scrollHeight;
  }
}
