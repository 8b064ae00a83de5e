// @ts-check

/** Rows do not shift under somebody who is pointing, typing or reading further down. */

const POINTING_FOR = 3_000;
const AT_TOP = 4;

/** @type {{row: Element | null, at: number}} the row last pointed at */
const pointed = { row: null, at: -Infinity };

addEventListener("pointermove", ({ target }) => {
  pointed.row = target instanceof Element ? target.closest("tr") : null;
  pointed.at = performance.now();
});

/**
 * The row that must stay where it is while the table is drawn: what somebody is at, else the first that can be seen; null
 * at the top of the page, where what is new may come in.
 * @param {HTMLTableElement} table @returns {Element | null}
 */
export function heldRow(table) {
  const opened = table.querySelector("[aria-haspopup][aria-expanded=true]")?.closest("tr");
  if (opened && inSight(opened)) return opened;
  const focused = table.querySelector("tbody :focus-visible")?.closest("tr");
  if (focused && inSight(focused)) return focused;
  const recent = performance.now() - pointed.at < POINTING_FOR;
  if (recent && pointed.row && table.contains(pointed.row) && pointed.row.closest("tbody")?.dataset.key && inSight(pointed.row)) return pointed.row;
  if (scrollY < AT_TOP) return null;
  for (const body of table.tBodies) if (body.dataset.key && body.getBoundingClientRect().bottom > 100) return body;
  return null;
}

/** @param {Element} element */
function inSight(element) {
  const { top, bottom } = element.getBoundingClientRect();
  return bottom > 0 && top < innerHeight;
}

/** Height that a body of the table takes, with what stands below it. @param {HTMLElement} body */
export function placeOf(body) {
  const { marginBottom } = getComputedStyle(body);
  return body.getBoundingClientRect().height + (parseFloat(marginBottom) || 0);
}
