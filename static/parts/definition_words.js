// @ts-check
import { attribute, h } from "../edge/dom.js";
import { symbol } from "../edge/symbol.js";
import { looksLikeShell, split } from "../pure/edit.js";
import { minute } from "../pure/time.js";

const SHAPES = /** @type {Record<string, string>} */ ({ ok: "done", bad: "exit", draft: "slow" });

/** What the batch client found at the path. @param {HTMLElement} place @param {Definition | null} row */
export function showCheck(place, row) {
  const [state, text] = found(row);
  attribute(place, "data-state", state);
  const shape = SHAPES[state];
  place.replaceChildren(...(shape ? [symbol(shape)] : []), h("span", {}, text));
}

/** @param {Definition | null} row @returns {[string, string]} */
function found(row) {
  if (!row) return ["none", ""];
  if (!row.executable) return ["draft", "path missing"];
  if (!row.check) return ["none", "not checked yet"];
  const { ok, problem, at } = row.check;
  return ok ? ["ok", `found, ${minute(at)}`] : ["bad", `${problem}, ${minute(at)}`];
}

/** What the script will be called with. @param {HTMLElement} place @param {string} path @param {string} experiment @param {string} parameters */
export function showPreview(place, path, experiment, parameters) {
  if (!path) return place.replaceChildren();
  const words = [path.slice(path.lastIndexOf("/") + 1), experiment, "RUN", ...split(parameters)];
  place.replaceChildren(...words.map((word) => h("code", {}, word)));
  if (looksLikeShell(parameters)) place.append(h("span", { class: "hint" }, "quotes and $ are passed as they are"));
}
