// @ts-check
import { Refused } from "../edge/api.js";
import { copy } from "../edge/copy.js";
import { h, setText } from "../edge/dom.js";
import { say } from "./say.js";

const SAID_FOR = 2_000;

/**
 * A button that copies a text, and says in its place what became of it; its width stays.
 * @param {{text: () => string | Promise<string>, label?: string, name?: string}} what `name`: of the button, when its label
 *   alone does not say what is copied
 */
export function copyButton({ text, label = "Copy", name = label }) {
  const shown = h("span", {}, label);
  const button = h("button", { type: "button", class: "copy", "aria-label": name }, h("span", { class: "room", "aria-hidden": "true" }, label), shown);
  button.addEventListener("click", async () => {
    const outcome = await attempt(text);
    setText(shown, outcome ? "Failed" : "Copied");
    button.title = outcome;
    say(outcome || "Copied");
    setTimeout(() => setText(shown, label), SAID_FOR);
  });
  return button;
}

/** @param {() => string | Promise<string>} text @returns {Promise<string>} why it failed; empty: it is copied */
async function attempt(text) {
  try {
    const done = await copy(await text());
    return done ? "" : "The browser lets this page copy nothing: it does on https only.";
  } catch (cause) {
    if (!(cause instanceof Refused)) throw cause;
    return cause.message;
  }
}
