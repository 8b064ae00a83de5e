// @ts-check
import { h, styled } from "../edge/dom.js";
import { symbol } from "../edge/symbol.js";
import { leave } from "./leave.js";

await styled("dock");

const STAYS = 10_000;

/** @type {HTMLElement | null} */
let shown = null;

/**
 * Says at the lower edge what was done, and takes itself away after 10 s; not while somebody points at it or is in it.
 * Nothing stands here alone: what was done shows in its own place too. A new one takes the place of the last.
 * @param {...(Node | string)} content
 */
export function toast(...content) {
  if (shown) leave(shown);
  const dismiss = h("button", { type: "button", class: "icon", title: "Dismiss", "aria-label": "Dismiss" }, symbol("close"));
  /* A role of its own is told only when the text comes after the element. */
  const said = h("p", {});
  const box = h("div", { class: "toast", role: "status" }, said, dismiss);
  dismiss.addEventListener("click", () => leave(box));
  document.body.append(box);
  said.append(...content);
  shown = box;
  const look = () => {
    if (box.matches(":hover, :focus-within")) setTimeout(look, 1_000);
    else box.remove();
  };
  setTimeout(look, STAYS);
}
