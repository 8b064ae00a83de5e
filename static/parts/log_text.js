// @ts-check
import { h } from "../edge/dom.js";
import { BEGIN, looks } from "../pure/ansi.js";
import { isWhole, KEPT, lineAt, LINES_KEPT, linesIn } from "../pure/log.js";
import { Marks } from "./log_marks.js";

const GUTTER = 24;

/**
 * The text of a log as lines, with the colours of a terminal. Each knows the byte at which it begins; a click left of it
 * asks for a link to it.
 */
export class LogText {
  element = h("pre", { class: "log", role: "region", tabindex: "0", "aria-label": "Output of the job" });
  marks = new Marks(this.element);
  #length = 0;
  /** @type {WeakMap<Element, {text: string, state: import("../pure/ansi.js").State}>} the text of a line as it came, and what its begin looks like */
  #lines = new WeakMap();
  #state = BEGIN;
  /** @type {HTMLElement | null} */
  #marked = null;

  /** Whoever is at the end stays there when the room for the text changes. */
  #ends = true;
  #room = new ResizeObserver(() => this.#ends && this.toEnd());

  /** @param {(at: number) => void} onLink */
  constructor(onLink) {
    this.#room.observe(this.element);
    this.element.addEventListener("scroll", () => (this.#ends = this.atEnd), { passive: true });
    this.element.addEventListener("click", ({ target, clientX }) => {
      const line = target instanceof Element ? target.closest("[data-at]") : null;
      if (line && clientX - line.getBoundingClientRect().left < GUTTER) onLink(beginOf(line));
    });
  }

  stop() {
    this.#room.disconnect();
    this.marks.stop();
  }

  /** @param {import("../pure/log.js").Piece} piece */
  replace(piece) {
    this.#state = BEGIN;
    this.#length = 0;
    this.element.replaceChildren();
    this.append(piece);
  }

  /** What follows: a line that had no end yet goes on. @param {import("../pure/log.js").Piece} piece */
  append({ text, offset, begins }) {
    this.#length += text.length;
    const lines = linesIn(text, offset, begins);
    const last = /** @type {HTMLElement | null} */ (this.element.lastElementChild);
    const before = last && this.#lines.get(last);
    const goesOn = before && (!isWhole(before.text) || (before.text.endsWith("\r") && text.startsWith("\n")));
    if (last && before && goesOn && lines.length) {
      const all = before.text + /** @type {{text: string}} */ (lines.shift()).text;
      last.remove();
      this.#state = before.state;
      lines.unshift({ at: beginOf(last), text: all });
    }
    this.element.append(...lines.map((line) => this.#drawn(line)));
    this.marks.again();
  }

  /** What comes before; what is in view stays where it is. @param {import("../pure/log.js").Piece} piece */
  prepend({ text, offset, begins }) {
    const below = this.element.scrollHeight - this.element.scrollTop;
    const lines = linesIn(text, offset, begins);
    const first = /** @type {HTMLElement | null} */ (this.element.firstElementChild);
    const rest = first && this.#lines.get(first);
    const cut = lines.at(-1);
    if (first && rest && cut && !isWhole(cut.text)) {
      cut.text += rest.text;
      first.remove();
    }
    const end = this.#state;
    this.#state = BEGIN;
    this.element.prepend(...lines.map((line) => this.#drawn(line)));
    this.#state = end;
    this.#length += text.length;
    this.element.scrollTop = this.element.scrollHeight - below;
    this.marks.again();
  }

  /** @param {{at: number, text: string}} line */
  #drawn({ at, text }) {
    const element = h("span", { "data-at": at });
    this.#lines.set(element, { text, state: this.#state });
    const { pieces, state } = looks(text, this.#state);
    this.#state = isWhole(text) ? { ...state, cut: "" } : state;
    element.append(...pieces.map((piece) => (piece.look ? h("span", { "data-look": piece.look }, piece.text) : piece.text)));
    return element;
  }

  get #tooMuch() {
    return this.#length > KEPT || this.element.childElementCount > LINES_KEPT;
  }

  /** Lets go of the beginning when there is too much. @returns {number | null} where the text begins now; null: as before */
  shorten() {
    if (!this.#tooMuch) return null;
    const below = this.element.scrollHeight - this.element.scrollTop;
    this.#letGo(() => this.element.firstElementChild);
    const first = /** @type {HTMLElement} */ (this.element.firstElementChild);
    const held = this.#lines.get(first);
    if (held && this.#length > KEPT) {
      const gone = held.text.slice(0, -KEPT / 2);
      this.element.replaceChildren();
      this.#state = BEGIN;
      const text = held.text.slice(-KEPT / 2);
      this.element.append(this.#drawn({ at: beginOf(first) + new TextEncoder().encode(gone).length, text }));
      this.#length = text.length;
    }
    this.element.scrollTop = this.element.scrollHeight - below;
    return beginOf(/** @type {HTMLElement} */ (this.element.firstElementChild));
  }

  /** Lets go of the end when there is too much. @returns {number | null} where the text ends now; null: as before */
  shortenEnd() {
    if (!this.#tooMuch || this.element.childElementCount < 2) return null;
    const gone = this.#letGo(() => this.element.lastElementChild);
    this.#state = this.#lines.get(gone)?.state ?? BEGIN;
    return beginOf(gone);
  }

  /** @param {() => Element | null} next @returns {Element} the last that went */
  #letGo(next) {
    let gone = /** @type {Element} */ (next());
    while (this.element.childElementCount > 1 && (this.#length > KEPT * 0.9 || this.element.childElementCount > LINES_KEPT * 0.9)) {
      gone = /** @type {Element} */ (next());
      this.#length -= this.#lines.get(gone)?.text.length ?? 0;
      gone.remove();
    }
    return gone;
  }

  /** Marks the line that holds a byte. @param {number} byte @param {boolean} [reveal] and brings it into view */
  mark(byte, reveal = true) {
    this.#marked?.removeAttribute("data-marked");
    const lines = /** @type {HTMLElement[]} */ ([...this.element.children]);
    this.#marked = lines[lineAt(lines.map(beginOf), byte)] ?? null;
    this.#marked?.setAttribute("data-marked", "");
    this.marks.current(this.#marked);
    if (reveal) this.#marked?.scrollIntoView({ block: "center" });
  }

  /** Changes how lines look; those in view stay there. @param {() => void} change */
  through(change) {
    const [ends, first] = [this.atEnd, this.#firstInView];
    change();
    if (ends) this.toEnd();
    else first?.scrollIntoView();
  }

  /** Where the first line in view begins. @returns {number | null} */
  get firstInView() {
    const first = this.#firstInView;
    return first && beginOf(first);
  }

  /** @returns {Element | null} */
  get #firstInView() {
    const { top } = this.element.getBoundingClientRect();
    const { children } = this.element;
    let [low, high] = [0, children.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (children[middle].getBoundingClientRect().bottom > top + 14) high = middle;
      else low = middle + 1;
    }
    return children[low] ?? null;
  }

  get atEnd() {
    const { scrollTop, clientHeight, scrollHeight } = this.element;
    return scrollTop + clientHeight >= scrollHeight - 8;
  }

  get nearTop() {
    return this.element.scrollTop < this.element.clientHeight;
  }

  toEnd() {
    this.element.scrollTop = this.element.scrollHeight;
  }
}

/** @param {Element} line */
function beginOf(line) {
  return Number(/** @type {HTMLElement} */ (line).dataset.at);
}
