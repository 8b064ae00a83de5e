// @ts-check
/** Colours that reports give, made readable: sRGB channels are 0 to 255. @typedef {[number, number, number]} Rgb */

/** Text and the darkest (light theme) or lightest (dark theme) surface a report stands on; see style/tokens.css. */
export const THEMES = {
  light: { text: /** @type {Rgb} */ ([26, 31, 38]), surface: /** @type {Rgb} */ ([234, 238, 244]) },
  dark: { text: /** @type {Rgb} */ ([226, 231, 238]), surface: /** @type {Rgb} */ ([35, 41, 50]) },
};

const WANTED = 4.5;
/** Reports have few colours, and each is drawn again and again. @type {Map<string, {light: string, dark: string} | null>} */
const mixed = new Map();
const MIXED_AT_MOST = 200;

let named = (/** @type {string} */ _word) => /** @type {string | null} */ (null);

/** Who knows the names of CSS. @param {(word: string) => string | null} names gives `#rrggbb`; null: it is no name */
export function nameColors(names) {
  named = names;
}

/** A CSS colour name or `#rrggbb`. @param {string} text @returns {Rgb | null} */
export function parseColor(text) {
  const word = text.trim().toLowerCase();
  const hex = /^[a-z]{3,20}$/.test(word) ? named(word) : word;
  return hex && /^#[0-9a-f]{6}$/.test(hex) ? fromHex(hex.slice(1)) : null;
}

/**
 * The colour itself where it can be read, else as near to it as contrast allows, for both themes.
 * @param {string} text @returns {{light: string, dark: string} | null} `rgb(...)` texts; null: no colour we know
 */
export function readable(text) {
  const held = mixed.get(text);
  if (held !== undefined) return held;
  const color = parseColor(text);
  const shades = color && { light: css(towardsText(color, THEMES.light)), dark: css(towardsText(color, THEMES.dark)) };
  if (mixed.size >= MIXED_AT_MOST) mixed.clear();
  mixed.set(text, shades);
  return shades;
}

/** WCAG contrast ratio, 1 to 21. @param {Rgb} a @param {Rgb} b */
export function contrast(a, b) {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

/** @param {Rgb} color @param {{text: Rgb, surface: Rgb}} theme @returns {Rgb} */
function towardsText(color, { text, surface }) {
  for (let share = 0; share < 1; share += 1 / 32) {
    const shade = /** @type {Rgb} */ (color.map((channel, i) => Math.round(channel + (text[i] - channel) * share)));
    if (contrast(shade, surface) >= WANTED) return shade;
  }
  return text;
}

/** @param {Rgb} rgb */
function luminance(rgb) {
  const [r, g, b] = rgb.map((channel) => {
    const part = channel / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** @param {string} hex @returns {Rgb} */
function fromHex(hex) {
  const channel = (/** @type {number} */ at) => parseInt(hex.slice(at, at + 2), 16);
  return [channel(0), channel(2), channel(4)];
}

/** @param {Rgb} rgb */
function css(rgb) {
  return `rgb(${rgb.join(" ")})`;
}
