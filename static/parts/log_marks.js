// @ts-check
/** Marks drawn at once at most: more would cost frames, and nobody sees them all. */
const MOST = 2_000;
const FOUND = "log-found";
const CURRENT = "log-current";

/** Marks what is searched for in the lines of a log, without touching them. A browser without highlights shows none. */
export class Marks {
  #text = "";
  #case = false;
  #timer = 0;
  /** @type {Element | null} the line of the present hit */
  #line = null;

  /** @param {HTMLElement} log */
  constructor(log) {
    this.log = log;
  }

  /** @param {string} text empty: nothing @param {boolean} caseMatters */
  look(text, caseMatters) {
    this.#text = caseMatters ? text : text.toLowerCase();
    this.#case = caseMatters;
    this.again();
  }

  /** @param {Element | null} line */
  current(line) {
    this.#line = line;
    this.again();
  }

  /** The lines have changed. */
  again() {
    if (!this.#timer) this.#timer = requestAnimationFrame(() => this.#draw());
  }

  stop() {
    cancelAnimationFrame(this.#timer);
    for (const name of [FOUND, CURRENT]) globalThis.CSS?.highlights?.delete(name);
  }

  #draw() {
    this.#timer = 0;
    if (!globalThis.CSS?.highlights) return;
    /** @type {Range[]} */
    const found = [];
    /** @type {Range[]} */
    const current = [];
    for (const line of this.#text ? this.log.children : []) {
      if (found.length + current.length >= MOST) break;
      (line === this.#line ? current : found).push(...this.#ranges(line));
    }
    CSS.highlights.set(FOUND, new Highlight(...found));
    CSS.highlights.set(CURRENT, new Highlight(...current));
  }

  /** @param {Element} line @returns {Range[]} */
  #ranges(line) {
    const whole = line.textContent ?? "";
    const text = this.#case ? whole : whole.toLowerCase();
    const ranges = [];
    for (let at = text.indexOf(this.#text); at >= 0 && ranges.length < 50; at = text.indexOf(this.#text, at + this.#text.length)) {
      ranges.push(range(line, at, at + this.#text.length));
    }
    return ranges;
  }
}

/** @param {Element} line @param {number} from @param {number} to */
function range(line, from, to) {
  const made = document.createRange();
  const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
  let before = 0;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const { length } = /** @type {Text} */ (node);
    if (from >= before && from <= before + length) made.setStart(node, from - before);
    if (to <= before + length) {
      made.setEnd(node, to - before);
      break;
    }
    before += length;
  }
  return made;
}
