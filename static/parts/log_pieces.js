// @ts-check
import { Refused } from "../edge/api.js";
import { LogReading } from "../pure/log.js";

/** Bytes asked for at once. */
const PIECE = 64 * 1024;
const EVERY = 1_000;
const AFTER_ERROR = 5_000;

/**
 * Where the pieces of a log come from, and who is told of them.
 * @typedef {object} Shown
 * @property {boolean} alive whether the job is: its log may go on
 * @property {(query: Record<string, number | string>) => Promise<import("../pure/log.js").Piece>} ask
 * @property {() => void} around what is shown beside the text may have changed
 * @property {(size: number) => void} grew
 * @property {() => void} again the log is another one now
 * @property {(why: string) => void} refused
 */

/**
 * Reads a log into its text, piece by piece: from its end or from a place on, with what grows while the job lives, and
 * with what came before when somebody scrolls up to it. It rests while more is there below than anybody looks at.
 */
export class LogPieces {
  #timer = 0;
  #stopped = false;
  #busy = false;
  /** @type {number | null} the line to be marked once it is there */
  #marking;

  /** @param {import("./log_text.js").LogText} text @param {Shown} shown @param {number | null} place the byte to open it at; null: its end */
  constructor(text, shown, place) {
    this.text = text;
    this.shown = shown;
    this.reading = new LogReading(place);
    this.#marking = place;
    text.element.addEventListener("scroll", () => this.#scrolled(), { passive: true });
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** From about there on. @param {number} place @param {number | null} [marking] the line to mark */
  open(place, marking = null) {
    this.reading.toPlace(place);
    this.#marking = marking;
    void this.read();
  }

  /** To the end, and on with it. */
  toEnd() {
    if (this.reading.behind) this.reading.toEnd();
    this.text.toEnd();
    void this.read();
  }

  /** What there is by now; and again after a while, as long as more may come. */
  async read() {
    clearTimeout(this.#timer);
    if (this.#busy || this.#stopped) return;
    const wait = await this.#alone(async () => (document.visibilityState === "visible" ? this.#readPiece() : EVERY));
    const over = this.reading.complete || (this.reading.source === "none" && !this.shown.alive);
    if (this.#stopped || over || this.#paused) return;
    if (this.text.nearTop && this.reading.offset > 0 && !this.text.atEnd) await this.#readEarlier();
    if (!this.#stopped) this.#timer = setTimeout(() => void this.read(), wait ?? AFTER_ERROR);
  }

  /** One reading at a time. @template T @param {() => Promise<T>} work @returns {Promise<T | null>} null: refused, and said */
  async #alone(work) {
    this.#busy = true;
    try {
      return await work();
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
      this.shown.refused(cause.message);
      return null;
    } finally {
      this.#busy = false;
    }
  }

  /** @returns {Promise<number>} ms until the next piece is worth asking for */
  async #readPiece() {
    const asked = this.reading.place;
    const piece = await this.shown.ask(this.reading.request(PIECE));
    if (asked !== this.reading.place) return 0; /* another place is wanted by now */
    const { place } = this.reading;
    const verdict = this.reading.take(piece);
    if (verdict === "again") {
      if (place === null) this.shown.again();
      return 0;
    }
    const follow = place === null && (verdict === "replace" || this.text.atEnd);
    if (verdict === "replace") this.text.replace(piece);
    else if (piece.text) this.text.append(piece);
    if (piece.text) this.reading.offset = this.text.shorten() ?? this.reading.offset;
    this.shown.around(); /* first: a note that appears takes room from the text */
    if (follow) this.text.toEnd();
    if (place !== null && verdict === "replace") this.#place(place);
    this.reading.place = null;
    this.shown.around();
    if (piece.text) this.shown.grew(piece.size);
    return this.reading.behind ? 0 : EVERY;
  }

  /** @param {number} place */
  #place(place) {
    if (this.#marking !== null) this.text.mark(this.#marking);
    else if (place === 0) this.text.element.scrollTop = 0;
    this.#marking = null;
  }

  /** Scrolled up while there is more than a piece below: the rest waits until somebody comes down to it. */
  get #paused() {
    return this.reading.behind && !this.text.atEnd;
  }

  #scrolled() {
    if (this.#busy) return;
    if (this.reading.behind && this.text.atEnd) void this.read();
    else if (this.text.nearTop && this.reading.offset > 0) void this.#readEarlier();
  }

  /** The piece before what is shown. */
  async #readEarlier() {
    const wanted = this.reading.earlier(PIECE);
    if (!wanted || this.#busy || this.#stopped) return;
    await this.#alone(async () => {
      const piece = await this.shown.ask(wanted);
      if (this.reading.place !== null || !this.reading.takeEarlier(piece)) return;
      this.text.prepend(piece);
      const end = this.text.shortenEnd();
      if (end !== null) this.reading.endsAt(end);
      this.shown.around();
    });
    if (this.reading.place !== null) void this.read();
  }
}
