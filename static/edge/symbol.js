// @ts-check
/** Our own symbols: 16 px grid, 1.5 px lines, in the colour of the text beside them. */

const RING = "M8 2a6 6 0 1 1 0 12a6 6 0 1 1 0-12";

/** Paths of each symbol; the letter in front says how: l line, f filled, d dotted line, t line that turns. */
const SYMBOLS = {
  sent: [`d ${RING}`],
  persisted: [`l ${RING}`, "l M6.4 5.8v4.4M9.6 5.8v4.4"],
  slow: [`l ${RING}`, "l M8 4.8V8l2.3 1.6"],
  pend: [`l ${RING}`],
  run: [`t ${RING}`, "f M6.3 5v6l5-3z"],
  susp: ["l M5.5 3.5v9M10.5 3.5v9"],
  done: ["l M3 8.6l3.2 3.2L13 4.8"],
  exit: ["l M3.8 3.8l8.4 8.4M12.2 3.8l-8.4 8.4"],
  refused: ["l M2.5 2.5h11v11h-11z", "l M5.8 5.8l4.4 4.4M10.2 5.8l-4.4 4.4"],
  unknown: ["l M5.3 5.9a2.7 2.7 0 1 1 4 2.3c-.9.5-1.3 1-1.3 2", "l M8 13v.1"],
  lost: [`l ${RING}`, "l M3.4 12.6l9.2-9.2"],
  killing: ["l M8 5a3 3 0 1 1 0 6a3 3 0 1 1 0-6", "l M8 1.5V5M8 11v3.5M1.5 8H5M11 8h3.5"],
  kill: [`l ${RING}`, "f M6 6h4v4H6z"],
  log: ["l M3 4h10M3 8h10M3 12h6"],
  details: [`l ${RING}`, "l M8 7.4v3.4M8 5.1v.1"],
  resubmit: ["l M12.6 9.4A5 5 0 1 1 11.9 5L13.4 6.5", "l M13.4 2.8v3.7H9.7"],
  delete: ["l M2.8 4.5h10.4M6.2 4.3V2.6h3.6v1.7M4.4 4.7l.6 8.7h6l.6-8.7"],
  close: ["l M4 4l8 8M12 4l-8 8"],
  down: ["l M4.5 6.5L8 10l3.5-3.5"],
  up: ["l M4.5 9.5L8 6l3.5 3.5"],
  pin: ["l M5.5 2.5h5M6.2 2.5v4L4.5 9.2h7L9.8 6.5v-4M8 9.2v4.3"],
  more: ["l M3.5 8v.1M8 8v.1M12.5 8v.1"],
  star: ["l M8 2.2l1.8 3.7 4 .6-2.9 2.8.7 4L8 11.4l-3.6 1.9.7-4L2.2 6.5l4-.6z"],
  bell: ["l M4.5 11V7a3.5 3.5 0 0 1 7 0v4l1.2 1.2H3.3z", "l M6.8 14.2h2.4"],
  settings: ["l M2.5 4.5h5M11.5 4.5h2M2.5 11.5h2M8.5 11.5h5", "l M9.5 2.7a1.8 1.8 0 1 1 0 3.6a1.8 1.8 0 1 1 0-3.6", "l M6.5 9.7a1.8 1.8 0 1 1 0 3.6a1.8 1.8 0 1 1 0-3.6"],
  comment: ["l M2.8 3.5h10.4v7H7.5L4.8 13v-2.5h-2z"],
  tag: ["l M2.5 2.8h5l6 6-4.7 4.7-6.3-6.3z", "l M5.4 5.6v.1"],
  plus: ["l M8 3v10M3 8h10"],
};

/** @typedef {keyof typeof SYMBOLS} SymbolName */

const SVG = "http://www.w3.org/2000/svg";

/** Decoration for what is also said in words. @param {string} name one of SYMBOLS @returns {SVGSVGElement} */
export function symbol(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", "symbol");
  svg.setAttribute("aria-hidden", "true");
  for (const path of SYMBOLS[/** @type {SymbolName} */ (name)] ?? SYMBOLS.unknown) {
    const line = document.createElementNS(SVG, "path");
    line.setAttribute("class", { l: "line", f: "filled", d: "line dotted", t: "line turning" }[path[0]] ?? "line");
    line.setAttribute("d", path.slice(2));
    svg.append(line);
  }
  return svg;
}
