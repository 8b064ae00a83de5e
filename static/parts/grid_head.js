// @ts-check
import { attribute, h, setRoot } from "../edge/dom.js";
import { WIDTHS } from "../pure/columns.js";

export { GridRun } from "./grid_rows.js";

/** Least width of a hash in the grid, px: thirty of them stand beside each other on a screen of 1440. */
const ACROSS = 43;
/** From this width on its name stands upright. */
const WIDE = 100;

/** What the head of the grid shows: another one must be drawn when it is another. @param {View} view */
export function drawnBy({ filter, counter, hashes }) {
  return [counter, filter.of, isDense(hashes), hashes.map(({ name }) => name)];
}

/** A column for each hash. @param {import("./table_head.js").TableHead} head @param {View} view */
export function showGrid(head, { filter, counter, hashes }) {
  const column = { sort: counter ? `counter:${counter}` : null, down: true };
  const cells = hashes.map(({ id, name }) => {
    const cell = h("th", { id: `h-hash-${id}`, scope: "col", title: name, class: "across" });
    cell.append(head.name(cell, name, { ...column, of: name }, filter));
    return cell;
  });
  head.element.replaceChildren(h("tr", {}, head.runCell(filter, 1), ...cells));
  attribute(head.element, "data-dense", isDense(hashes));
  head.showWidths([], WIDTHS.number + ACROSS * hashes.length, [h("col", { span: hashes.length })]);
  setRoot("--table-most", `${WIDTHS.number + 3 * ACROSS * hashes.length}px`);
}

/** @param {Definition[]} hashes */
function isDense(hashes) {
  return hashes.length * WIDE > document.documentElement.clientWidth - WIDTHS.number;
}
