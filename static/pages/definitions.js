// @ts-check
import { call } from "../edge/api.js";
import { byId, h, setText } from "../edge/dom.js";
import { start } from "../edge/page.js";
import { act, acts } from "../parts/act.js";
import { DefinitionLine } from "../parts/definition_line.js";

/** @typedef {import("../pure/store.js").Store} Store */

/** The page Experiment > Batch defs: one row for each definition in the order they were made, the last always empty. */
class Definitions {
  /** @type {Map<string, DefinitionLine>} by row key */
  #lines = new Map();
  /** @type {DefinitionLine[]} named, but their rows have not come */
  #making = [];
  #archivedShown = false;

  /** @param {Page} page @param {Store} store */
  constructor(page, store) {
    this.page = page;
    this.store = store;
    this.table = byId("definitions");
    this.empty = this.#line(null);
    this.table.append(this.empty.element);
    const toggle = /** @type {HTMLInputElement} */ (byId("show-archived"));
    toggle.addEventListener("change", () => {
      this.#archivedShown = toggle.checked;
      this.#draw();
    });
    if (page.example) this.#offerExample(page.example);
    this.#draw();
  }

  /** @param {Set<string>} changed */
  update(changed) {
    if ([...changed].some((key) => key.startsWith("definition/"))) this.#draw();
  }

  #draw() {
    const all = /** @type {Definition[]} */ (this.store.all("definition")).sort((a, b) => a.id - b.id);
    const archived = all.filter((row) => row.archived_at).length;
    const wanted = all.filter((row) => this.#archivedShown || !row.archived_at);
    const keys = new Set(wanted.map((row) => row.key));
    for (const [key, line] of this.#lines) {
      if (keys.has(key)) continue;
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
    return new DefinitionLine({ page: this.page, store: this.store, row, onNamed: (line) => this.#named(line) });
  }

  /** @param {DefinitionLine} line */
  #named(line) {
    if (line !== this.empty) return;
    this.#making.push(line);
    this.empty = this.#line(null);
    this.table.append(this.empty.element);
    byId("no-definitions").hidden = true;
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
