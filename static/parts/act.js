// @ts-check
import { Refused } from "../edge/api.js";
import { attribute, h } from "../edge/dom.js";
import { actable } from "../edge/page.js";
import { clearProblem, showProblem } from "./problem.js";

const PENDING_AT_MOST = 10_000;

/** A group of controls that are off while the feed is away. @param {...(Node | string)} controls */
export function acts(...controls) {
  return h("fieldset", { class: "acts", disabled: !actable() }, ...controls);
}

/**
 * Does what a click asked for. The button looks pending until `seen()` says that the feed shows the outcome; a refusal
 * is shown at `place`.
 * @param {{button: HTMLElement, place: Element, send: () => Promise<any>, seen?: (answer: any) => boolean}} action
 * @returns {Promise<boolean>} whether the server has taken it
 */
export async function act({ button, place, send, seen = () => true }) {
  if (button.getAttribute("aria-busy") === "true") return false;
  clearProblem(place);
  attribute(button, "aria-busy", "true");
  try {
    const answer = await send();
    await until(() => seen(answer));
    return true;
  } catch (cause) {
    if (!(cause instanceof Refused)) throw cause;
    showProblem(place, cause.message);
    return false;
  } finally {
    attribute(button, "aria-busy", null);
  }
}

/** Looks in each frame, for 10 s at most. @param {() => boolean} holds @returns {Promise<void>} */
function until(holds) {
  const end = performance.now() + PENDING_AT_MOST;
  return new Promise((resolve) => {
    const look = () => {
      if (holds() || performance.now() > end) resolve();
      else setTimeout(look, 50);
    };
    look();
  });
}
