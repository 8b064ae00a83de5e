// @ts-check
import { call, Refused } from "../edge/api.js";
import { attribute, h, setText } from "../edge/dom.js";
import { symbol } from "../edge/symbol.js";
import { decide, looksLikeShell, objection, split, splitCommand } from "../pure/edit.js";
import { minute } from "../pure/time.js";
import { acts } from "./act.js";
import { ask } from "./ask.js";
import { clearProblem, showProblem } from "./problem.js";

/**
 * @typedef {import("../pure/store.js").Store} Store
 * @typedef {"name" | "executable" | "parameters"} Field
 */

const FIELDS = /** @type {const} */ (["name", "executable", "parameters"]);
const LABELS = { name: "Hash", executable: "Executable", parameters: "Parameters" };
const PLACEHOLDERS = { name: "new hash", executable: "/path/to/submit.sh", parameters: "none" };

/**
 * One definition as a row of cells to type in; without a row yet it is the empty last one.
 *
 * A cell is saved by Enter and by leaving it; Esc takes typing back. What others change shows at once, except in a cell
 * that is being typed in: that one keeps its text, and if it is saved over another's change, both values are shown.
 */
export class DefinitionLine {
  /** @type {Partial<Record<Field, string>>} values when typing began, of cells that are typed in or not saved */
  #base = {};
  /** @type {Promise<void>} saves of this row go one after the other */
  #saving = Promise.resolve();
  #id = h("td", { class: "number" });
  #check = h("span", { class: "check" });
  #preview = h("span", { class: "preview" });
  #notes = h("td", { colspan: 4, class: "notes" });
  #noteRow = h("tr", { class: "note-row", hidden: true }, h("td"), this.#notes);

  /**
   * @param {{page: Page, store: Store, row: Definition | null, onNamed: (line: DefinitionLine) => void}} options
   *   `onNamed`: the empty row got a name; another empty one is wanted
   */
  constructor({ page, store, row, onNamed }) {
    this.page = page;
    this.store = store;
    this.row = row;
    this.onNamed = onNamed;
    this.inputs = { name: this.#input("name"), executable: this.#input("executable"), parameters: this.#input("parameters") };
    this.remove = h("button", { type: "button", class: "icon", onclick: () => void this.#delete() }, symbol("delete"));
    const line = h(
      "tr",
      { class: "definition" },
      this.#id,
      h("td", {}, this.inputs.name),
      h("td", {}, this.inputs.executable, this.#check),
      h("td", {}, this.inputs.parameters, this.#preview),
      h("td", { class: "actions" }, acts(this.remove)),
    );
    this.element = h("tbody", {}, line, this.#noteRow);
    this.element.addEventListener("click", () => this.#showNotes());
    this.show(row);
  }

  /** The name this row is being made under, while its row has not come. */
  get pendingName() {
    return this.row ? null : this.inputs.name.value.trim();
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
      if (this.#base[field] === undefined) input.value = value;
      const changed = this.#base[field] !== undefined && this.#base[field] !== value && input.value !== value;
      attribute(input, "title", changed ? `changed meanwhile to: ${value || "(empty)"}` : input.value);
      attribute(input, "data-elsewhere", changed);
      input.readOnly = row?.archived_at != null;
    }
    this.element.toggleAttribute("data-archived", row?.archived_at != null);
    this.remove.toggleAttribute("data-off", row === null || row.archived_at !== null);
    attribute(this.remove, "aria-label", row ? `Delete ${row.name}` : "Delete");
    attribute(this.remove, "title", row ? `Delete ${row.name}` : null);
    this.#showCheck();
    this.#showPreview();
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
    input.addEventListener("focus", () => (this.#base[field] ??= valueOf(this.row, field)));
    input.addEventListener("input", () => this.#showPreview());
    input.addEventListener("blur", () => this.#leave(field));
    input.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.#takeBack(field);
      if (event.key !== "Enter" || event.isComposing) return;
      this.#leave(field);
      if (field === "name") this.inputs.executable.focus();
      else this.#base[field] ??= valueOf(this.row, field);
    });
    return input;
  }

  /** @param {Field} field */
  #takeBack(field) {
    this.inputs[field].value = valueOf(this.row, field);
    clearProblem(this.#notes);
    this.#showNotes();
    this.#showPreview();
  }

  /** @param {Field} field */
  #leave(field) {
    const input = this.inputs[field];
    if (input.value.trim() === valueOf(this.row, field).trim()) {
      delete this.#base[field];
      this.show(this.row);
      return;
    }
    if (field === "executable") this.#spread();
    if (this.row === null && this.inputs.name.value.trim()) this.onNamed(this);
    this.#saving = this.#saving.then(() => this.#save(field));
  }

  /** A whole command line typed or pasted as executable goes into both cells. */
  #spread() {
    const { executable, parameters } = splitCommand(this.inputs.executable.value);
    this.inputs.executable.value = executable;
    if (parameters === null) return;
    this.#base.parameters ??= valueOf(this.row, "parameters");
    this.inputs.parameters.value = `${parameters} ${this.inputs.parameters.value}`.trim();
    this.#showPreview();
    this.#leave("parameters");
  }

  /** @param {Field} field */
  async #save(field) {
    const mine = this.inputs[field].value.trim();
    clearProblem(this.#notes);
    const wrong = objection(field, mine);
    if (wrong) {
      const name = this.row === null && field === "name";
      return name && this.#empty() ? undefined : this.#complain(`${LABELS[field]}: ${wrong}.`);
    }
    attribute(this.element, "aria-busy", "true");
    try {
      if (this.row === null) await this.#create();
      else await this.#change(field, mine, this.row);
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
      this.#complain(cause.message);
    } finally {
      attribute(this.element, "aria-busy", null);
    }
  }

  /** Makes the definition as soon as it has a name; what was typed besides goes along. */
  async #create() {
    const [name, executable, parameters] = FIELDS.map((field) => this.inputs[field].value.trim());
    if (!name) return this.#complain("Not saved yet: a hash needs a name.");
    const wrong = objection("executable", executable);
    const path = wrong ? null : executable || null;
    const address = `${this.page.api}/experiments/${this.page.experiment?.name}/definitions`;
    const row = await call("POST", address, { name, executable: path, parameters });
    this.#taken(row, { name, executable: path ?? "", parameters });
  }

  /** @param {Field} field @param {string} mine @param {Definition} row @returns {Promise<void>} */
  async #change(field, mine, row) {
    const base = this.#base[field] ?? valueOf(row, field);
    const verdict = decide(base, mine, valueOf(row, field));
    if (verdict === "conflict") return this.#showConflict(field, mine, valueOf(row, field));
    if (verdict === "nothing") return this.#taken(row, { [field]: mine });
    const address = `${this.page.api}/experiments/${row.experiment}/definitions/${row.id}`;
    const value = field === "executable" && !mine ? null : mine;
    try {
      this.#taken(await call("PATCH", address, { [field]: value, seq: row.seq }), { [field]: mine });
    } catch (cause) {
      if (!(cause instanceof Refused) || cause.status !== 409) throw cause;
      const newest = await call("GET", address);
      if (newest.seq === row.seq) throw cause;
      this.show(newest);
      return this.#change(field, mine, newest);
    }
  }

  /** The manager has these values; cells typed in since then stay. @param {Definition} row @param {Partial<Record<Field, string>>} saved */
  #taken(row, saved) {
    for (const field of FIELDS) {
      const input = this.inputs[field];
      if (saved[field] === undefined) continue;
      if (document.activeElement === input) this.#base[field] = valueOf(row, field);
      else if (input.value.trim() === saved[field]) delete this.#base[field];
    }
    this.show(this.store.get(row.key)?.seq > row.seq ? this.store.get(row.key) : row);
  }

  /** @param {Field} field @param {string} mine @param {string} theirs */
  #showConflict(field, mine, theirs) {
    const text = `The cell ${LABELS[field]} was changed by somebody else meanwhile. Theirs: ${theirs || "(empty)"}. Yours: ${mine || "(empty)"}.`;
    this.#complain(text);
    const note = this.#notes.querySelector(".problem");
    const settle = (/** @type {string} */ label, /** @type {() => void} */ click) =>
      note?.insertBefore(h("button", { type: "button", onclick: click }, label), note.lastElementChild);
    settle("Keep theirs", () => {
      delete this.#base[field];
      clearProblem(this.#notes);
      this.show(this.row);
      this.#showNotes();
    });
    settle("Use mine", () => {
      this.#base[field] = valueOf(this.row, field);
      this.#saving = this.#saving.then(() => this.#save(field)).then(() => this.#showNotes());
    });
  }

  /** @param {string} text */
  #complain(text) {
    showProblem(this.#notes, text);
    this.#showNotes();
  }

  #showNotes() {
    this.#noteRow.hidden = this.#notes.childElementCount === 0;
  }

  #empty() {
    return FIELDS.every((field) => this.inputs[field].value.trim() === "");
  }

  #showCheck() {
    const { row } = this;
    const check = row?.check;
    const [state, text] = !row
      ? ["none", ""]
      : !row.executable
        ? ["draft", "path missing"]
        : !check
          ? ["none", "not checked yet"]
          : check.ok
            ? ["ok", `found, ${minute(check.at)}`]
            : ["bad", `${check.problem}, ${minute(check.at)}`];
    attribute(this.#check, "data-state", state);
    const shape = { ok: "done", bad: "exit", draft: "slow" }[state];
    this.#check.replaceChildren(...(shape ? [symbol(shape)] : []), h("span", {}, text));
  }

  /** What the script will be called with. */
  #showPreview() {
    const path = this.inputs.executable.value.trim();
    if (!path) return this.#preview.replaceChildren();
    const parameters = this.inputs.parameters.value;
    const words = [path.slice(path.lastIndexOf("/") + 1), this.page.experiment?.name ?? "", "RUN", ...split(parameters)];
    this.#preview.replaceChildren(...words.map((word) => h("code", {}, word)));
    if (looksLikeShell(parameters)) this.#preview.append(h("span", { class: "hint" }, "quotes and $ are passed as they are"));
  }

  async #delete() {
    const { row } = this;
    if (!row) return;
    try {
      const address = `${this.page.api}/experiments/${row.experiment}`;
      const used = (await call("GET", `${address}/jobs?definition=${row.id}&limit=500`)).items.length;
      const jobs = used === 1 ? "1 job" : `${used === 500 ? "500 or more" : used} jobs`;
      const sure = await ask({
        title: used ? `Archive ${row.name}?` : `Delete ${row.name}?`,
        text: used
          ? `${jobs} of this experiment used it. They keep their reports and history; the hash leaves the drop-down.`
          : "No job has used it.",
        safe: "Keep it",
        act: used ? "Archive 1 hash" : "Delete 1 hash",
        danger: true,
      });
      if (!sure) return;
      attribute(this.remove, "aria-busy", "true");
      await call("DELETE", `${address}/definitions/${row.id}`);
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
      attribute(this.remove, "aria-busy", null);
      this.#complain(cause.message);
    }
  }
}

/** @param {Definition | null} row @param {Field} field */
function valueOf(row, field) {
  return row?.[field] ?? "";
}
