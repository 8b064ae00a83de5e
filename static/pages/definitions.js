// @ts-check
import { call } from "../edge/api.js";
import { attribute, byId, h, setText } from "../edge/dom.js";
import { Drafts } from "../edge/drafts.js";
import { keys } from "../edge/keys.js";
import { start } from "../edge/page.js";
import { act, acts } from "../parts/act.js";
import { DefinitionLine } from "../parts/definition_line.js";

/** @typedef {import("../pure/store.js").Store} Store */
/** @typedef {import("../parts/definition_line.js").Draft} Draft */

const PLACE = /^#definition\/(\d{1,15})$/;
const RESTORED = "Typed before the page was loaded again, not saved yet.";

/** The page Experiment > Batch defs: one row for each definition in the order they were made, the last always empty. */
class Definitions {
  /** @type {Map<string, DefinitionLine>} by row key */
  #lines = new Map();
  /** Older rows are passed by, but for those of another epoch. */
  #epoch = "";
  /** @type {DefinitionLine[]} named, but their rows have not come */
  #making = [];
  /** @type {Map<DefinitionLine, string>} what lines without a row have their drafts under */
  #newKeys = new Map();

  /** @param {Page} page @param {Store} store */
  constructor(page, store) {
    this.page = page;
    this.store = store;
    this.#epoch = store.epoch;
    this.drafts = /** @type {Drafts<Draft>} */ (new Drafts(`definitions/${page.experiment?.name}`));
    const typed = this.drafts.all();
    this.table = byId("definitions");
    this.empty = this.#line(null);
    this.table.append(this.empty.element);
    const toggle = /** @type {HTMLInputElement} */ (byId("show-archived"));
    this.archived = toggle;
    toggle.addEventListener("change", () => this.#draw());
    this.table.addEventListener("keydown", (event) => this.#move(event));
    this.copy = h("button", { type: "button", onclick: () => void this.#copy() }, "Copy from another experiment…");
    byId("copy").append(acts(this.copy));
    if (page.example) this.#offerExample(page.example);
    this.#draw();
    this.#restore(typed);
    this.#addKeys();
    addEventListener("hashchange", () => this.#followPlace());
    this.#followPlace();
  }

  /** @param {Set<string>} changed */
  update(changed) {
    if (this.#epoch !== this.store.epoch) for (const line of this.#lines.values()) if (line.row) line.row = { ...line.row, seq: -1 };
    this.#epoch = this.store.epoch;
    if ([...changed].some((key) => key.startsWith("definition/"))) this.#draw();
  }

  #draw() {
    const all = /** @type {Definition[]} */ (this.store.all("definition")).sort((a, b) => a.id - b.id);
    const archived = all.filter((row) => row.archived_at).length;
    const wanted = all.filter((row) => this.archived.checked || !row.archived_at);
    const shown = new Set(wanted.map((row) => row.key));
    for (const [key, line] of this.#lines) {
      if (shown.has(key)) continue;
      line.element.remove();
      this.#lines.delete(key);
    }
    for (const row of wanted) this.#show(row);
    byId("archived").hidden = archived === 0;
    setText(byId("archived-count"), String(archived));
    byId("no-definitions").hidden = all.length > 0 || this.#making.length > 0;
  }

  /** A row never moves for another: a new one goes where its id belongs. @param {Definition} row */
  #show(row) {
    const held = this.#lines.get(row.key) ?? this.#adopt(row);
    if (held) return held.show(row);
    const line = this.#line(row);
    this.#lines.set(row.key, line);
    const following = [...this.#lines.values()].find((other) => (other.row?.id ?? 0) > row.id);
    const before = following ?? this.#making[0] ?? this.empty;
    this.table.insertBefore(line.element, before.element);
  }

  /** The row of what was just typed here keeps the cells it was typed in. @param {Definition} row */
  #adopt(row) {
    const line = this.#making.find((one) => one.row?.id === row.id || one.pendingName === row.name);
    if (!line) return undefined;
    this.#making = this.#making.filter((one) => one !== line);
    this.#lines.set(row.key, line);
    return line;
  }

  /** @param {Definition | null} row */
  #line(row) {
    return new DefinitionLine({
      page: this.page,
      store: this.store,
      row,
      onNamed: (line) => this.#named(line),
      onTyped: (line) => this.#keep(line),
      onDiscarded: (line) => this.#discarded(line),
    });
  }

  /** @param {DefinitionLine} line */
  #named(line) {
    if (line !== this.empty) return;
    this.#making.push(line);
    this.empty = this.#line(null);
    this.table.append(this.empty.element);
    byId("no-definitions").hidden = true;
  }

  /** @param {DefinitionLine} line */
  #discarded(line) {
    if (line === this.empty) return;
    this.#making = this.#making.filter((one) => one !== line);
    line.element.remove();
    this.empty.inputs.name.focus();
  }

  /** @param {DefinitionLine} line */
  #keep(line) {
    const { row, draft } = line;
    const known = this.#newKeys.get(line);
    if (row && known) {
      this.drafts.keep(known, null);
      this.#newKeys.delete(line);
    }
    if (!row && !known) this.#newKeys.set(line, `new-${Date.now()}-${this.#newKeys.size}`);
    this.drafts.keep(row ? row.key : (this.#newKeys.get(line) ?? ""), draft);
  }

  /** What was typed in this tab before, and not saved. @param {Record<string, Draft>} typed */
  #restore(typed) {
    for (const [key, draft] of Object.entries(typed)) {
      this.drafts.keep(key, null);
      const line = key.startsWith("new-") ? this.empty : this.#lines.get(key);
      if (!line || line.row?.archived_at) continue;
      line.propose(draft, RESTORED);
      if (line === this.empty && line.pendingName) this.#named(line);
    }
  }

  /** `#definition/ID`: an archived one is shown as well. */
  #followPlace() {
    const [, id] = PLACE.exec(location.hash) ?? [];
    const row = /** @type {Definition | undefined} */ (this.store.get(`definition/${id}`));
    byId("hash-note").hidden = id === undefined || row !== undefined;
    setText(byId("hash-note"), `There is no hash with the id ${id}: it was deleted.`);
    if (row?.archived_at && !this.archived.checked) {
      this.archived.checked = true;
      this.#draw();
    }
    for (const [key, { element, inputs }] of this.#lines) {
      attribute(element, "data-marked", key === row?.key);
      if (key !== row?.key) continue;
      element.scrollIntoView({ block: "center" });
      inputs.name.focus({ preventScroll: true });
    }
  }

  /** Up and down, in the same column. @param {KeyboardEvent} event */
  #move(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const cell = event.target;
    if (!step || !(cell instanceof HTMLInputElement)) return;
    const cells = [...this.table.querySelectorAll(`input.${cell.className}`)];
    const next = /** @type {HTMLElement | undefined} */ (cells[cells.indexOf(cell) + step]);
    if (!next) return;
    event.preventDefault();
    next.focus();
  }

  #addKeys() {
    const group = "Batch defs";
    keys.add({ key: "n", text: "New hash: to the empty row", group, run: () => this.empty.inputs.name.focus() });
    keys.add({ key: "c", text: "Copy hashes from another experiment", group, run: () => this.copy.click() });
  }

  async #copy() {
    const { openCopy } = await import("../parts/copy_sheet.js");
    openCopy(this.page);
  }

  /** @param {string} executable */
  #offerExample(executable) {
    const place = byId("example");
    const button = h("button", { type: "button", class: "primary" }, "Add the example");
    button.addEventListener("click", () => {
      void act({
        button,
        place,
        send: () =>
          call("POST", `${this.page.api}/experiments/${this.page.experiment?.name}/definitions`, {
            name: "example",
            executable,
          }),
        seen: ({ id }) => this.store.get(`definition/${id}`) !== undefined,
      });
    });
    place.append(acts(button));
  }
}

start((page, store) => {
  const definitions = new Definitions(page, store);
  return (changed) => definitions.update(changed);
});
