// @ts-check
/**
 * How a terminal would show a text: colours and emphasis by ESC [ ... m; every other order to a terminal is left out.
 *
 * A look is what a text looks like, in words: a tone (red, green, yellow, blue, magenta, cyan, grey), and back (the tone
 * is behind the text, too), bold, faint, italic, underline. Colours are tones here, since those of a terminal would not be
 * readable on every background: black and white are that of the text.
 * @typedef {{tone: string, back: string, bold: boolean, faint: boolean, italic: boolean, underline: boolean, reverse: boolean}} Style
 * What goes on from a text to the one behind it; `cut`: the begin of an order whose end is still to come.
 * @typedef {{style: Style, cut: string}} State
 */

/** @type {Style} */
const PLAIN = { tone: "", back: "", bold: false, faint: false, italic: false, underline: false, reverse: false };
/** @type {State} */
export const BEGIN = { style: PLAIN, cut: "" };

const ORDER = /\x1b(?:\[([0-?]*)[ -/]*([@-~])|\][^\x07\x1b\r\n]*(?:\x07|\x1b\\)|[ -/]*[0-Z\\^-~])/g;
const CUT = /\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b\r\n]{0,500}\x1b?|[ -/]*)$/;
const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/g;
const TONES = ["", "red", "green", "yellow", "blue", "magenta", "cyan", ""];
const BRIGHT = ["grey", ...TONES.slice(1)];
const LEVELS = [0, 95, 135, 175, 215, 255];

/**
 * A text cut where its look changes. Signs that cannot be seen become pictures of them.
 * @param {string} text @param {State} state what the text before it left
 * @returns {{pieces: {text: string, look: string}[], state: State}}
 */
export function looks(text, state) {
  let { style } = state;
  const whole = state.cut + text;
  const cut = CUT.exec(whole)?.[0] ?? "";
  const shown = cut ? whole.slice(0, -cut.length) : whole;
  /** @type {{text: string, look: string}[]} */
  const pieces = [];
  const add = (/** @type {string} */ part) => {
    const seen = part.replace(CONTROL, (sign) => String.fromCharCode(sign === "\x7f" ? 0x2421 : 0x2400 + sign.charCodeAt(0)));
    const look = wordsOf(style);
    const last = pieces.at(-1);
    if (last?.look === look) last.text += seen;
    else if (seen) pieces.push({ text: seen, look });
  };
  let at = 0;
  for (const { index, 0: order, 1: codes, 2: kind } of shown.matchAll(ORDER)) {
    add(shown.slice(at, index));
    at = index + order.length;
    if (kind === "m") style = styled(style, codes);
  }
  add(shown.slice(at));
  return { pieces, state: { style, cut } };
}

/** @param {Style} style */
function wordsOf({ tone, back, reverse, ...flags }) {
  const names = Object.entries(flags).filter(([, on]) => on).map(([name]) => name);
  return [tone || back, back || reverse ? "back" : "", ...names].filter(Boolean).join(" ");
}

/** @param {Style} style @param {string} codes between ESC [ and m @returns {Style} */
function styled(style, codes) {
  const list = codes.split(/[;:]/).map(Number);
  let now = style;
  for (let i = 0; i < list.length; i += 1) {
    const code = list[i];
    if (code === 38 || code === 48) {
      const of256 = list[i + 1] === 5;
      const tone = of256 ? toneOf256(list[i + 2]) : toneOf(list.slice(i + 2, i + 5));
      now = code === 38 ? { ...now, tone } : { ...now, back: tone || "grey" };
      i += of256 ? 2 : 4;
    } else now = { ...now, ...changed(code) };
  }
  return now;
}

/** @param {number} code @returns {Partial<Style>} */
function changed(code) {
  if (code >= 30 && code < 38) return { tone: TONES[code - 30] };
  if (code >= 90 && code < 98) return { tone: BRIGHT[code - 90] };
  if (code >= 40 && code < 48) return { back: TONES[code - 40] || "grey" };
  if (code >= 100 && code < 108) return { back: TONES[code - 100] || "grey" };
  /** @type {Record<number, Partial<Style>>} */
  const one = {
    0: PLAIN,
    1: { bold: true },
    2: { faint: true },
    3: { italic: true },
    4: { underline: true },
    7: { reverse: true },
    22: { bold: false, faint: false },
    23: { italic: false },
    24: { underline: false },
    27: { reverse: false },
    39: { tone: "" },
    49: { back: "" },
  };
  return one[code] ?? {};
}

/** @param {number} code of the 256 colours */
function toneOf256(code) {
  if (code < 8) return TONES[code];
  if (code < 16) return BRIGHT[code - 8];
  if (code > 231) return code > 237 && code < 248 ? "grey" : "";
  const cube = code - 16;
  return toneOf([LEVELS[Math.floor(cube / 36)], LEVELS[Math.floor(cube / 6) % 6], LEVELS[cube % 6]]);
}

/** @param {number[]} rgb 0 to 255 each */
function toneOf([red = 0, green = 0, blue = 0]) {
  const most = Math.max(red, green, blue);
  const span = most - Math.min(red, green, blue);
  if (!(span >= 50)) return most > 70 && most < 190 ? "grey" : "";
  const turn = most === red ? (green - blue) / span : most === green ? 2 + (blue - red) / span : 4 + (red - green) / span;
  return ["red", "yellow", "green", "cyan", "blue", "magenta"][Math.round(turn + 6) % 6];
}
