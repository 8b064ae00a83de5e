// @ts-check
import { h } from "../edge/dom.js";
import { KEPT, lineAt, LINES_KEPT, linesIn } from "../pure/log.js";

const GUTTER = 24;

/** The text of a log as lines. Each knows the byte at which it begins; a click left of it asks for a link to it. */
export class LogText {
  element = h("pre", { class: "log", role: "region", tabindex: "0", "aria-label": "Output of the job" });
  #length = 0;
  /** @type {HTMLElement | null} */
  #marked = null;

  /** @param {(at: number) => void} onLink */
  constructor(onLink) {
    this.element.addEventListener("click", ({ target, clientX }) => {
      const line = target instanceof Element ? target.closest("[data-at]") : null;
      if (line && clientX - line.getBoundingClientRect().left < GUTTER) onLink(beginOf(line));
    });
  }

  /** @param {string} text @param {number} offset */
  replace(text, offset) {
    this.#length = text.length;
    this.element.replaceChildren(...drawn(text, offset));
  }

  /** What follows: a line that had no end yet goes on. @param {string} text @param {number} offset */
  append(text, offset) {
    const last = this.element.lastElementChild;
    const open = last && !last.textContent?.endsWith("\n");
    const end = open ? text.indexOf("\n") + 1 || text.length : 0;
    if (end) last?.append(text.slice(0, end));
    const bytes = new TextEncoder().encode(text.slice(0, end)).length;
    this.element.append(...drawn(text.slice(end), offset + bytes));
    this.#length += text.length;
  }

  /** What comes before; what is in view stays where it is. @param {string} text @param {number} offset */
  prepend(text, offset) {
    const below = this.element.scrollHeight - this.element.scrollTop;
    const lines = drawn(text, offset);
    const first = /** @type {HTMLElement | null} */ (this.element.firstElementChild);
    const cut = lines.at(-1);
    if (first && cut && !text.endsWith("\n")) {
      first.prepend(cut.textContent ?? "");
      first.dataset.at = cut.dataset.at;
      lines.pop();
    }
    this.element.prepend(...lines);
    this.#length += text.length;
    this.element.scrollTop = this.element.scrollHeight - below;
  }

  /** Lets go of the beginning when there is too much. @returns {number | null} where the text begins now; null: as before */
  shorten() {
    if (this.#length <= KEPT && this.element.childElementCount <= LINES_KEPT) return null;
    while (this.element.childElementCount > 1 && (this.#length > KEPT * 0.9 || this.element.childElementCount > LINES_KEPT * 0.9)) {
      this.#length -= this.element.firstElementChild?.textContent?.length ?? 0;
      this.element.firstElementChild?.remove();
    }
    const first = /** @type {HTMLElement} */ (this.element.firstElementChild);
    const text = first.textContent ?? "";
    if (this.#length > KEPT) {
      const [gone, rest] = [text.slice(0, -KEPT / 2), text.slice(-KEPT / 2)];
      first.dataset.at = String(beginOf(first) + new TextEncoder().encode(gone).length);
      first.textContent = rest;
      this.#length = rest.length;
    }
    return beginOf(first);
  }

  /** Marks the line that holds a byte. @param {number} byte @param {boolean} [reveal] and brings it into view */
  mark(byte, reveal = true) {
    this.#marked?.removeAttribute("data-marked");
    const lines = /** @type {HTMLElement[]} */ ([...this.element.children]);
    this.#marked = lines[lineAt(lines.map(beginOf), byte)] ?? null;
    this.#marked?.setAttribute("data-marked", "");
    if (reveal) this.#marked?.scrollIntoView({ block: "center" });
  }

  /** Where the first line in view begins. @returns {number | null} */
  get firstInView() {
    const { top } = this.element.getBoundingClientRect();
    const line = [...this.element.children].find((one) => one.getBoundingClientRect().bottom > top + 14);
    return line ? beginOf(line) : null;
  }

  get atEnd() {
    const { scrollTop, clientHeight, scrollHeight } = this.element;
    return scrollTop + clientHeight >= scrollHeight - 8;
  }

  toEnd() {
    this.element.scrollTop = this.element.scrollHeight;
  }
}

/** @param {string} text @param {number} offset */
function drawn(text, offset) {
  return linesIn(text, offset).map((line) => h("span", { "data-at": line.at }, line.text));
}

/** @param {Element} line */
function beginOf(line) {
  return Number(/** @type {HTMLElement} */ (line).dataset.at);
}
