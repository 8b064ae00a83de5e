// @ts-check
import { call, Refused } from "../edge/api.js";
import { arrange, attribute, byId, h, setText } from "../edge/dom.js";
import { start } from "../edge/page.js";
import { stands, ticks } from "../edge/ticking.js";
import { clearProblem, showProblem } from "../parts/problem.js";
import { ago, full } from "../pure/time.js";

/** @typedef {import("../pure/store.js").Store} Store */

/** One experiment of the list, changed in place. */
class ExperimentLine {
  #runs = h("td", { class: "number" });
  #jobs = h("td", { class: "number" });
  #activity = h("td", {});
  #instrument = h("td", {});
  #description = h("td", { class: "quiet" });

  /** @param {Experiment} row */
  constructor(row) {
    const link = h("a", { href: `/experiments/${row.name}` }, row.name);
    this.element = h(
      "tr",
      { "data-key": row.key },
      h("th", { scope: "row" }, link),
      this.#instrument,
      this.#runs,
      this.#jobs,
      this.#activity,
      this.#description,
    );
  }

  /** @param {Experiment} row */
  show(row) {
    setText(this.#instrument, row.instrument);
    setText(this.#description, row.description);
    setText(this.#runs, String(row.runs));
    setText(this.#jobs, String(row.jobs_live));
    attribute(this.#jobs, "data-live", row.jobs_live > 0);
    const { last_activity_at: at } = row;
    if (at) ticks(this.#activity, (now) => ago(at, now));
    else stands(this.#activity, "none yet");
    attribute(this.#activity, "title", at ? full(at) : null);
  }
}

/** The first page: all experiments by name, and a form that makes one. */
class Experiments {
  /** @type {Map<string, ExperimentLine>} */
  #lines = new Map();

  /** @param {Page} page @param {Store} store */
  constructor(page, store) {
    this.page = page;
    this.store = store;
    this.form = /** @type {HTMLFormElement} */ (byId("new-experiment"));
    this.opener = byId("open-new");
    this.opener.addEventListener("click", () => this.#open(this.form.hidden));
    byId("close-new").addEventListener("click", () => this.#open(false));
    this.form.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.#open(false);
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#make();
    });
    this.draw(null);
  }

  /** @param {Set<string> | null} changed null: all */
  draw(changed) {
    const rows = /** @type {Experiment[]} */ (this.store.all("experiment")).sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const key of this.#lines.keys()) if (!this.store.get(key)) this.#lines.delete(key);
    for (const row of rows) {
      const line = this.#lines.get(row.key) ?? new ExperimentLine(row);
      if (!this.#lines.has(row.key) || changed === null || changed.has(row.key)) line.show(row);
      this.#lines.set(row.key, line);
    }
    const elements = rows.map((row) => /** @type {ExperimentLine} */ (this.#lines.get(row.key)).element);
    arrange(byId("experiments"), elements);
    byId("list").hidden = rows.length === 0;
    byId("no-experiments").hidden = rows.length > 0;
  }

  /** @param {boolean} open */
  #open(open) {
    this.form.hidden = !open;
    attribute(this.opener, "aria-expanded", String(open));
    if (open) this.#field("name").focus();
    else this.opener.focus();
  }

  async #make() {
    const button = byId("make-new");
    for (const name of ["name", "instrument", "description"]) this.#mark(name, null);
    clearProblem(this.form);
    attribute(button, "aria-busy", "true");
    const body = Object.fromEntries(new FormData(this.form));
    try {
      const { name } = await call("POST", `${this.page.api}/experiments`, body);
      location.assign(`/experiments/${name}/definitions`);
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
      const field = cause.field ?? (cause.status === 409 ? "name" : null);
      if (field && this.form.elements.namedItem(field)) this.#mark(field, cause.message);
      else showProblem(this.form, cause.message);
    } finally {
      attribute(button, "aria-busy", null);
    }
  }

  /** @param {string} name @param {string | null} wrong */
  #mark(name, wrong) {
    const input = this.#field(name);
    attribute(input, "aria-invalid", wrong !== null && "true");
    setText(byId(`${name}-wrong`), wrong ?? "");
    if (wrong) input.focus();
  }

  /** @param {string} name */
  #field(name) {
    return /** @type {HTMLInputElement} */ (this.form.elements.namedItem(name));
  }
}

start((page, store) => {
  const experiments = new Experiments(page, store);
  return (changed, reset) => experiments.draw(reset ? null : changed);
});
