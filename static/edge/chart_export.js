// @ts-check
import { DOT, draw, path, shapeOf, stamps, SVG } from "./chart_svg.js";
import { TEXT_SIZE } from "../pure/chart.js";
import { h } from "./dom.js";

/** A picture as a file of its own: light, whatever the page is, as it goes into logbooks and papers. */

/** @typedef {import("../pure/chart.js").Scene} Scene */
/** @typedef {{title: string, sentence: string, name: string}} About */

const MARGIN = 16;
const TITLE = 30;
const LINE = 18;
const LETTER = 7;
const SHARPER = 2;
const FONT = "system-ui, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif";

/** @param {Scene} scene @param {About} about */
export function saveSvg(scene, { title, sentence, name }) {
  const paint = painter();
  const { width, height, top, words } = layout(scene, sentence);
  const inner = draw("g", { transform: `translate(${MARGIN} ${top})` }, ...scene.shapes.map((shape) => shapeOf(shape, paint)));
  const svg = draw(
    "svg",
    { xmlns: SVG, width, height, viewBox: `0 0 ${width} ${height}`, "font-family": FONT, role: "img" },
    draw("title", {}, title),
    draw("desc", {}, sentence),
    draw("rect", { width, height, fill: paint("page") }),
    draw("text", { x: MARGIN, y: MARGIN + 12, "font-size": 15, "font-weight": 600, fill: paint("text") }, title),
    ...words.map(({ text, y }) => draw("text", { x: MARGIN, y, "font-size": 12, fill: paint("faint") }, text)),
    inner,
  );
  save(new Blob([new XMLSerializer().serializeToString(svg)], { type: "image/svg+xml" }), `${name}.svg`);
}

/** Twice as many points as px. @param {Scene} scene @param {About} about @returns {Promise<void>} */
export async function savePng(scene, about) {
  const canvas = document.createElement("canvas");
  const { width, height, top, words } = layout(scene, about.sentence);
  [canvas.width, canvas.height] = [width * SHARPER, height * SHARPER];
  const pen = canvas.getContext("2d");
  if (!pen) return;
  const paint = painter();
  pen.scale(SHARPER, SHARPER);
  pen.fillStyle = paint("page");
  pen.fillRect(0, 0, width, height);
  write(pen, about.title, MARGIN, MARGIN + 12, paint("text"), `600 15px ${FONT}`);
  for (const { text, y } of words) write(pen, text, MARGIN, y, paint("faint"), `12px ${FONT}`);
  pen.translate(MARGIN, top);
  for (const shape of scene.shapes) stroke(pen, shape, paint(shape.tone));
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  if (blob) save(blob, `${about.name}.png`);
}

/** Where the title, the lines of the sentence and the picture stand. @param {Scene} scene @param {string} sentence */
function layout({ width, height }, sentence) {
  const lines = [""];
  for (const word of sentence.split(" ")) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (longer.length * LETTER <= width || !lines.at(-1)) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  const top = MARGIN + TITLE + lines.length * LINE;
  const words = lines.map((text, i) => ({ text, y: MARGIN + TITLE + i * LINE }));
  return { width: Math.ceil(width) + 2 * MARGIN, height: Math.ceil(height) + top + MARGIN, top, words };
}

/** @param {CanvasRenderingContext2D} pen @param {import("../pure/chart.js").Shape} shape @param {string} color */
function stroke(pen, shape, color) {
  pen.fillStyle = pen.strokeStyle = color;
  pen.globalAlpha = shape.kind === "area" || shape.kind === "rect" ? (shape.opacity ?? 1) : 1;
  pen.lineWidth = shape.kind === "line" ? (shape.width ?? 1.5) : 1.5;
  pen.lineJoin = "round";
  if (shape.kind === "line") pen.stroke(new Path2D(path(shape.points)));
  else if (shape.kind === "area") pen.fill(new Path2D(`${path(shape.points)}Z`));
  else if (shape.kind === "rect") pen.fillRect(shape.x, shape.y, shape.width, shape.height);
  else if (shape.kind === "text") {
    pen.textAlign = shape.anchor === "middle" ? "center" : (shape.anchor ?? "start");
    write(pen, shape.text, shape.x, shape.y, color, `${shape.strong ? 600 : 400} ${TEXT_SIZE}px ${FONT}`);
  } else pen[shape.shape === "dot" ? "fill" : "stroke"](new Path2D(stamps(shape.points, shape.shape)));
}

/** @param {CanvasRenderingContext2D} pen @param {string} text @param {number} x @param {number} y @param {string} color @param {string} font */
function write(pen, text, x, y, color, font) {
  pen.fillStyle = color;
  pen.font = font;
  pen.fillText(text, x, y);
}

/** What a tone looks like in the light theme, as `#rrggbb`, which every program reads. @returns {(tone: string) => string} */
function painter() {
  const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  /** @type {Map<string, string>} */
  const held = new Map();
  return (tone) => {
    const known = held.get(tone);
    if (known) return known;
    const probe = h("i", { class: "chart-probe", "data-tone": tone });
    document.body.append(probe);
    const { color } = getComputedStyle(probe);
    probe.remove();
    if (!pen) return color;
    pen.fillStyle = color;
    pen.fillRect(0, 0, 1, 1);
    const [r, g, b] = pen.getImageData(0, 0, 1, 1).data;
    const found = `#${[r, g, b].map((channel) => channel.toString(16).padStart(2, "0")).join("")}`;
    held.set(tone, found);
    return found;
  };
}

/** @param {Blob} blob @param {string} name */
function save(blob, name) {
  const href = URL.createObjectURL(blob);
  h("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 10_000);
}
