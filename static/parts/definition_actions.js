// @ts-check
import { Refused } from "../edge/api.js";
import { attribute } from "../edge/dom.js";
import { endDefinition } from "./definition_end.js";
import { FIELDS, valueOf } from "./definition_saving.js";
import { openTry } from "./try_sheet.js";
import { openVersions } from "./versions_sheet.js";

/** @typedef {import("./definition_line.js").DefinitionLine} DefinitionLine */

/** Opens the sheet that tries a hash as it stands in its cells, saved or not. @param {DefinitionLine} line @param {Definition} row */
export function tryHash({ page, draft }, row) {
  openTry({ page, row, typed: { executable: draft?.executable?.value.trim(), parameters: draft?.parameters?.value.trim() } });
}

/** Opens the versions of a hash; an old one's values come into the cells as an edit. @param {DefinitionLine} line @param {Definition} row */
export function showVersions(line, row) {
  void openVersions({
    page: line.page,
    row,
    onUse: (old) => {
      const draft = FIELDS.map((field) => [field, { base: valueOf(line.row, field), value: old[field] ?? "" }]);
      line.propose(Object.fromEntries(draft), `The values of version ${old.version}, not saved yet.`);
    },
  });
}

/** Deletes or archives a hash, after a question. @param {DefinitionLine} line @param {Definition} row @param {(text: string) => void} onProblem */
export async function endHash(line, row, onProblem) {
  try {
    await endDefinition(line.page, row, () => attribute(line.remove, "aria-busy", "true"));
  } catch (cause) {
    if (!(cause instanceof Refused)) throw cause;
    attribute(line.remove, "aria-busy", null);
    onProblem(cause.message);
  }
}
