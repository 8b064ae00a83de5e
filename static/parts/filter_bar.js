// @ts-check
import { attribute, h, setText } from "../edge/dom.js";
import { keys } from "../edge/keys.js";
import { symbol } from "../edge/symbol.js";
import { asksFor, conditionsOf, NO_FILTER, readRuns, toQuery, turned } from "../pure/filter.js";

/** @typedef {import("../pure/filter.js").FilterKey} FilterKey */
/** @typedef {import("../pure/filter.js").Group} Group */
/** @typedef {{runs: number | null, of: number, running: number, pending: number, failed: number}} Counts runs in the view (null: being read), of all; jobs of all */

const PAUSE = 120;
const SHAPES = /** @type {Record<Group, [shape: string, text: string, tone: string]>} */ ({
  running: ["run", "Running", "run"],
  pending: ["pend", "Pending", "quiet"],
  failed: ["exit", "Failed", "failed"],
});
/** Conditions that are chosen from a list, and what they are called. */
export const CHOICES = /** @type {const} */ ({ hash: "Hash", status: "Status", user: "User", tag: "Tag" });

/** What stands above the table: finding runs, how many were found, and how they are shown. */
export class FilterBar {
  #timer = 0;
  /** What was last asked for; a field that says something else is being typed in. */
  #sent = { text: "", runs: "" };
  #open = false;
  /** No run meets the conditions. */
  #none = false;
  /** The filter beside which something else than the runs is said to be wrong. @type {Filter | null} */
  #beside = null;
  /** For what else acts on the table; before the choice of columns. */
  tools = h("div", { class: "tools" });

  /** @param {Desk} desk @param {{onColumns: () => void}} on */
  constructor(desk, { onColumns }) {
    this.desk = desk;
    this.fold = h("button", { type: "button", class: "fold", "aria-expanded": "false", "aria-controls": "find-more" }, "Filter");
    this.fold.addEventListener("click", () => this.#unfold(!this.#open));
    const plain = { autocomplete: "off", autocapitalize: "off", spellcheck: "false" };
    const words = { "aria-label": "Filter runs, hashes, status", placeholder: "/ filter runs, hashes, status", "aria-keyshortcuts": "/" };
    this.text = h("input", { ...plain, ...words, type: "search", class: "find-text", maxlength: 200, enterkeyhint: "search" });
    this.runs = h("input", { ...plain, placeholder: "1-20, last 10", "aria-describedby": "runs-wrong", class: "find-runs", maxlength: 1000 });
    this.wrong = h("span", { id: "runs-wrong", class: "wrong", role: "alert" });
    this.#listen(this.text, () => this.#set({ text: this.text.value }, true));
    this.#listen(this.runs, (done) => this.#sendRuns(done));
    this.groups = Object.keys(SHAPES).map((group) => this.#groupButton(/** @type {Group} */ (group)));
    this.choices = Object.keys(CHOICES).map((key) => this.#choiceButton(/** @type {keyof typeof CHOICES} */ (key)));
    this.found = h("output", { class: "found" });
    this.clear = h("button", { type: "button", class: "clear", title: "Clear", onclick: () => this.#clear() }, h("span", {}, "Clear"), symbol("close"));
    this.more = h("div", { id: "find-more", class: "find-more" }, h("label", {}, "Runs ", this.runs), this.wrong, ...this.choices.map(({ button }) => button));
    this.counter = h("button", { type: "button", class: "choice", "aria-haspopup": "dialog" });
    this.counter.addEventListener("click", () => void this.#openChoice("counter", this.counter));
    this.csv = h("a", { class: "button", download: "table.csv", title: "The table as a file: runs and columns as they stand here" }, "CSV");
    const columns = h("button", { type: "button", class: "columns", "aria-haspopup": "dialog", onclick: onColumns }, "Columns");
    this.columns = columns;
    this.modes = ["list", "grid"].map((mode) => {
      const shown = /** @type {View["mode"]} */ (mode);
      return h("button", { type: "button", "data-mode": mode, onclick: () => desk.setView({ mode: shown }) }, mode === "list" ? "List" : "Grid");
    });
    this.tools.append(this.counter, columns, this.csv, h("span", { class: "modes", role: "group", "aria-label": "View" }, ...this.modes));
    this.empty = h("div", { class: "none-found teach", hidden: true });
    const status = h("span", { class: "groups", role: "group", "aria-label": "Status" }, ...this.groups.map(({ button }) => button));
    const find = h("search", { class: "find", "aria-label": "Find runs" }, this.text, status, this.fold, h("span", { class: "result" }, this.found, this.clear), this.more);
    this.element = h("div", { class: "table-bar" }, find, this.tools);
    keys.add({ key: "/", text: "Filter runs, hashes, status", group: "Table", run: () => this.focus() });
  }

  /** The text field, ready to be typed in. */
  focus() {
    if (!this.text.offsetParent) this.#unfold(true);
    this.text.focus();
    this.text.select();
  }

  /** What the address asks for and cannot be, by parameter: said at its field until it is mended. @param {Record<string, string>} problems */
  showWrong({ runs, ...others }) {
    if (runs) this.runs.value = new URLSearchParams(location.search).get("runs") ?? "";
    else if (this.runs.ariaInvalid) this.runs.value = this.#sent.runs;
    this.#showWrong(runs ?? null);
    const more = Object.entries(others).map(([name, words]) => `${name}: ${words}`);
    this.#beside = more.length ? this.desk.view.filter : null;
    if (more.length) setText(this.wrong, [...(runs ? [runs] : []), ...more].join("; "));
    if (this.wrong.textContent) this.#unfold(true);
  }

  /** The view is another one. @param {View} view */
  show({ filter, mode, columns, counter }) {
    if (this.#beside && this.#beside !== filter && !this.runs.ariaInvalid) this.#showWrong(null);
    for (const name of /** @type {const} */ (["text", "runs"])) {
      const asked = filter[name];
      if (asked === this.#sent[name]) continue;
      this.#sent[name] = asked;
      this[name].value = asked;
      if (name === "runs") this.#showWrong(null);
    }
    for (const { group, button } of this.groups) attribute(button, "aria-pressed", String(asksFor(filter, group)));
    for (const { key, button, label } of this.choices) {
      const values = [filter[key]].flat().filter(Boolean);
      setText(label, values.length ? `${CHOICES[key]}: ${values[0]}${values.length > 1 ? ` +${values.length - 1}` : ""}` : CHOICES[key]);
      attribute(button, "data-on", values.length > 0);
      attribute(button, "title", values.join(", ") || null);
    }
    const count = conditionsOf(filter).length;
    setText(this.fold, count ? `Filter (${count})` : "Filter");
    const here = this.choices.some(({ button }) => "on" in button.dataset) || Boolean(filter.runs);
    if (here && !this.#open && !matchMedia("(max-width: 720px)").matches) this.#unfold(true);
    this.clear.hidden = count === 0;
    for (const button of this.modes) attribute(button, "aria-pressed", String(button.dataset.mode === mode));
    this.counter.hidden = mode !== "grid";
    this.columns.hidden = mode === "grid";
    this.counter.replaceChildren(h("span", {}, counter ? `Counter: ${counter}` : "Counter"), symbol("down"));
    const query = toQuery(filter);
    query.set("columns", [...columns.run, ...columns.job].map(({ key }) => csvKey(key)).join(","));
    attribute(this.csv, "href", `${this.#base()}/table.csv?${query}`);
  }

  /** What was found. @param {Counts} counts */
  showCounts({ runs, of, ...counts }) {
    for (const { group, button, count } of this.groups) {
      setText(count, number(counts[group]));
      attribute(button, "data-none", counts[group] === 0);
    }
    if (runs === null) return;
    const filtered = conditionsOf(this.desk.view.filter).length > 0;
    const all = of === 1 ? "1 run" : `${number(of)} runs`;
    setText(this.found, !filtered ? all : of ? `${number(runs)} of ${all}` : `${number(runs)} runs`);
    this.#none = filtered && runs === 0;
    if (this.#none) void this.#teach();
    else this.empty.hidden = true;
  }

  /** Which conditions those are. */
  async #teach() {
    const { showNone } = await import("./none_found.js");
    if (this.#none) showNone(this.empty, this.desk.view.filter, (key) => this.#drop(key));
    this.empty.hidden = !this.#none;
  }

  /** @param {FilterKey} key */
  #drop(key) {
    this.#set({ [key]: NO_FILTER[key] });
    this.text.focus();
  }

  #clear() {
    const { sort, of } = this.desk.view.filter;
    this.#showWrong(null);
    this.#sent.runs = " "; /* what cannot be read goes as well */
    this.#set({ ...NO_FILTER, sort, of });
    if (this.text.offsetParent) this.text.focus();
    else this.fold.focus();
  }

  /** @param {Partial<Filter>} change @param {boolean} [typing] */
  #set(change, typing = false) {
    clearTimeout(this.#timer);
    if (typing) Object.assign(this.#sent, change);
    this.desk.setView({ filter: { ...this.desk.view.filter, ...change } }, typing);
  }

  /** Sends what is typed into a field once there is a pause, or at Enter. @param {HTMLInputElement} field @param {(done: boolean) => void} send */
  #listen(field, send) {
    const later = (/** @type {boolean} */ done, /** @type {number} */ pause) => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => send(done), pause);
    };
    field.addEventListener("input", () => later(false, PAUSE));
    field.addEventListener("change", () => later(true, 0));
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") later(true, 0);
      if (event.key !== "Escape" || event.isComposing) return;
      event.preventDefault();
      if (!field.value) return field.blur();
      field.value = "";
      later(true, 0);
    });
  }

  /** @param {boolean} done whether it is meant as it stands */
  #sendRuns(done) {
    const { runs, problem } = readRuns(this.runs.value, this.desk.store.counts.runs());
    if (done && runs) this.runs.value = runs;
    if (!problem || done || this.wrong.textContent) this.#showWrong(problem);
    if (!problem && runs !== this.desk.view.filter.runs) this.#set({ runs }, true);
  }

  /** @param {string | null} problem */
  #showWrong(problem) {
    setText(this.wrong, problem ?? "");
    attribute(this.runs, "aria-invalid", problem ? "true" : null);
  }

  /** @param {Group} group */
  #groupButton(group) {
    const [shape, text, tone] = SHAPES[group];
    const count = h("b");
    const label = h("span", { class: "word" }, text);
    const button = h("button", { type: "button", class: "group", "data-tone": tone, "aria-pressed": "false" }, symbol(shape), label, " ", count);
    button.addEventListener("click", () => this.#set(turned(this.desk.view.filter, group)));
    return { group, button, count };
  }

  /** @param {keyof typeof CHOICES} key */
  #choiceButton(key) {
    const label = h("span", {}, CHOICES[key]);
    const button = h("button", { type: "button", class: "choice", "aria-haspopup": "dialog" }, label, symbol("down"));
    button.addEventListener("click", () => void this.#openChoice(key, button));
    return { key, button, label };
  }

  /** @param {keyof typeof CHOICES | "counter"} key @param {HTMLButtonElement} button */
  #openChoice(key, button) {
    const open = async () => (await import("./filter_choice.js")).openCondition(button, key, this.desk, (change) => this.#set(change));
    return keys.hold(open());
  }

  #base() {
    return `${this.desk.page.api}/experiments/${this.desk.page.experiment?.name}`;
  }

  /** @param {boolean} open */
  #unfold(open) {
    this.#open = open;
    attribute(this.fold, "aria-expanded", String(open));
    this.element.toggleAttribute("data-open", open);
  }
}

/** A comma of a name is no end of it. @param {string} key */
function csvKey(key) {
  return key.replaceAll("%", "%25").replaceAll(",", "%2C");
}

/** `5,000`. @param {number} count */
function number(count) {
  return count.toLocaleString("en");
}
