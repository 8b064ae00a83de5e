// @ts-check
import { byId } from "../edge/dom.js";

/**
 * Rows do not shift under somebody who is pointing, typing or reading further down. What comes in above goes above the
 * screen, and a note says so.
 */

const POINTING_FOR = 3_000;

/** @type {{row: Element | null, at: number}} the row last pointed at */
const pointed = { row: null, at: -Infinity };

addEventListener("pointermove", ({ target }) => {
  pointed.row = target instanceof Element ? target.closest("tr") : null;
  pointed.at = performance.now();
});

/** Draws, and keeps what somebody is at in its place. @param {HTMLTableElement} table @param {() => void} draw */
export function holdingStill(table, draw) {
  const anchor = heldRow(table);
  const before = anchor?.getBoundingClientRect().top ?? 0;
  const first = table.tBodies[0];
  draw();
  if (!anchor?.isConnected) return;
  const moved = anchor.getBoundingClientRect().top - before;
  if (Math.abs(moved) >= 1) scrollBy({ top: moved, behavior: "instant" });
  if (moved > 0 && table.tBodies[0] !== first) noteAbove();
}

/** @param {HTMLTableElement} table @returns {Element | null} */
function heldRow(table) {
  const opened = table.querySelector("[aria-haspopup][aria-expanded=true]")?.closest("tr");
  if (opened) return opened;
  const focused = table.querySelector(":focus-visible")?.closest("tr");
  if (focused) return focused;
  const recent = performance.now() - pointed.at < POINTING_FOR;
  if (recent && pointed.row && table.contains(pointed.row)) return pointed.row;
  if (scrollY < 40) return null;
  return [...table.tBodies].find((body) => body.getBoundingClientRect().bottom > 80) ?? null;
}

function noteAbove() {
  const note = /** @type {HTMLButtonElement} */ (byId("above"));
  if (!note.hidden || scrollY < 1) return;
  note.hidden = false;
  const away = () => {
    if (scrollY > 4) return;
    note.hidden = true;
    removeEventListener("scroll", away);
  };
  addEventListener("scroll", away, { passive: true });
  note.onclick = () => scrollTo({ top: 0, behavior: "instant" });
}
