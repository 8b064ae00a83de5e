// @ts-check
import { attribute, styled } from "../edge/dom.js";

await styled("floats");

const GAP = 2;

/**
 * Opens a popover below an element (above it where there is no room) and keeps it there while the page moves. Esc or a
 * click elsewhere closes it for good; the focus goes back to the anchor unless it has gone on already.
 * @param {HTMLElement} anchor @param {HTMLElement} content with popover="auto"; it is put into the page
 */
export function openFloat(anchor, content) {
  const follow = () => (anchor.isConnected ? place(content, anchor) : content.hidePopover());
  addEventListener("scroll", follow, { passive: true, capture: true });
  addEventListener("resize", follow);
  content.addEventListener("toggle", (event) => {
    if (/** @type {ToggleEvent} */ (event).newState !== "closed") return;
    removeEventListener("scroll", follow, { capture: true });
    removeEventListener("resize", follow);
    attribute(anchor, "aria-expanded", "false");
    if (content.contains(document.activeElement) || document.activeElement === document.body) anchor.focus();
    content.remove();
  });
  /* What stands outside an open dialog could not be used; outside of the landmarks it is not found. */
  (anchor.closest("dialog, main, header") ?? document.body).append(content);
  content.showPopover();
  place(content, anchor);
  attribute(anchor, "aria-expanded", "true");
}

/** @param {HTMLElement} content @param {HTMLElement} anchor */
function place(content, anchor) {
  const at = anchor.getBoundingClientRect();
  const { width, height } = content.getBoundingClientRect();
  const below = at.bottom + GAP + height <= innerHeight || at.top < innerHeight - at.bottom;
  const top = below ? at.bottom + GAP : Math.max(GAP, at.top - GAP - height);
  content.style.setProperty("top", `${Math.round(top)}px`);
  content.style.setProperty("left", `${Math.round(Math.max(GAP, Math.min(at.left, innerWidth - width - GAP)))}px`);
  content.style.setProperty("max-height", `${Math.round(below ? innerHeight - top - GAP : at.top - 2 * GAP)}px`);
  content.style.setProperty("min-width", `${Math.round(at.width)}px`);
}
