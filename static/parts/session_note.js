// @ts-check
import { call, Refused } from "../edge/api.js";
import { h, setText } from "../edge/dom.js";
import { remember, SESSION_KEY } from "../edge/settings.js";
import { now } from "../edge/ticking.js";
import { minute } from "../pure/time.js";
import { showProblem } from "./problem.js";

/**
 * Says that the login is about to end, with a button that makes it last, or that it has ended, with the way to log in: in
 * another tab, so that nothing typed here is lost. The page goes on by itself after it.
 * @param {Element} place @param {number | null} ends ms since 1970; null: it has ended
 */
export function showNote(place, ends) {
  const kind = ends === null ? "out" : "near";
  if (place.getAttribute("data-kind") !== kind || !place.firstChild) {
    place.setAttribute("data-kind", kind);
    place.replaceChildren(h("span"), " ", ends === null ? wayIn() : renewal(place));
  }
  const left = Math.max(1, Math.round(((ends ?? 0) - now()) / 60_000));
  const text = ends === null
    ? "You are logged out. Nothing is lost: this page goes on by itself after you log in."
    : `Your login ends at ${minute(ends)}, in ${left} min.`;
  setText(/** @type {Node} */ (place.firstChild), text);
}

function wayIn() {
  return h("a", { href: "/", target: "_blank", rel: "noopener", class: "button" }, "Log in (new tab)");
}

/** @param {Element} place */
function renewal(place) {
  const button = h("button", { type: "button" }, "Stay logged in");
  button.addEventListener("click", async () => {
    try {
      const { ends_at } = await call("POST", "/login/renew");
      remember(SESSION_KEY, Date.parse(ends_at));
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
      showProblem(place, cause.message);
    }
  });
  return button;
}
