// @ts-check
import { attribute, h, setText } from "../edge/dom.js";
import { symbol } from "../edge/symbol.js";
import { now } from "../edge/ticking.js";
import { isLive } from "../pure/status.js";
import { full, length, moment } from "../pure/time.js";
import { lasted, spans, steps } from "../pure/timeline.js";

/** @typedef {import("../pure/timeline.js").Step} Step */

/**
 * What the job went through: a bar in which each status takes the room of its time, and the same below as a list, with
 * who did it and why. What lasts still grows every second.
 */
export class Timeline {
  #bar = h("div", { class: "bar", "aria-hidden": "true" });
  #list = h("ol", { class: "steps" });
  /** @type {Step[]} */
  #steps = [];
  /** @type {Map<number, {element: HTMLElement, lasted: HTMLElement}>} by seq */
  #lines = new Map();
  /** @type {Map<number, {element: HTMLElement, label: HTMLElement}>} by seq */
  #spans = new Map();

  constructor() {
    this.element = h("section", { class: "timeline", "aria-label": "Timeline" }, h("h3", {}, "Timeline"), this.#bar, this.#list);
  }

  /** @param {Parameters<typeof steps>[0]} transitions */
  show(transitions) {
    this.#steps = steps(transitions);
    for (const step of this.#steps) {
      if (this.#lines.has(step.seq)) continue;
      const line = lineOf(step);
      this.#lines.set(step.seq, line);
      this.#list.append(line.element);
    }
    for (const { seq, status, tone } of spans(this.#steps)) {
      if (this.#spans.has(seq)) continue;
      const label = h("span", {});
      const element = h("span", { class: "span", "data-tone": tone, "data-status": status }, label);
      this.#spans.set(seq, { element, label });
      this.#bar.append(element);
    }
    this.tick();
  }

  /** What still lasts has lasted a second longer. */
  tick() {
    const time = now();
    const taking = spans(this.#steps);
    this.#bar.hidden = taking.every((step) => lasted(step, time) < 1000);
    for (const step of taking) {
      const { element, label } = this.#spans.get(step.seq) ?? {};
      if (!element || !label) continue;
      const took = length(lasted(step, time));
      element.style.flexGrow = String(Math.max(1, lasted(step, time)));
      attribute(element, "title", `${step.status} ${took}`);
      setText(label, `${step.status} ${took}`);
    }
    for (const step of this.#steps) {
      const lasts = !step.remark && (step.end !== null || isLive(step.status));
      const line = this.#lines.get(step.seq);
      if (line) setText(line.lasted, lasts ? length(lasted(step, time)) : "");
    }
  }
}

/** @param {Step} step */
function lineOf({ at, status, tone, shape, remark, by, reason }) {
  const iso = new Date(at).toISOString();
  const took = h("span", { class: "for" });
  const what = remark ? h("i", { class: "mark" }, "remark") : h("span", { class: "mark" }, symbol(shape), h("span", { class: "word" }, status));
  const element = h(
    "li",
    { "data-tone": remark ? "quiet" : tone },
    h("time", { datetime: iso, title: full(at) }, moment(at, now())),
    what,
    took,
    h("span", { class: "about" }, h("span", { class: "unseen" }, "by "), h("span", { class: "by" }, by), " ", reason ? h("span", { class: "why" }, reason) : null),
  );
  return { element, lasted: took };
}
