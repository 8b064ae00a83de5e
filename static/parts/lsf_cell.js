// @ts-check
import { attribute, h, setText } from "../edge/dom.js";
import { symbol } from "../edge/symbol.js";
import { listed } from "./cells.js";

/** @typedef {(job: {status: string, as_of: string}) => string} AsOf the age of a status that may be out of date */

/** The LSF ID cell of a job. It opens to a line for each of its LSF jobs, which is loaded then. */
export class LsfCell {
  #text = h("span", {});
  #opener = h("button", { type: "button", class: "lsf-opener", "aria-expanded": "false" }, symbol("down"), this.#text);
  #open = false;
  /** @type {import("./lsf_lines.js").LsfLines | null} */
  #lines = null;

  /**
   * @param {{page: Page, line: Element, cell: Element, columns: Columns, asOf: AsOf, onChange: () => void}} place `line`:
   *   the job's own, `cell`: in it; `onChange`: there are more or fewer lines
   */
  constructor(place) {
    this.place = place;
    this.#opener.addEventListener("click", () => void this.#toggle());
    place.cell.append(this.#opener);
  }

  /** What stands below the job's line. @returns {Element[]} */
  get elements() {
    return (this.#open && this.#lines?.elements) || [];
  }

  /** @param {Job} job */
  show(job) {
    this.job = job;
    const [first, ...others] = job.lsf_ids;
    attribute(this.place.cell, "data-several", others.length > 0);
    this.#opener.hidden = first === undefined;
    setText(this.#text, others.length ? `${first} +${others.length}` : (first ?? ""));
    attribute(this.#opener, "title", others.length ? listed(job.lsf_ids) : null);
    attribute(this.#opener, "aria-label", `LSF jobs of ${job.definition.name} on run ${job.run}: ${listed(job.lsf_ids)}`);
    if (this.#open) this.#lines?.show(job);
  }

  showDoubt() {
    if (this.#open) this.#lines?.showDoubt();
  }

  async #toggle() {
    this.#open = !this.#open;
    attribute(this.#opener, "aria-expanded", String(this.#open));
    if (!this.#open) {
      this.#lines?.close();
      this.#lines = null;
      return this.place.onChange();
    }
    const { LsfLines } = await import("./lsf_lines.js");
    if (this.#open && this.job) this.#lines ??= new LsfLines(this.place, this.job);
  }
}
