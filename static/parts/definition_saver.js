// @ts-check
import { Refused } from "../edge/api.js";
import { attribute, h } from "../edge/dom.js";
import { objection, splitCommand } from "../pure/edit.js";
import { change, create, FIELDS, LABELS, valueOf } from "./definition_saving.js";
import { clearProblem } from "./problem.js";

/**
 * @typedef {import("./definition_line.js").DefinitionLine} DefinitionLine
 * @typedef {import("./definition_saving.js").Field} Field
 */

/** Saves the cells of one line, one after the other; when somebody else changed a cell meanwhile, both values are shown. */
export class DefinitionSaver {
  #saving = Promise.resolve();

  /** @param {DefinitionLine} line */
  constructor(line) {
    this.line = line;
  }

  /** Saves every cell that is not saved. */
  all() {
    const { draft, inputs, options, row } = this.line;
    inputs.executable.focus();
    if (row === null) {
      if (inputs.name.value.trim()) options.onNamed(this.line);
      this.#saving = this.#saving.then(() => this.#save("name"));
    } else for (const field of FIELDS) if (draft?.[field]) this.leave(field);
  }

  /** What stands in a cell is meant. @param {Field} field */
  leave(field) {
    const { base, inputs, options, row } = this.line;
    if (inputs[field].value.trim() === valueOf(row, field).trim()) {
      delete base[field];
      this.line.show(row);
      return;
    }
    if (field === "executable") this.#spread();
    if (row === null && inputs.name.value.trim()) options.onNamed(this.line);
    this.#saving = this.#saving.then(() => this.#save(field));
  }

  /** A whole command line typed or pasted as executable goes into both cells. */
  #spread() {
    const { base, inputs, row } = this.line;
    const { executable, parameters } = splitCommand(inputs.executable.value);
    inputs.executable.value = executable;
    if (parameters === null) return;
    base.parameters ??= valueOf(row, "parameters");
    inputs.parameters.value = `${parameters} ${inputs.parameters.value}`.trim();
    this.line.typed();
    this.leave("parameters");
  }

  /** @param {Field} field */
  async #save(field) {
    const { element, inputs, notes, row } = this.line;
    const mine = inputs[field].value.trim();
    clearProblem(notes);
    const wrong = objection(field, mine);
    if (wrong) {
      const nothing = row === null && field === "name" && FIELDS.every((one) => inputs[one].value.trim() === "");
      return nothing ? undefined : this.line.complain(`${LABELS[field]}: ${wrong}.`);
    }
    attribute(element, "aria-busy", "true");
    try {
      if (row === null) await this.#create();
      else await this.#change(field, mine, row);
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
      this.line.complain(cause.message);
    } finally {
      attribute(element, "aria-busy", null);
    }
  }

  /** Makes the definition as soon as it has a name; what was typed besides goes along. */
  async #create() {
    const { inputs, page } = this.line;
    const [name, typed, parameters] = FIELDS.map((field) => inputs[field].value.trim());
    if (!name) return this.line.complain("Not saved yet: a hash needs a name.");
    const executable = objection("executable", typed) ? "" : typed;
    const values = { name, executable, parameters };
    this.#taken(await create(page, values), values);
  }

  /** @param {Field} field @param {string} mine @param {Definition} row */
  async #change(field, mine, row) {
    const base = this.line.base[field] ?? valueOf(row, field);
    const { row: newest, conflict } = await change(this.line.page, row, field, { base, mine });
    if (!conflict) return this.#taken(newest, { [field]: mine });
    this.line.show(newest);
    this.#showConflict(field, mine, valueOf(newest, field));
  }

  /** The manager has these values; cells typed in since then stay. @param {Definition} row @param {Partial<Record<Field, string>>} saved */
  #taken(row, saved) {
    const { base, inputs, options } = this.line;
    for (const field of FIELDS) {
      if (saved[field] === undefined) continue;
      if (document.activeElement === inputs[field]) base[field] = valueOf(row, field);
      else if (inputs[field].value.trim() === saved[field]) delete base[field];
    }
    const held = options.store.get(row.key);
    this.line.show(held?.seq > row.seq ? held : row);
    this.line.settleNotes();
  }

  /** @param {Field} field @param {string} mine @param {string} theirs */
  #showConflict(field, mine, theirs) {
    const { line } = this;
    line.complain(
      `The cell ${LABELS[field]} was changed by somebody else meanwhile. Theirs: ${theirs || "(empty)"}. Yours: ${mine || "(empty)"}.`,
    );
    const note = line.notes.querySelector(".problem");
    const settle = (/** @type {string} */ label, /** @type {() => void} */ click) =>
      note?.insertBefore(h("button", { type: "button", onclick: click }, label), note.lastElementChild);
    settle("Keep theirs", () => {
      delete line.base[field];
      clearProblem(line.notes);
      line.show(line.row);
      line.settleNotes();
    });
    settle("Use mine", () => {
      line.base[field] = valueOf(line.row, field);
      this.#saving = this.#saving.then(() => this.#save(field)).then(() => line.showNotes());
    });
  }
}
