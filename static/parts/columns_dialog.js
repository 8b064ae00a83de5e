// @ts-check
import { Refused } from "../edge/api.js";
import { attribute, h, setText, styled } from "../edge/dom.js";
import { symbol } from "../edge/symbol.js";
import { readNames } from "../edge/table_names.js";
import { moved, pinned, toggled } from "../pure/column_choice.js";
import { columnOf, fixedKeys, keyOf } from "../pure/columns.js";

await styled("floats");
await styled("choices");

/** @typedef {import("../pure/columns.js").Choice} Choice */
/** @typedef {import("../pure/columns.js").Level} Level */

const LEVELS = /** @type {const} */ ({ run: "Of each run", job: "Of each job" });

/**
 * Opens the choice of columns: those that show, in order, then all others there are. Each change shows at once.
 * @param {object} options
 * @param {string} options.base address of the experiment in the API
 * @param {Choice} options.choice as the columns stand now
 * @param {(choice: Choice | null) => void} options.onChange null: as nobody had chosen
 * @param {() => Choice} options.usual what shows while nobody has chosen
 * @param {(choice: Choice) => string} options.link address of this view with these columns
 */
export function openColumns(options) {
  new ColumnsDialog(options).open();
}

class ColumnsDialog {
  #names = /** @type {Record<Level, string[]>} */ ({ run: [], job: [] });
  #dragged = "";
  #find = h("input", { type: "search", placeholder: "Type to find", "aria-label": "Find a column", autocomplete: "off", spellcheck: "false" });
  #said = h("p", { class: "note", role: "status" }, "reading what parameters and counters there are");
  #lists = h("div", { class: "levels" });

  /** @param {Parameters<typeof openColumns>[0]} options */
  constructor(options) {
    this.options = options;
    this.choice = options.choice;
    const reset = h("button", { type: "button", onclick: () => this.#reset() }, "Reset");
    const copy = h("button", { type: "button", onclick: () => void this.#copy() }, "Copy link");
    this.element = h(
      "dialog",
      { class: "columns-dialog", "aria-labelledby": "columns-title" },
      h("h2", { id: "columns-title" }, "Columns"),
      this.#find,
      this.#said,
      this.#lists,
      h("form", { method: "dialog" }, reset, copy, h("button", { class: "primary" }, "Done")),
    );
    this.#find.addEventListener("input", () => this.#draw());
    this.element.addEventListener("click", (event) => event.target === this.element && this.element.close());
  }

  open() {
    const before = /** @type {HTMLElement | null} */ (document.activeElement);
    this.element.addEventListener("close", () => {
      this.element.remove();
      before?.focus();
    });
    document.body.append(this.element);
    this.#draw();
    this.element.showModal();
    void this.#read();
  }

  async #read() {
    try {
      const { params, counters } = await readNames(this.options.base);
      this.#names = { run: params.map((name) => keyOf("run", name)), job: counters.map((name) => keyOf("job", name)) };
      this.#draw();
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
      setText(this.#said, cause.message);
    }
  }

  #reset() {
    this.choice = this.options.usual();
    this.options.onChange(null);
    this.#draw();
  }

  async #copy() {
    const address = this.options.link(this.choice);
    try {
      await navigator.clipboard.writeText(address);
      setText(this.#said, "Copied: the address of this view with these columns.");
    } catch {
      setText(this.#said, address); /* the browser does not let pages copy here: it can be copied by hand */
    }
  }

  /** @param {Choice} choice */
  #change(choice) {
    this.choice = choice;
    this.options.onChange(choice);
    this.#draw();
  }

  #draw() {
    const focused = document.activeElement?.getAttribute("data-focus");
    const levels = /** @type {Level[]} */ (Object.keys(LEVELS));
    const scrolled = this.#lists.scrollTop;
    this.#lists.replaceChildren(...levels.map((level) => this.#level(level)));
    this.#lists.scrollTop = scrolled;
    const found = this.#lists.querySelectorAll("li").length;
    if (this.#names.run.length + this.#names.job.length || found) setText(this.#said, found ? "" : "No column has this in its name.");
    if (!focused) return;
    const all = /** @type {HTMLElement[]} */ ([...this.#lists.querySelectorAll("[data-focus]")]);
    const again = all.find((one) => one.dataset.focus === focused && !(/** @type {any} */ (one).disabled));
    const [what, key] = [focused.slice(0, focused.indexOf(" ")), focused.slice(focused.indexOf(" ") + 1)];
    (again ?? all.find((one) => what !== "show" && one.dataset.focus === `show ${key}`))?.focus();
  }

  /** @param {Level} level */
  #level(level) {
    const chosen = this.choice[level];
    const others = [...fixedKeys(level), ...this.#names[level]].filter((key) => !chosen.includes(key));
    const wanted = this.#find.value.trim().toLowerCase();
    const has = (/** @type {string} */ key) => (columnOf(level, key)?.title ?? "").toLowerCase().includes(wanted);
    const id = `columns-${level}`;
    const chosenList = h("ul", { "aria-label": `${LEVELS[level]}, shown` }, ...chosen.filter(has).map((key) => this.#item(level, key, true)));
    const otherList = h("ul", { "aria-label": `${LEVELS[level]}, not shown` }, ...others.filter(has).map((key) => this.#item(level, key, false)));
    return h("section", { "aria-labelledby": id }, h("h3", { id }, LEVELS[level]), chosenList, otherList);
  }

  /** @param {Level} level @param {string} key @param {boolean} shown */
  #item(level, key, shown) {
    const title = columnOf(level, key)?.title ?? key;
    const at = this.choice[level].indexOf(key);
    const count = this.choice.pins[level];
    const box = h("input", { type: "checkbox", "data-focus": `show ${level} ${key}` });
    box.checked = shown;
    box.addEventListener("change", () => this.#change(toggled(this.choice, level, key)));
    const kind = key.includes(":") ? (level === "run" ? "parameter" : "counter") : "";
    const item = h("li", { "data-shown": shown }, h("label", { title }, box, h("span", { class: "name" }, title), kind && h("span", { class: "note" }, kind)));
    if (!shown) return item;
    const button = (/** @type {string} */ what, /** @type {string} */ shape, /** @type {string} */ name, /** @type {boolean} */ off, /** @type {() => Choice} */ change) => {
      const words = { "aria-label": name, title: name, "data-focus": `${what} ${level} ${key}` };
      return h("button", { type: "button", class: `icon ${what}`, disabled: off, onclick: () => this.#change(change()), ...words }, symbol(shape));
    };
    const pin = button("pin", "pin", `Keep ${title} in sight`, false, () => pinned(this.choice, level, key));
    attribute(pin, "aria-pressed", String(at < count));
    const [first, last] = at < count ? [0, count - 1] : [count, this.choice[level].length - 1];
    item.append(
      pin,
      button("up", "up", `Move ${title} before`, at <= first, () => moved(this.choice, level, key, at - 1)),
      button("later", "down", `Move ${title} after`, at >= last, () => moved(this.choice, level, key, at + 1)),
    );
    this.#draggable(item, level, key);
    return item;
  }

  /** @param {HTMLElement} item @param {Level} level @param {string} key */
  #draggable(item, level, key) {
    item.draggable = true;
    const mark = (/** @type {boolean} */ over) => item.toggleAttribute("data-over", over);
    const mine = () => this.#dragged !== `${level} ${key}` && this.#dragged.startsWith(`${level} `);
    item.addEventListener("dragstart", (event) => {
      this.#dragged = `${level} ${key}`;
      event.dataTransfer?.setData("text/plain", key);
    });
    item.addEventListener("dragend", () => (this.#dragged = ""));
    item.addEventListener("dragover", (event) => {
      if (!mine()) return;
      event.preventDefault();
      mark(true);
    });
    item.addEventListener("dragleave", () => mark(false));
    item.addEventListener("drop", (event) => {
      mark(false);
      if (!mine()) return;
      event.preventDefault();
      this.#change(moved(this.choice, level, this.#dragged.slice(level.length + 1), this.choice[level].indexOf(key)));
    });
  }
}
