import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { contrast, nameColors, parseColor, readable, THEMES } from "../../static/pure/color.js";

/* A few of the names that a browser knows. */
const NAMES = {
  red: "#ff0000", yellow: "#ffff00", white: "#ffffff", black: "#000000", lime: "#00ff00", blue: "#0000ff", navy: "#000080",
  snow: "#fffafa", rebeccapurple: "#663399", transparent: "rgba(0, 0, 0, 0)",
};
nameColors((word) => (Object.hasOwn(NAMES, word) ? NAMES[word] : null));

const tokens = readFileSync(new URL("../../static/style/tokens.css", import.meta.url), "utf8");
const sharper = readFileSync(new URL("../../static/style/contrast.css", import.meta.url), "utf8");
const channels = (text) => text.match(/\d+/g).map(Number);

/** OKLCH to sRGB, after the definition in CSS Color 4. */
function rgb(text) {
  const [l, c, h] = text.split(/\s+/).map(Number);
  const [a, b] = [c * Math.cos((h * Math.PI) / 180), c * Math.sin((h * Math.PI) / 180)];
  const [p, q, r] = [
    (l + 0.3963377774 * a + 0.2158037573 * b) ** 3,
    (l - 0.1055613458 * a - 0.0638541728 * b) ** 3,
    (l - 0.0894841775 * a - 1.291485548 * b) ** 3,
  ];
  const linear = [
    4.0767416621 * p - 3.3077115913 * q + 0.2309699292 * r,
    -1.2684380046 * p + 2.6097574011 * q - 0.3413193965 * r,
    -0.0041960863 * p - 0.7034186147 * q + 1.707614701 * r,
  ];
  return linear.map((x) => {
    const part = Math.min(1, Math.max(0, x));
    return Math.round(255 * (part <= 0.0031308 ? 12.92 * part : 1.055 * part ** (1 / 2.4) - 0.055));
  });
}

/** A raw token in one theme. */
function raw(name, theme) {
  const [, light, dark] = new RegExp(`--${name}: light-dark\\(oklch\\(([^)]*)\\), oklch\\(([^)]*)\\)\\)`).exec(tokens);
  return rgb(theme === "light" ? light : dark);
}

for (const theme of ["light", "dark"]) {
  test(`the ${theme} theme that reports are mixed for is the one of the style sheet`, () => {
    const near = (a, b) => a.every((channel, i) => Math.abs(channel - b[i]) <= 4);
    assert.ok(near(THEMES[theme].text, raw("grey-100", theme)), `text is ${raw("grey-100", theme)}`);
    assert.ok(near(THEMES[theme].surface, raw("grey-2", theme)), `surface is ${raw("grey-2", theme)}`);
  });

  for (const text of ["grey-100", "grey-70", "blue-60", "green-60", "amber-60", "red-60"]) {
    test(`${text} reads on every surface of the ${theme} theme`, () => {
      for (const surface of ["grey-0", "grey-1", "grey-2", "grey-3"]) {
        const ratio = contrast(raw(text, theme), raw(surface, theme));
        assert.ok(ratio >= 4.5, `${ratio.toFixed(2)} on ${surface}`);
      }
    });
  }

  test(`the edges of controls show on every surface of the ${theme} theme`, () => {
    for (const surface of ["grey-0", "grey-1", "grey-2", "grey-3"]) {
      const ratio = contrast(raw("grey-40", theme), raw(surface, theme));
      assert.ok(ratio >= 3, `${ratio.toFixed(2)} on ${surface}`);
    }
  });

  test(`notes of trouble read on their faint surfaces in the ${theme} theme`, () => {
    for (const hue of ["amber", "red"]) assert.ok(contrast(raw(`${hue}-60`, theme), raw(`${hue}-10`, theme)) >= 4.5, hue);
    assert.ok(contrast(raw("on-blue", theme), raw("blue-60", theme)) >= 4.5, "button");
  });

  test(`every colour a report gives reads in the ${theme} theme`, () => {
    for (const color of ["red", "yellow", "white", "black", "lime", "blue", "#ffff00", "#777777", "navy", "snow"]) {
      const shade = channels(readable(color)[theme]);
      assert.ok(contrast(shade, THEMES[theme].surface) >= 4.5, color);
    }
  });
}

/** A raw token as high contrast redefines it, or as it is. */
function sharp(name, theme) {
  const [, block] = /data-contrast="more"\] \{([^}]*)\}/.exec(sharper);
  const found = new RegExp(`--${name}: light-dark\\(oklch\\(([^)]*)\\), oklch\\(([^)]*)\\)\\)`).exec(block);
  return found ? rgb(found[theme === "light" ? 1 : 2]) : raw(name, theme);
}

for (const theme of ["light", "dark"]) {
  test(`text of the ${theme} theme in high contrast has 7:1 on every surface, and lines that matter 3:1`, () => {
    for (const surface of ["grey-0", "grey-1", "grey-2", "grey-3"].map((name) => sharp(name, theme))) {
      for (const text of ["grey-100", "grey-70", "blue-60", "green-60", "amber-60", "red-60"]) {
        const ratio = contrast(sharp(text, theme), surface);
        assert.ok(ratio >= 7, `${text}: ${ratio.toFixed(2)}`);
      }
      for (const line of ["grey-30", "grey-40"]) assert.ok(contrast(sharp(line, theme), surface) >= 3, line);
    }
    assert.ok(contrast(sharp("on-blue", theme), sharp("blue-60", theme)) >= 7, "button");
    for (const hue of ["amber", "red"]) assert.ok(contrast(sharp(`${hue}-60`, theme), sharp(`${hue}-10`, theme)) >= 7, hue);
  });
}

test("a colour that reads already is left alone", () => {
  assert.equal(readable("navy").light, "rgb(0 0 128)");
  assert.equal(readable("yellow").dark, "rgb(255 255 0)");
});

test("names of CSS and #rrggbb are colours, nothing else is", () => {
  assert.deepEqual(parseColor(" RebeccaPurple "), [102, 51, 153]);
  assert.deepEqual(parseColor("#00FF7f"), [0, 255, 127]);
  for (const odd of ["", "#fff", "rgb(1,2,3)", "constructor", "red;x", "url(x)", "#gggggg", "transparent"]) assert.equal(parseColor(odd), null);
});
