// @ts-check
import { attribute, h, setText } from "../edge/dom.js";
import { symbol } from "../edge/symbol.js";
import { acts } from "./act.js";
import { DefinitionSaver } from "./definition_saver.js";
import { FIELDS, LABELS, valueOf } from "./definition_saving.js";
import { showCheck, showPreview } from "./definition_words.js";
import { clearProblem, showProblem } from "./problem.js";

/**
 * @typedef {import("../pure/store.js").Store} Store
 * @typedef {import("./definition_saving.js").Field} Field
 *
 * What stands in cells of a row that is not saved: the value when typing began, and the one typed.
 * @typedef {Partial<Record<Field, {base: string, value: string}>>} Draft
 *
 * @typedef {object} Options
 * @property {Page} page
 * @property {Store} store
 * @property {Definition | null} row
 * @property {(line: DefinitionLine) => void} onNamed the empty row got a name; another empty one is wanted
 * @property {(line: DefinitionLine) => void} onTyped what is typed and not saved is another now
 * @property {(line: DefinitionLine) => void} onDiscarded what was typed into a row that is not made yet is taken back
 */

const PLACEHOLDERS = { name: "new hash", executable: "/path/to/submit.sh", parameters: "none" };

/**
 * One definition as a row of cells to type in; without a row yet it is the empty last one.
 *
 * A cell is saved by Enter and by leaving it; Esc takes typing back. What others change shows at once, except in a cell
 * that is being typed in: that one keeps its text, and if it is saved over another's change, both values are shown.
 */
export class DefinitionLine {
  /** @type {Partial<Record<Field, string>>} values when typing began, of cells that are typed in or not saved */
  base = {};
  #id = h("td", { class: "number" });
  #check = h("span", { class: "check" });
  #preview = h("span", { class: "preview" });
  /** place of what there is to say */
  notes = h("td", { colspan: 6, class: "notes" });
  #noteRow = h("tr", { class: "note-row", hidden: true }, h("td"), this.notes);

  /** @param {Options} options */
  constructor(options) {
    this.options = options;
    this.page = options.page;
    this.row = options.row;
    this.saving = new DefinitionSaver(this);
    this.inputs = { name: this.#input("name"), executable: this.#input("executable"), parameters: this.#input("parameters") };
    this.try = h("button", { type: "button", class: "plain", onclick: () => void this.#try() }, "Try");
    this.versions = h("button", { type: "button", class: "plain", onclick: () => void this.#versions() });
    this.remove = h("button", { type: "button", class: "icon", onclick: () => void this.#end() }, symbol("delete"));
    const line = h(
      "tr",
      { class: "definition" },
      this.#id,
      h("td", {}, this.inputs.name),
      h("td", {}, this.inputs.executable, this.#check),
      h("td", {}, this.inputs.parameters, this.#preview),
      h("td", { class: "actions" }, acts(this.try)),
      h("td", { class: "actions" }, acts(this.versions)),
      h("td", { class: "actions" }, acts(this.remove)),
    );
    this.element = h("tbody", {}, line, this.#noteRow);
    this.element.addEventListener("click", () => this.showNotes());
    this.show(this.row);
  }

  /** The name this row is being made under, while its row has not come. */
  get pendingName() {
    return this.row ? null : this.inputs.name.value.trim();
  }

  /** What is typed and not saved; null: nothing. @returns {Draft | null} */
  get draft() {
    /** @type {Draft} */
    const draft = {};
    for (const field of FIELDS) {
      const [base, { value }] = [this.base[field], this.inputs[field]];
      if (base !== undefined && value.trim() !== valueOf(this.row, field).trim()) draft[field] = { base, value };
    }
    return Object.keys(draft).length ? draft : null;
  }

  /** Puts values into the cells as if they were typed, and offers to save them. @param {Draft} draft @param {string} words why */
  propose(draft, words) {
    for (const field of FIELDS) {
      const typed = draft[field];
      if (!typed) continue;
      this.base[field] = typed.base;
      this.inputs[field].value = typed.value;
    }
    this.show(this.row);
    if (!this.draft) return;
    clearProblem(this.notes);
    const save = h("button", { type: "button", onclick: () => this.saving.all() }, "Save");
    const discard = h("button", { type: "button", onclick: () => this.#discard() }, "Discard");
    this.notes.replaceChildren(h("p", { class: "draft-note", role: "status" }, words, acts(save), discard));
    this.showNotes();
  }

  /** @param {Definition | null} row the newest state */
  show(row) {
    if (row && this.row && row.id === this.row.id && row.seq < this.row.seq) return;
    this.row = row;
    attribute(this.element, "data-key", row?.key ?? null);
    setText(this.#id, row ? String(row.id) : "");
    for (const field of FIELDS) {
      const input = this.inputs[field];
      const value = valueOf(row, field);
      if (this.base[field] === undefined) input.value = value;
      const changed = this.base[field] !== undefined && this.base[field] !== value && input.value !== value;
      attribute(input, "title", changed ? `changed meanwhile to: ${value || "(empty)"}` : input.value);
      attribute(input, "data-elsewhere", changed);
      input.readOnly = row?.archived_at != null;
    }
    const gone = row === null || row.archived_at !== null;
    this.element.toggleAttribute("data-archived", row?.archived_at != null);
    this.remove.toggleAttribute("data-off", gone);
    this.versions.toggleAttribute("data-off", row === null);
    setText(this.versions, row ? `v${row.version}` : "");
    this.#label(this.remove, "Delete");
    this.#label(this.try, "Try");
    this.#label(this.versions, `Version ${row?.version ?? ""} of`);
    showCheck(this.#check, row);
    this.typed();
  }

  /** @param {HTMLElement} button @param {string} verb */
  #label(button, verb) {
    attribute(button, "aria-label", this.row && `${verb} ${this.row.name}`);
    attribute(button, "title", this.row && `${verb} ${this.row.name}`);
  }

  /** @param {Field} field */
  #input(field) {
    const input = h("input", {
      "aria-label": LABELS[field],
      placeholder: this.row === null || field !== "name" ? PLACEHOLDERS[field] : "",
      spellcheck: "false",
      autocomplete: "off",
      class: field,
    });
    input.addEventListener("focus", () => (this.base[field] ??= valueOf(this.row, field)));
    input.addEventListener("input", () => this.typed());
    input.addEventListener("blur", () => this.saving.leave(field));
    input.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.#takeBack(field);
      if (event.key !== "Enter" || event.isComposing) return;
      this.saving.leave(field);
      if (field === "name") this.inputs.executable.focus();
      else this.base[field] ??= valueOf(this.row, field);
    });
    return input;
  }

  /** What a cell's text has a say in. */
  typed() {
    const { name, executable, parameters } = this.inputs;
    const path = executable.value.trim();
    showPreview(this.#preview, path, this.page.experiment?.name ?? "", parameters.value);
    this.try.toggleAttribute("data-off", this.row === null || this.row.archived_at !== null || !path);
    const { draft } = this;
    for (const field of FIELDS) attribute(this.inputs[field], "data-unsaved", draft?.[field] !== undefined);
    attribute(name, "aria-required", draft !== null && this.row === null);
    this.options.onTyped(this);
  }

  /** @param {Field} field */
  #takeBack(field) {
    this.inputs[field].value = valueOf(this.row, field);
    clearProblem(this.notes);
    this.typed();
    this.settleNotes();
  }

  #discard() {
    for (const field of FIELDS) {
      delete this.base[field];
      this.inputs[field].value = valueOf(this.row, field);
    }
    this.show(this.row);
    this.settleNotes();
    this.inputs.name.focus();
    if (this.row === null) this.options.onDiscarded(this);
  }

  /** @param {string} text */
  complain(text) {
    showProblem(this.notes, text);
    this.showNotes();
  }

  /** The offer to save goes when nothing is left to be saved. */
  settleNotes() {
    if (!this.draft) this.notes.querySelector(".draft-note")?.remove();
    this.showNotes();
  }

  showNotes() {
    this.#noteRow.hidden = this.notes.childElementCount === 0;
  }

  async #try() {
    if (this.row) (await import("./definition_actions.js")).tryHash(this, this.row);
  }

  async #versions() {
    if (this.row) (await import("./definition_actions.js")).showVersions(this, this.row);
  }

  async #end() {
    if (this.row) await (await import("./definition_actions.js")).endHash(this, this.row, (text) => this.complain(text));
  }
}
