// @ts-check
import { call } from "../edge/api.js";
import { arrange, attribute, h, setText } from "../edge/dom.js";
import { symbol } from "../edge/symbol.js";
import { now, stands, ticks } from "../edge/ticking.js";
import { full, length, moment } from "../pure/time.js";
import { act, acts } from "./act.js";
import { askAgain, JobLine, liveJob } from "./job_line.js";
import { openMenu } from "./menu.js";

/** @typedef {import("../pure/store.js").Store} Store */

/** Columns that run parameters share with the job lines below. */
export const PARAM_COLUMNS = 3;

/** One run with its jobs: a group of table rows, changed in place. */
export class RunRows {
  #started = h("time");
  #length = h("td", { headers: "h-run-length", class: "run-length" });
  #params = Array.from({ length: PARAM_COLUMNS }, (_, i) => h("td", { class: "param", headers: `h-param-${i}` }));
  #action = h("td", { colspan: 2, class: "action", headers: "h-action" });
  /** @type {Map<string, JobLine>} by job key */
  #lines = new Map();

  /** @param {Page} page @param {Store} store @param {Run} run */
  constructor(page, store, run) {
    this.page = page;
    this.store = store;
    this.run = run;
    this.apply = h(
      "button",
      { type: "button", class: "choose", "aria-haspopup": "menu", "aria-expanded": "false" },
      h("span", {}, "Apply a hash"),
      symbol("down"),
    );
    attribute(this.apply, "aria-label", `Apply a hash to run ${run.number}`);
    this.apply.addEventListener("click", () => this.#choose());
    this.apply.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowDown") return;
      event.preventDefault();
      this.#choose();
    });
    this.#action.append(acts(this.apply));
    this.row = h(
      "tr",
      { class: "run" },
      h("th", { scope: "rowgroup", class: "run-number", headers: "h-run" }, String(run.number)),
      h("td", { headers: "h-started", class: "started" }, this.#started),
      this.#length,
      ...this.#params,
      this.#action,
    );
    this.element = h("tbody", { "data-key": run.key, "aria-label": `Run ${run.number}` }, this.row);
  }

  /** @param {Run} run @param {Job[]} jobs in order @param {string[]} columns names of the parameters shown */
  show(run, jobs, columns) {
    this.run = run;
    const begun = Date.parse(run.started_at);
    setText(this.#started, moment(run.started_at, now()));
    attribute(this.#started, "datetime", run.started_at);
    attribute(this.#started, "title", full(run.started_at));
    attribute(this.#length, "data-live", run.ended_at === null);
    if (run.ended_at) stands(this.#length, length(Date.parse(run.ended_at) - begun));
    else ticks(this.#length, (time) => length(time - begun));
    attribute(this.#length, "title", run.ended_at ? `ended ${full(run.ended_at)}` : "the run goes on");
    this.#showParams(run, columns);
    for (const key of this.#lines.keys()) if (!jobs.some((job) => job.key === key)) this.#lines.delete(key);
    const rows = jobs.flatMap((job) => this.#line(job).elements);
    arrange(this.element, [this.row, ...rows]);
  }

  showDoubt() {
    for (const line of this.#lines.values()) line.showDoubt();
  }

  /** @param {Job} job @returns {JobLine} */
  #line(job) {
    const held = this.#lines.get(job.key);
    if (held) {
      if (held.job !== job) held.show(job);
      return held;
    }
    const line = new JobLine(this.page, this.store, job);
    this.#lines.set(job.key, line);
    return line;
  }

  /** @param {Run} run @param {string[]} columns */
  #showParams(run, columns) {
    this.#params.forEach((cell, i) => {
      const name = columns[i];
      const value = name === undefined ? undefined : run.params[name];
      const text = value === undefined || value === null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
      setText(cell, typeof value === "number" ? value.toLocaleString("en").replaceAll(",", "\u2009") : text);
      attribute(cell, "title", text ? `${name}: ${text}` : null);
      attribute(cell, "data-name", name ?? null);
      cell.classList.toggle("number", typeof value === "number");
    });
  }

  #choose() {
    const { number } = this.run;
    const usable = /** @type {Definition[]} */ (this.store.all("definition"))
      .filter((definition) => definition.executable && !definition.archived_at)
      .sort((a, b) => a.id - b.id);
    /** @type {import("./menu.js").Item[]} */
    const items = usable.map((definition) => ({
      text: definition.name,
      note: definition.check?.problem ?? (liveJob(this.store, number, definition.id) ? "live on this run" : ""),
      choose: () => void this.#applyHash(definition),
    }));
    if (!items.length) {
      const definitions = `/experiments/${this.run.experiment}/definitions`;
      items.push({ text: "No hash yet", note: "make one in Batch defs", choose: () => location.assign(definitions) });
    }
    openMenu(this.apply, `Hashes for run ${number}`, items);
  }

  /** @param {Definition} definition */
  async #applyHash(definition) {
    const { number, experiment } = this.run;
    const live = liveJob(this.store, number, definition.id);
    if (live && !(await askAgain(live))) return;
    await act({
      button: this.apply,
      place: this.#action,
      send: () =>
        call("POST", `${this.page.api}/experiments/${experiment}/jobs`, { definition: definition.id, runs: number }),
      seen: ({ jobs }) => jobs.every((/** @type {Job} */ job) => this.store.get(`job/${job.id}`)),
    });
  }
}
