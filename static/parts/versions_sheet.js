// @ts-check
import { call, Refused } from "../edge/api.js";
import { h } from "../edge/dom.js";
import { now } from "../edge/ticking.js";
import { full, moment } from "../pure/time.js";
import { acts } from "./act.js";
import { diffed } from "./diff_words.js";
import { showProblem } from "./problem.js";
import { openSheet } from "./sheet.js";

/**
 * @typedef {{version: number, at: string, by: string, name: string, executable: string | null, parameters: string,
 *   location: string}} Version
 */

const FIELDS = /** @type {const} */ ([["name", "Hash"], ["executable", "Executable"], ["parameters", "Parameters"], ["location", "Location"]]);

/**
 * Opens the versions of a hash, newest first: who changed what, and when.
 * @param {{page: Page, row: Definition, onUse: (version: Version) => void}} options `onUse`: the values of an older one
 *   are wanted again
 */
export async function openVersions({ page, row, onUse }) {
  const list = h("ol", { class: "versions" }, h("li", { class: "quiet" }, "Reading"));
  const body = h("div", { class: "sheet-body" }, list);
  const { element } = openSheet(`Versions of ${row.name}`, body);
  try {
    const { items } = await call("GET", `${page.api}/experiments/${row.experiment}/definitions/${row.id}/versions`);
    const use = (/** @type {Version} */ version) => {
      element.close();
      onUse(version);
    };
    list.replaceChildren(...versionsOf(items, row, use));
  } catch (cause) {
    if (!(cause instanceof Refused)) throw cause;
    list.remove();
    showProblem(body, cause.message);
  }
}

/** @param {Version[]} items @param {Definition} row @param {(version: Version) => void} onUse */
function versionsOf(items, row, onUse) {
  return items.map((version, i) => {
    const { at, by } = version;
    const when = h("time", { datetime: at, title: full(at) }, moment(at, now()));
    const use = h("button", { type: "button", onclick: () => onUse(version) }, "Use this again");
    use.setAttribute("aria-label", `Use version ${version.version} again`);
    const end = i === 0 ? h("span", { class: "quiet" }, "used now") : row.archived_at === null ? acts(use) : "";
    return h(
      "li",
      {},
      h("p", { class: "version-head" }, h("b", {}, `Version ${version.version}`), when, h("span", {}, by), h("span", { class: "version-end" }, end)),
      h("dl", { class: "facts" }, ...differences(version, items[i + 1])),
    );
  });
}

/** What a version changed; of the first one all it has. @param {Version} version @param {Version | undefined} before */
function differences(version, before) {
  const changed = FIELDS.filter(([field]) => (before ? before[field] !== version[field] : version[field]));
  if (!changed.length) return [h("dt", {}, "No difference"), h("dd", {})];
  return changed.flatMap(([field, label]) => {
    const value = version[field] ?? "";
    return [h("dt", {}, label), h("dd", {}, diffed(before ? (before[field] ?? "") : value, value))];
  });
}
