// @ts-check
import { call, Refused } from "../edge/api.js";
import { arrange, byId, h, setText } from "../edge/dom.js";
import { start } from "../edge/page.js";
import { everySecond } from "../edge/ticking.js";
import { act, acts } from "../parts/act.js";
import { holdingStill } from "../parts/anchor.js";
import { watchPanel } from "../parts/panel.js";
import { clearProblem, showProblem } from "../parts/problem.js";
import { PARAM_COLUMNS, RunRows } from "../parts/run_rows.js";
import { floorOf, paramColumns, RunWindow } from "../pure/runs.js";
import { tally } from "../pure/status.js";

/** @typedef {import("../pure/store.js").Store} Store */

const OLDER = 100;
const JOBS_AT_ONCE = 500;

/** The page Run Tables > Batch control: one group of rows for each run, newest first. */
class Control {
  /** @type {Map<number, RunRows>} */
  #groups = new Map();
  #columns = /** @type {string[]} */ ([]);

  /** @param {Page} page @param {Store} store */
  constructor(page, store) {
    this.page = page;
    this.store = store;
    this.limit = Number(new URL(page.live, location.href).searchParams.get("runs") ?? OLDER);
    this.cursor = page.next_runs;
    this.window = new RunWindow(store, page.next_runs === null ? null : floorOf(store.all("run"), 0));
    this.table = /** @type {HTMLTableElement} */ (byId("runs"));
    byId("to-definitions").setAttribute("href", `/experiments/${page.experiment?.name}/definitions`);
    const add = h("button", { type: "button", class: "primary" }, "Add run");
    add.addEventListener("click", () => void this.#addRun(add));
    byId("add-run").append(acts(add));
    this.older = h("button", { type: "button" }, "Older runs");
    this.older.addEventListener("click", () => void this.#readOlder());
    byId("older").append(acts(this.older));
    this.panel = watchPanel(page, store);
    everySecond(() => this.#showDoubt());
    this.#draw(null);
  }

  /** @param {Set<string>} changed @param {boolean} reset */
  update(changed, reset) {
    if (reset) {
      const runs = this.store.all("run");
      this.window = new RunWindow(this.store, floorOf(runs, this.limit));
      this.cursor = null;
    }
    const touched = reset ? null : this.window.note(changed);
    holdingStill(this.table, () => this.#draw(touched));
    if ([...changed].some((key) => key.startsWith("location/"))) this.#showDoubt();
    this.panel.update(changed);
  }

  /** Draws runs that changed. @param {Set<number> | null} touched null: all */
  #draw(touched) {
    const runs = this.window.runs();
    const columns = paramColumns(runs, PARAM_COLUMNS);
    const all = touched === null || columns.join("\n") !== this.#columns.join("\n");
    if (all) this.#showColumns(columns);
    const shown = new Set(runs.map((run) => run.number));
    for (const number of this.#groups.keys()) if (!shown.has(number)) this.#groups.delete(number);
    const groups = runs.map((run) => {
      const held = this.#groups.get(run.number);
      const group = held ?? new RunRows(this.page, this.store, run);
      if (!held) this.#groups.set(run.number, group);
      if (!held || all || touched?.has(run.number)) group.show(run, this.window.jobs(run.number), columns);
      return group;
    });
    arrange(this.table, [...this.table.querySelectorAll(":scope > colgroup, :scope > thead"), ...groups.map((g) => g.element)]);
    this.#showAround(runs);
  }

  /** @param {string[]} columns */
  #showColumns(columns) {
    this.#columns = columns;
    const newest = this.window.runs().slice(0, 10);
    for (let i = 0; i < PARAM_COLUMNS; i += 1) {
      const head = byId(`h-param-${i}`);
      setText(head, columns[i] ?? "");
      head.classList.toggle("number", newest.some((run) => typeof run.params[columns[i]] === "number"));
    }
  }

  /** What stands around the table: counts, and words for what is missing. @param {Run[]} runs */
  #showAround(runs) {
    const hashes = this.store.all("definition").some((definition) => definition.executable && !definition.archived_at);
    byId("no-hash").hidden = hashes;
    byId("no-runs").hidden = runs.length > 0;
    this.table.hidden = runs.length === 0;
    byId("older").hidden = this.window.floor === null;
    const { running, pending, failed } = tally(runs.flatMap((run) => this.window.jobs(run.number)));
    setText(byId("count-running"), String(running));
    setText(byId("count-pending"), String(pending));
    setText(byId("count-failed"), String(failed));
    byId("counts").hidden = runs.length === 0;
    byId("counts").dataset.failed = String(failed > 0);
    const extent = this.window.floor === null ? "all" : "the newest";
    setText(byId("count-runs"), runs.length === 1 ? "in the 1 run here" : `in ${extent} ${runs.length} runs`);
  }

  #showDoubt() {
    for (const group of this.#groups.values()) group.showDoubt();
  }

  /** @param {HTMLButtonElement} button */
  async #addRun(button) {
    const experiment = this.page.experiment?.name;
    await act({
      button,
      place: byId("add-run"),
      send: () => call("POST", `${this.page.api}/experiments/${experiment}/runs`, {}),
      seen: (run) => this.store.get(`run/${run.number}`) !== undefined,
    });
  }

  async #readOlder() {
    const place = byId("older");
    clearProblem(place);
    this.older.setAttribute("aria-busy", "true");
    try {
      await this.#readPage();
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
      showProblem(place, cause.message);
    } finally {
      this.older.removeAttribute("aria-busy");
    }
  }

  /** Reads on until there is a run below those shown, then the jobs of what was read. */
  async #readPage() {
    const { floor } = this.window;
    /** @type {Run[]} */
    let found = [];
    do {
      const query = new URLSearchParams({ limit: String(this.#step()), ...(this.cursor && { cursor: this.cursor }) });
      const answer = await this.#read(`runs?${query}`);
      this.cursor = answer.next;
      found = answer.items.filter((/** @type {Run} */ run) => floor === null || run.number < floor);
    } while (!found.length && this.cursor);
    const numbers = found.map((run) => run.number);
    const lowest = Math.min(...numbers);
    /** @type {string | null} */
    let cursor = null;
    if (found.length) {
      do {
        const query = new URLSearchParams({ run: `${lowest}-${Math.max(...numbers)}`, limit: String(JOBS_AT_ONCE) });
        if (cursor) query.set("cursor", cursor);
        cursor = (await this.#read(`jobs?${query}`)).next;
      } while (cursor);
    }
    this.window.floor = this.cursor ? lowest : null;
    this.#draw(null);
  }

  /** How many older runs to read at once: fewer where runs have many jobs. */
  #step() {
    const runs = this.window.runs();
    const jobs = runs.reduce((count, run) => count + this.window.jobs(run.number).length, 1);
    return Math.min(OLDER, Math.ceil((JOBS_AT_ONCE * runs.length) / jobs) || OLDER);
  }

  /** @param {string} what @returns {Promise<any>} a page of rows, merged into the store */
  async #read(what) {
    const address = `${this.page.api}/experiments/${this.page.experiment?.name}/${what}`;
    const answer = await call("GET", address);
    const changed = this.store.merge(answer);
    if (!changed) throw new Refused(409, { code: "restored", message: "The store was restored meanwhile. Ask again." });
    this.window.note(changed);
    return answer;
  }
}

start((page, store) => {
  const control = new Control(page, store);
  return (changed, reset) => control.update(changed, reset);
});
