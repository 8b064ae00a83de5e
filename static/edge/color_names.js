// @ts-check

const NONE = "#000001";
/** @type {CanvasRenderingContext2D | null} */
let brush = null;

/** What a CSS colour name stands for, as the browser knows it. @param {string} word of letters @returns {string | null} `#rrggbb`; null: it is no name */
export function namedColor(word) {
  brush ??= document.createElement("canvas").getContext("2d");
  if (!brush) return null;
  /* What is no colour leaves the one before. */
  brush.fillStyle = NONE;
  brush.fillStyle = word;
  return brush.fillStyle === NONE ? null : brush.fillStyle;
}
