// @ts-check
import { h, styled } from "../edge/dom.js";
import { choose, settings } from "../edge/settings.js";
import { openFloat } from "./float.js";

const CHOICES = /** @type {[keyof import("../edge/settings.js").Settings, string, Record<string, string>][]} */ ([
  ["theme", "Theme", {
    "": "As the system", light: "Light", dark: "Dark", "light-contrast": "Light, high contrast", "dark-contrast": "Dark, high contrast",
  }],
  ["times", "Times", { "": "The facility’s", mine: "Mine", utc: "UTC" }],
  ["rows", "Rows", { "": "Compact", comfortable: "Comfortable" }],
]);

/** Opens what a person may choose for this browser; each choice holds at once. @param {HTMLElement} button */
export async function openSettings(button) {
  await styled("sheets");
  const now = settings();
  const groups = CHOICES.map(([name, title, words]) =>
    h("fieldset", {}, h("legend", {}, title), ...Object.entries(words).map(([value, text]) =>
      h("label", {}, h("input", { type: "radio", name: `set-${name}`, value, checked: now[name] === value, onchange: () => choose({ [name]: value }) }), text))));
  const sheet = h("form", { class: "menu choices", popover: "auto", "aria-label": "Settings" }, ...groups, h("p", { class: "quiet" }, "Kept in this browser. Motion follows the system."));
  openFloat(button, sheet);
  /** @type {HTMLElement | null} */ (sheet.querySelector("input:checked"))?.focus();
}
