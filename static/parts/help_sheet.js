// @ts-check
import { h, styled } from "../edge/dom.js";
import { keys } from "../edge/keys.js";

await styled("floats");

const NAMES = /** @type {Record<string, string>} */ ({
  ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→", Escape: "Esc", " ": "Space", PageUp: "Page up", PageDown: "Page down",
});

/** Opens the sheet of all keys of this page, by group. Esc closes it. */
export async function openHelp() {
  await styled("sheets");
  const before = /** @type {HTMLElement | null} */ (document.activeElement);
  const groups = [...new Set(keys.all().map(({ group }) => group))];
  const parts = groups.map((title) => h("section", {}, h("h3", {}, title), list(keys.all().filter(({ group }) => group === title))));
  const close = h("button", { value: "close", autofocus: true }, "Close");
  const sheet = h("dialog", { class: "help", "aria-labelledby": "help-title" }, h("h2", { id: "help-title" }, "Keys"),
    h("div", { class: "help-groups" }, ...parts),
    h("p", { class: "quiet" }, "Tab and Shift+Tab reach every control; Enter and Space press it; Esc closes what is open."),
    h("form", { method: "dialog" }, close));
  sheet.addEventListener("close", () => {
    sheet.remove();
    before?.focus();
  });
  document.body.append(sheet);
  sheet.showModal();
}

/** @param {import("../edge/keys.js").Key[]} keys */
function list(keys) {
  return h("dl", {}, ...keys.flatMap(({ key, text }) => [h("dt", {}, ...caps(key)), h("dd", {}, text)]));
}

/** @param {string | string[]} key */
function caps(key) {
  return [key].flat().flatMap((name, i) => [i > 0 && " or ", h("kbd", {}, NAMES[name] ?? name)]);
}
