// @ts-check
import { h, styled } from "../edge/dom.js";
import { lastUsed } from "../edge/last_used.js";
import { HINT_KEY, remember } from "../edge/settings.js";
import { everySecond } from "../edge/ticking.js";

/** For somebody who has never applied a hash with this browser; gone for good with the first one, or when dismissed. @param {Page} page */
export async function showHint({ experiment }) {
  await styled("sheets");
  const button = h("button", { type: "button" }, "Got it");
  const words = "New here? Choose a hash in the Action column of a run: its job comes up below the run and reports there. Press ? for the keys.";
  const hint = h("aside", { class: "hint", "aria-label": "First steps" }, h("p", {}, words), button);
  const end = () => {
    hint.remove();
    remember(HINT_KEY, true);
  };
  button.addEventListener("click", end);
  everySecond(() => hint.isConnected && lastUsed(experiment?.name ?? "").length && end());
  document.body.append(hint);
}
