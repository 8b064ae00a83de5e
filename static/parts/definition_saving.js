// @ts-check
import { call, Refused } from "../edge/api.js";
import { decide } from "../pure/edit.js";

/** @typedef {"name" | "executable" | "parameters"} Field */

export const FIELDS = /** @type {const} */ (["name", "executable", "parameters"]);
export const LABELS = { name: "Hash", executable: "Executable", parameters: "Parameters" };

/** @param {Definition | null} row @param {Field} field */
export function valueOf(row, field) {
  return row?.[field] ?? "";
}

/** @param {Page} page @param {Record<Field, string>} values @returns {Promise<Definition>} raises Refused */
export function create(page, values) {
  const address = `${page.api}/experiments/${page.experiment?.name}/definitions`;
  return call("POST", address, { ...values, executable: values.executable || null });
}

/**
 * Saves a cell, unless somebody else has changed it to something else since `base`. What others change beside it is no
 * hindrance. Raises Refused.
 * @param {Page} page @param {Definition} row @param {Field} field @param {{base: string, mine: string}} typed
 * @returns {Promise<{row: Definition, conflict: boolean}>} the newest state, and whether nothing was saved because of it
 */
export async function change(page, row, field, { base, mine }) {
  const verdict = decide(base, mine, valueOf(row, field));
  if (verdict !== "send") return { row, conflict: verdict === "conflict" };
  const address = `${page.api}/experiments/${row.experiment}/definitions/${row.id}`;
  const value = field === "executable" && !mine ? null : mine;
  try {
    return { row: await call("PATCH", address, { [field]: value, seq: row.seq }), conflict: false };
  } catch (cause) {
    if (!(cause instanceof Refused) || cause.status !== 409) throw cause;
    const newest = await call("GET", address);
    if (newest.seq === row.seq) throw cause;
    return change(page, newest, field, { base, mine });
  }
}
