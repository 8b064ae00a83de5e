// @ts-check
import { TEXT_SIZE } from "../pure/chart.js";

/** @typedef {import("../pure/chart.js").Scene} Scene */
/** @typedef {import("../pure/chart.js").Shape} Shape */
/** @typedef {import("../pure/chart.js").Place} Place */

export const SVG = "http://www.w3.org/2000/svg";
export const DOT = 2.4;

/** @param {string} name @param {Record<string, string | number>} attributes @param {...(Node | string)} children */
export function draw(name, attributes, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.append(...children);
  return element;
}

/** One path along these places. @param {Place[]} points */
export function path(points) {
  return points.map(([x, y], i) => `${i ? "L" : "M"}${round(x)} ${round(y)}`).join("");
}

/** @param {number} px */
function round(px) {
  return Math.round(px * 10) / 10;
}

/** All dots, rings or crosses in one path: thousands of nodes would be slow. @param {Place[]} points @param {string} shape */
export function stamps(points, shape) {
  const cross = (/** @type {number} */ r) => `m${-r} ${-r}l${2 * r} ${2 * r}m0 ${-2 * r}l${-2 * r} ${2 * r}`;
  const ring = (/** @type {number} */ r) => `m${-r} 0a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;
  const stamp = shape === "cross" ? cross(2.8) : ring(shape === "ring" ? 3 : DOT);
  return points.map(([x, y]) => `M${round(x)} ${round(y)}${stamp}`).join("");
}

/**
 * A shape as SVG. Its colour stands in `data-tone`, for the style sheet; with `paint`, for a file, in itself.
 * @param {Shape} shape @param {(tone: string) => string} [paint]
 */
export function shapeOf(shape, paint) {
  const { kind, tone } = shape;
  const stroked = kind === "line" || (kind === "points" && shape.shape !== "dot");
  const color = paint?.(tone);
  /** @type {Record<string, string | number>} */
  const look = { class: stroked ? "stroked" : "filled", "data-tone": tone };
  if (color) Object.assign(look, stroked ? { fill: "none", stroke: color } : { fill: color });
  if (kind === "line") return draw("path", { ...look, d: path(shape.points), "stroke-width": shape.width ?? 1.5, "stroke-linejoin": "round" });
  if (kind === "area") return draw("path", { ...look, d: `${path(shape.points)}Z`, opacity: shape.opacity ?? 1 });
  if (kind === "points") return draw("path", { ...look, d: stamps(shape.points, shape.shape), "stroke-width": 1.5 });
  if (kind === "rect") {
    const { x, y, width, height, opacity = 1 } = shape;
    return draw("rect", { ...look, x: round(x), y: round(y), width: round(width), height: round(height), opacity });
  }
  Object.assign(look, { x: round(shape.x), y: round(shape.y), "text-anchor": shape.anchor ?? "start", "font-size": TEXT_SIZE });
  return draw("text", shape.strong ? { ...look, "font-weight": 600 } : look, shape.text);
}
