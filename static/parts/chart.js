// @ts-check
import { attribute, h, setText } from "../edge/dom.js";
import { draw, shapeOf } from "../edge/chart_svg.js";
import { nearest } from "../pure/chart.js";

/** @typedef {import("../pure/chart.js").Scene} Scene */

const FAR = 10;
/** px from a mark within which a pointer means it, where marks have a place of their own */
const NEAR = 24;

/**
 * A picture. Under the pointer, or by the arrow keys, the nearest mark is shown and its value told; Enter or a click opens
 * what it leads to. Drawn again it stays at the mark it was at.
 */
export class Chart {
  /** @type {Scene | null} */
  scene = null;
  #at = -1;
  #svg = draw("svg", { role: "img", tabindex: 0, "aria-roledescription": "picture" });
  #title = draw("title", {});
  #about = draw("desc", {});
  #drawing = draw("g", {});
  #cursor = draw("g", { class: "chart-cursor" });
  #tip = h("p", { class: "chart-tip", "aria-hidden": "true", hidden: true });
  #link = h("a", { class: "chart-link", tabindex: "-1", "aria-hidden": "true", hidden: true });
  #said = h("p", { class: "unseen", role: "status" });

  /** @param {string} name its id */
  constructor(name) {
    attribute(this.#title, "id", `${name}-title`);
    attribute(this.#about, "id", `${name}-about`);
    attribute(this.#svg, "aria-labelledby", `${name}-title`);
    attribute(this.#svg, "aria-describedby", `${name}-about`);
    this.#svg.append(this.#title, this.#about, this.#drawing, this.#cursor);
    this.element = h("div", { class: "chart" }, this.#svg, this.#link, this.#tip, this.#said);
    this.element.addEventListener("pointermove", (event) => this.#point(event));
    this.element.addEventListener("pointerleave", () => this.#go(-1));
    this.#svg.addEventListener("keydown", (event) => this.#key(/** @type {KeyboardEvent} */ (event)));
    this.#svg.addEventListener("blur", () => this.#go(-1));
  }

  /** @param {Scene} scene @param {string} title @param {string} sentence */
  show(scene, title, sentence) {
    const before = this.scene?.marks ?? [];
    this.scene = scene;
    setText(this.#title, title);
    setText(this.#about, sentence);
    this.#svg.setAttribute("viewBox", `0 0 ${scene.width} ${scene.height}`);
    this.#svg.setAttribute("width", String(scene.width));
    this.#svg.setAttribute("height", String(scene.height));
    this.#drawing.replaceChildren(...scene.shapes.map((shape) => shapeOf(shape)));
    if (this.#at < 0) return;
    const head = (/** @type {{text: string} | undefined} */ mark) => mark?.text.split("\n")[0];
    /* Who is at the newest one wants what is newest now. */
    const last = this.#at === before.length - 1;
    this.#go(last ? scene.marks.length - 1 : scene.marks.findIndex((mark) => head(mark) === head(before[this.#at])));
  }

  /** Room for what is not known yet. @param {number} height px */
  reserve(height) {
    if (!this.scene) this.#svg.setAttribute("height", String(height));
  }

  /** @param {PointerEvent} event */
  #point({ clientX, clientY }) {
    if (!this.scene) return;
    const { left, top } = this.#svg.getBoundingClientRect();
    const [x, y] = [clientX - left, clientY - top];
    const found = nearest(this.scene, x, y);
    const mark = this.scene.marks[found];
    this.#go(mark && (this.scene.near !== "xy" || Math.hypot(mark.x - x, mark.y - y) < NEAR) ? found : -1);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const marks = this.scene?.marks ?? [];
    if (event.ctrlKey || event.altKey || event.metaKey || !marks.length) return;
    const last = marks.length - 1;
    const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, PageDown: FAR, PageUp: -FAR };
    const step = /** @type {Record<string, number>} */ (steps)[event.key];
    let to = { Home: 0, End: last, Escape: -1 }[event.key];
    if (step) to = this.#at < 0 ? (step > 0 && this.scene?.near === "y" ? 0 : last) : Math.min(last, Math.max(0, this.#at + step));
    const href = marks[this.#at]?.href;
    if (event.key === "Enter" && href) location.assign(href);
    if (to === undefined) return;
    event.preventDefault();
    this.#go(to);
    setText(this.#said, (marks[to]?.text ?? "").replaceAll("\n", ", "));
  }

  /** @param {number} at */
  #go(at) {
    this.#at = at;
    const mark = this.scene?.marks[at];
    this.#tip.hidden = !mark;
    this.#link.hidden = !mark?.href;
    this.#cursor.replaceChildren();
    if (!mark || !this.scene) return setText(this.#said, "");
    const { near, width, height } = this.scene;
    if (near === "x") this.#cursor.append(draw("path", { class: "stroked", d: `M${mark.x} 8V${height - 22}` }));
    if (near === "y") this.#cursor.append(draw("rect", { class: "band", x: 0, y: mark.y - 12, width, height: 24, rx: 3 }));
    else this.#cursor.append(draw("circle", { class: "stroked", cx: mark.x, cy: mark.y, r: near === "x" ? 3.5 : 6 }));
    if (mark.href) this.#lay(mark.href, near === "y" ? [0, mark.y - 12, width, 24] : [mark.x - 12, mark.y - 12, 24, 24]);
    setText(this.#tip, mark.text);
    const { offsetWidth, offsetHeight } = this.#tip;
    const beside = near === "y" ? mark.x : mark.x + 14;
    const left = beside + offsetWidth > width ? Math.max(0, mark.x - 14 - offsetWidth) : beside;
    const below = near === "y" ? mark.y + 16 : mark.y - offsetHeight / 2;
    const top = near === "y" && below + offsetHeight > height ? mark.y - 16 - offsetHeight : Math.max(0, Math.min(below, height - offsetHeight));
    this.#tip.style.setProperty("translate", `${Math.round(left)}px ${Math.round(top)}px`);
  }

  /** @param {string} href @param {number[]} box */
  #lay(href, [left, top, width, height]) {
    attribute(this.#link, "href", href);
    const { style } = this.#link;
    style.setProperty("translate", `${left}px ${top}px`);
    style.setProperty("width", `${width}px`);
    style.setProperty("height", `${height}px`);
  }
}
