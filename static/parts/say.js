// @ts-check
import { h, setText } from "../edge/dom.js";

const place = h("p", { class: "unseen", role: "status" });
document.body.append(place);

/** Tells those who cannot see it what an action has done; on the page its own place shows it. @param {string} text */
export function say(text) {
  setText(place, "");
  setTimeout(() => setText(place, text));
}
