// @ts-check
/**
 * What a picture is made of, in px from its upper left corner: plain shapes, drawn in their order, and marks that one can
 * step through. Tones are those of the statuses; `text`, `faint`, `grid` and `page` are the page's own.
 * @typedef {"done" | "run" | "quiet" | "attention" | "failed" | "missing" | "text" | "faint" | "grid" | "page"} Tone
 * @typedef {[number, number]} Place
 * @typedef {{kind: "line", points: Place[], tone: Tone, width?: number}} Line
 * @typedef {{kind: "area", points: Place[], tone: Tone, opacity?: number}} Area
 * @typedef {{kind: "rect", x: number, y: number, width: number, height: number, tone: Tone, opacity?: number}} Rect
 * @typedef {{kind: "points", points: Place[], tone: Tone, shape: "dot" | "cross" | "ring"}} Points
 * @typedef {{kind: "text", x: number, y: number, text: string, tone: Tone, anchor?: "start" | "middle" | "end", strong?: boolean}} Text
 * @typedef {Line | Area | Rect | Points | Text} Shape
 * @typedef {{x: number, y: number, text: string, href?: string}} Mark
 * @typedef {{width: number, height: number, shapes: Shape[], marks: Mark[], near: "x" | "y" | "xy"}} Scene
 */
/** @typedef {import("./scale.js").Scale} Scale */

export const TEXT_SIZE = 11;
/** px that a letter takes at most, on average */
const LETTER = 6.5;
const STRONG = 1.08;
const LABEL_HEIGHT = 15;

/** About how wide a text is, a strong one as well. @param {string} text */
export function widthOf(text) {
  return text.length * LETTER;
}

/** Where a plot ends that has such labels beside it, and where these begin. @param {number} width @param {string[]} labels */
export function besides(width, labels) {
  const begins = width - Math.max(...labels.map(widthOf)) * STRONG;
  return { right: begins - 8, begins };
}

/** A text cut to so many px: names differ at their beginning and at their end. @param {string} text @param {number} width */
export function cut(text, width) {
  const room = Math.max(2, Math.floor(width / LETTER));
  const end = room >> 2;
  return text.length <= room ? text : `${text.slice(0, room - 1 - end)}…${end ? text.slice(-end) : ""}`;
}

/** @param {number} x @param {number} y of its base line @param {string} text @param {Partial<Text>} [more] @returns {Text} */
export function label(x, y, text, more = {}) {
  return { kind: "text", x, y, text, tone: "faint", anchor: "start", ...more };
}

/** @param {Place[]} points @param {Tone} tone @param {number} [width] @returns {Line} */
export function line(points, tone, width = 1.5) {
  return { kind: "line", points, tone, width };
}

/**
 * Lines across at the round values, with their names at the left. @param {Scale} scale @param {number} from px
 * @param {number} to px @returns {Shape[]}
 */
export function gridAcross(scale, from, to) {
  return scale.ticks.flatMap(({ value, text }) => {
    const y = Math.round(scale.at(value)) + 0.5;
    return [line([[from, y], [to, y]], "grid", 1), label(from - 6, y + 4, text, { anchor: "end" })];
  });
}

/**
 * Names of the round values below, and a short line at each. @param {Scale} scale @param {number} y
 * @param {number} [top] where the lines begin @returns {Shape[]}
 */
export function gridBelow(scale, y, top = y) {
  return scale.ticks.flatMap(({ value, text }) => {
    const x = Math.round(scale.at(value)) + 0.5;
    return [line([[x, top], [x, y + 4]], "grid", 1), label(x, y + 16, text, { anchor: "middle" })];
  });
}

/** How wide the names at the left of a scale are. @param {Scale} scale */
export function widest(scale) {
  return Math.max(...scale.ticks.map(({ text }) => widthOf(text))) + 10;
}

/**
 * Labels beside the ends of lines, none on another, as near to its end as can be. @param {{y: number, text: string, tone: Tone}[]} ends
 * @param {number} x @param {number} top @param {number} bottom @returns {Text[]}
 */
export function endLabels(ends, x, top, bottom) {
  const placed = [...ends].sort((a, b) => a.y - b.y).map((end) => ({ ...end }));
  placed.forEach((end, i) => (end.y = Math.max(end.y, i ? placed[i - 1].y + LABEL_HEIGHT : top + 4)));
  for (let i = placed.length - 1, most = bottom; i >= 0; i--, most -= LABEL_HEIGHT) placed[i].y = Math.min(placed[i].y, most);
  return placed.map(({ y, text, tone }) => label(x, y + 4, text, { tone, strong: true }));
}

/**
 * The mark nearest to a place, and -1 when there is none. @param {Scene} scene @param {number} x @param {number} y
 */
export function nearest({ marks, near }, x, y) {
  let [found, least] = [-1, Infinity];
  marks.forEach((mark, i) => {
    const away = Math.hypot(near === "y" ? 0 : mark.x - x, near === "x" ? 0 : mark.y - y);
    if (away < least) [found, least] = [i, away];
  });
  return found;
}
