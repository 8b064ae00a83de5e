// @ts-check
import { call, Refused } from "../edge/api.js";
import { arrange, attribute, byId, h, setText } from "../edge/dom.js";
import { favourites, star } from "../edge/favourites.js";
import { keys } from "../edge/keys.js";
import { start } from "../edge/page.js";
import { symbol } from "../edge/symbol.js";
import { stands, ticks } from "../edge/ticking.js";
import { clearProblem, showProblem } from "../parts/problem.js";
import { byFavour, isFound } from "../pure/experiments.js";
import { ago, full } from "../pure/time.js";

/** @typedef {import("../pure/store.js").Store} Store */

/** One experiment of the list, changed in place. */
class ExperimentLine {
  #runs = h("td", { class: "number" });
  #jobs = h("td", { class: "number" });
  #activity = h("td", {});
  #instrument = h("td", {});
  #description = h("td", { class: "quiet" });

  #star = h("button", { type: "button", class: "icon star" }, symbol("star"));

  /** @param {Experiment} row @param {() => void} onStar */
  constructor(row, onStar) {
    this.#star.addEventListener("click", () => {
      star(row.name, !favourites().has(row.name));
      onStar();
    });
    const link = h("a", { href: `/experiments/${row.name}` }, row.name);
    this.element = h(
      "tr",
      { "data-key": row.key },
      h("td", { class: "c-star" }, this.#star),
      h("th", { scope: "row" }, link),
      this.#instrument,
      this.#runs,
      this.#jobs,
      this.#activity,
      this.#description,
    );
  }

  /** @param {boolean} favourite */
  mark(favourite) {
    const { key = "" } = this.element.dataset;
    attribute(this.#star, "aria-pressed", String(favourite));
    attribute(this.#star, "aria-label", `Favourite ${key.slice(key.indexOf("/") + 1)}`);
    attribute(this.#star, "title", favourite ? "No longer first" : "Show first");
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

/** The first page: all experiments, favourites first, a search in the address, and a form that makes one. */
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
    this.search = /** @type {HTMLInputElement} */ (byId("search"));
    this.search.addEventListener("input", () => this.#searched());
    this.search.addEventListener("keydown", (event) => event.key === "Enter" && this.#openFirst());
    keys.add({ key: "/", text: "Search", group: "Experiments", run: () => this.search.select() });
    keys.add({ key: "n", text: "New experiment", group: "Experiments", run: () => this.#open(true) });
    addEventListener("popstate", () => this.#read());
    addEventListener("storage", () => this.draw(null));
    this.#read();
  }

  #read() {
    this.search.value = new URLSearchParams(location.search).get("text") ?? "";
    this.draw(null);
  }

  #searched() {
    const text = this.search.value.trim();
    history.replaceState(null, "", text ? `?${new URLSearchParams({ text })}` : location.pathname);
    this.draw(new Set());
  }

  #openFirst() {
    /** @type {HTMLElement | null} */ (byId("experiments").querySelector("a"))?.click();
  }

  /** @param {Set<string> | null} changed null: all */
  draw(changed) {
    const starred = favourites();
    const all = /** @type {Experiment[]} */ (this.store.all("experiment"));
    for (const key of this.#lines.keys()) if (!this.store.get(key)) this.#lines.delete(key);
    for (const row of all) {
      const line = this.#lines.get(row.key) ?? new ExperimentLine(row, () => this.draw(new Set()));
      if (!this.#lines.has(row.key) || changed === null || changed.has(row.key)) line.show(row);
      line.mark(starred.has(row.name));
      this.#lines.set(row.key, line);
    }
    const text = this.search.value.trim();
    const rows = byFavour(all.filter((row) => isFound(row, text)), starred, "name");
    const elements = rows.map((row) => /** @type {ExperimentLine} */ (this.#lines.get(row.key)).element);
    arrange(byId("experiments"), elements);
    byId("list").hidden = rows.length === 0;
    byId("no-experiments").hidden = all.length > 0;
    byId("find").hidden = all.length === 0;
    setText(byId("found"), text ? `${rows.length} of ${all.length}` : String(all.length));
    byId("none-found").hidden = rows.length > 0 || all.length === 0;
    setText(byId("none-found"), `No experiment has “${text}” in its name, instrument or description.`);
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
