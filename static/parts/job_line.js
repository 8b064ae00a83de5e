// @ts-check
import { attribute, h, setText } from "../edge/dom.js";
import { symbol } from "../edge/symbol.js";
import { now } from "../edge/ticking.js";
import { nameOf } from "../pure/columns.js";
import { asOf } from "../pure/doubts.js";
import { differences, quietOf } from "../pure/quiet.js";
import { doubtOf, isKilling, isKillStuck, isLive } from "../pure/status.js";
import { acts } from "./act.js";
import { showStatus } from "./cells.js";
import { makeCell, stickFirst } from "./column_cells.js";
import { Fold } from "./fold.js";
import { LsfCell } from "./lsf_cell.js";
import { Report } from "./report.js";

/** One job under its run. Its cells are made once and changed in place, so focus and pointer stay where they are. */
export class JobLine {
  #hash = h("a", { class: "hash-name at" });
  #status = h("td", { class: "status", headers: "h-status" });
  #gutter = h("td", { class: "gutter" });
  /** @type {Fold | null} */
  #fold = null;
  #used = h("span", { class: "used" });
  #reportCell = h("td", { class: "report", headers: "h-report" });
  #report = new Report(this.#reportCell);
  #drawn = /** @type {unknown[]} */ ([]);
  /** @type {LsfCell | null} */
  #lsf = null;

  /** @param {Desk} desk @param {Job} job @param {Columns} columns */
  constructor(desk, job, columns) {
    this.desk = desk;
    this.job = job;
    const { id } = job;
    attribute(this.#hash, "href", `#job/${id}`);
    this.kill = this.#button("Kill");
    this.log = this.#button("Log", `#job/${id}/log`);
    this.details = this.#button("Details", `#job/${id}/details`);
    this.resubmit = this.#button("Resubmit");
    this.remove = this.#button("Delete");
    const buttons = h("div", { class: "buttons" }, this.kill, this.log, this.details, this.resubmit, this.remove);
    const group = acts(buttons);
    const more = h("button", { type: "button", class: "icon more", "aria-expanded": "false" }, symbol("more"));
    attribute(more, "aria-label", `Actions for ${this.#label()}`);
    more.addEventListener("click", () => attribute(more, "aria-expanded", group.toggleAttribute("data-open")));
    this.cells = columns.job.map((column, i) => makeCell(column, i, columns));
    const hash = h("th", { scope: "row", class: "hash", headers: "h-hash" }, this.#hash);
    stickFirst([hash, this.#status], columns);
    const empty = Array.from({ length: columns.widths.length - columns.job.length - 2 }, () => h("td", { class: "none" }));
    this.element = h(
      "tr",
      { class: "job", "data-key": job.key },
      this.#gutter,
      hash,
      this.#status,
      ...this.cells.map((cell) => cell.element),
      ...empty,
      h("td", { class: "actions", headers: "h-actions" }, more, group),
      this.#reportCell,
    );
    this.#report.without = columns.job.map(nameOf);
    this.#reportCell.append(this.#used);
    const lsf = columns.job.findIndex(({ key }) => key === "lsf");
    if (lsf < 0) return;
    const place = { page: desk.page, line: this.element, cell: this.cells[lsf].element, columns };
    this.#lsf = new LsfCell({ ...place, asOf: (one) => this.#asOf(one), onChange: () => desk.redraw([job.run]) });
  }

  /** The line, and those of its LSF jobs while they are open. @returns {Element[]} */
  get elements() {
    return [this.element, ...(this.#lsf?.elements ?? [])];
  }

  /** @param {Job} job */
  show(job) {
    this.job = job;
    const definition = this.#definition();
    if (this.#drawn[0] === job && this.#drawn[1] === definition) return;
    this.#drawn = [job, definition];
    setText(this.#hash, job.definition.name);
    attribute(this.#hash, "title", `${job.definition.name}\n${job.executable} ${job.parameters}\nasked for by ${job.user}`);
    this.#showStatus(job);
    this.#lsf?.show(job);
    for (const cell of this.cells) cell.show(job);
    this.#showButtons(job);
    this.#showUsed(job, definition);
    this.#report.show(job);
  }

  /** How many earlier jobs of its hash are folded under it. @param {number} count @param {boolean} open @param {() => void} toggle */
  showEarlier(count, open, toggle) {
    if (!this.#fold && !count) return;
    this.#fold ??= new Fold(this.#gutter);
    this.#fold.toggle = toggle;
    this.#fold.show(count, open, this.#label());
  }

  /** What depends on the time and on other rows: whether the farm and the job still tell us something. */
  showDoubt() {
    if (isLive(this.job.status)) this.#showStatus(this.job);
    this.#lsf?.showDoubt();
  }

  /** @param {Job} job */
  #showStatus(job) {
    const [killing, old, quiet] = [isKilling(job), this.#asOf(job), quietOf(job, this.#definition(), now())];
    const notes = [
      ...(doubtOf(job) ? [{ shape: "unknown", text: "unknown" }] : []),
      ...(killing ? [{ shape: "killing", text: "killing" }] : []),
      ...(old ? [{ text: old }] : quiet ? [{ shape: "slow", text: quiet.text }] : []),
    ];
    showStatus(this.#status, job, quiet?.title ?? job.detail, notes);
  }

  /** @param {Job} job @param {Definition | undefined} definition */
  #showUsed(job, definition) {
    const { parameters, edited } = differences(job, definition);
    const texts = [parameters, edited && "hash edited since"].filter(Boolean);
    this.#used.hidden = texts.length === 0;
    setText(this.#used, texts.join(" · "));
    attribute(this.#used, "title", edited ? `It ran ${job.executable} ${job.parameters}\nnow ${definition?.executable ?? "no path"} ${definition?.parameters}` : null);
  }

  #definition() {
    return /** @type {Definition | undefined} */ (this.desk.store.get(`definition/${this.job.definition.id}`));
  }

  /** @param {{status: string, as_of: string}} job this one, or one of its LSF jobs */
  #asOf(job) {
    return asOf(job, this.desk.store.get(`location/${this.job.location}`), now());
  }

  /** @param {Job} job */
  #showButtons(job) {
    const live = isLive(job.status);
    const focused = document.activeElement;
    /* An action that is not possible now keeps its place. */
    this.kill.toggleAttribute("data-off", !live || (isKilling(job) && !isKillStuck(job)));
    for (const button of [this.resubmit, this.remove]) button.toggleAttribute("data-off", live);
    if (focused instanceof HTMLElement && focused.dataset.off !== undefined && this.element?.contains(focused)) this.log.focus();
  }

  /** @param {string} name @param {string} [opens] what it opens; else it acts */
  #button(name, opens) {
    const [label, action] = [`${name} ${this.#label()}`, /** @type {any} */ (name.toLowerCase())];
    const title = action === "resubmit" ? `${label}\nwith Shift: with other parameters` : label;
    const names = { "aria-label": label, title, "data-name": name };
    const click = (/** @type {MouseEvent} */ { shiftKey }) => void (opens ? (location.hash = opens) : this.#act(action, button, shiftKey));
    const button = h("button", { type: "button", class: "icon", ...names, onclick: click }, symbol(action));
    return button;
  }

  #label() {
    return `${this.job.definition.name} on run ${this.job.run}`;
  }

  /** @param {"kill" | "resubmit" | "delete"} action @param {HTMLButtonElement} button @param {boolean} other otherwise than it was */
  async #act(action, button, other) {
    const { actOn } = await import("./job_actions.js");
    await actOn({ desk: this.desk, job: () => this.job, action, other, button, place: this.#reportCell });
  }
}
