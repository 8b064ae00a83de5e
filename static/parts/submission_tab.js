// @ts-check
import { call, Refused } from "../edge/api.js";
import { attribute, h, setText, styled } from "../edge/dom.js";
import { now } from "../edge/ticking.js";
import { BEGIN, looks } from "../pure/ansi.js";
import { isBeforeLsf } from "../pure/status.js";
import { full, minute } from "../pure/time.js";
import { copyButton } from "./copy_button.js";
import { Facts } from "./facts.js";
import { ReadingTab } from "./reading_tab.js";

await styled("submission");

/** Bytes that are kept of what a script prints. */
const KEPT = 32 * 1024;

/** One of the script's environment; null: it looked like a secret. @typedef {{name: string, value: string | null, ours: boolean}} Variable */

/** “Works in my terminal”: where and as what the submit script ran, with what, and what it printed. */
export class SubmissionTab extends ReadingTab {
  /** @param {Page} page */
  constructor(page) {
    super(page.api);
    this.page = page;
  }

  /** @param {Job} job */
  version(job) {
    return [job.id, isBeforeLsf(job.status) ? `${job.status}|${job.detail}` : "", job.lsf_ids.join()].join("|");
  }

  /** @param {Job} job */
  async content(job) {
    const told = await call("GET", `${this.api}/jobs/${job.id}/submission`);
    const facts = new Facts();
    const words = /** @type {string[]} */ ([told.executable, ...told.arguments]);
    facts.put("Host", told.host, { copied: true });
    const user = runAs(told.environment) ?? job.user;
    facts.put("As", user);
    facts.put("Folder", told.folder, { copied: true });
    facts.putNode("Called as", h("ol", { class: "words", start: "0" }, ...words.map((word) => h("li", {}, h("code", {}, word)))));
    facts.put("Began", told.began_at && full(told.began_at));
    facts.put("bsub called", told.bsub_called_at && full(told.bsub_called_at));
    facts.put("Ended", told.ended_at && full(told.ended_at));
    facts.put("Exit code", told.exit_code === null ? null : String(told.exit_code));
    facts.put("Ended by us", told.timed_out ? "it took too long to submit" : null);
    facts.put("Problem", told.problem);
    facts.put("Not known", told.doubt);
    facts.put("Found by its tag", told.adopted?.join(", "));
    facts.put("Doubles, killed", told.surplus?.join(", "));
    const changed = told.modified_at ? `, changed ${minute(told.modified_at, now())}` : "";
    facts.put("Fingerprint", told.sha256 && `${told.sha256.slice(0, 12)}${changed}`);
    const beside = h("p", { class: "quiet" });
    if (told.sha256) void this.#compare(job, told.sha256, beside);
    const printed = [...output("Standard output", told.stdout), ...output("Standard error", told.stderr)];
    if (!told.began_at && !printed.length) printed.push(h("p", { class: "teach" }, "The script was not started."));
    return [...inTerminal(told, user), facts.element, beside, ...printed, ...environment(told.environment)];
  }

  /** Whether the script is still the one of the job before it. @param {Job} job @param {string} sha256 @param {HTMLElement} place */
  async #compare(job, sha256, place) {
    try {
      const query = new URLSearchParams({ definition: String(job.definition.id), limit: "1", cursor: String(job.number) });
      const { items } = await call("GET", `${this.api}/experiments/${job.experiment}/jobs?${query}`);
      const [before] = /** @type {Job[]} */ (items);
      if (!before) return;
      const other = await call("GET", `${this.api}/jobs/${before.id}/submission`);
      if (!other.sha256) return;
      const name = `job ${before.number} of this hash, on run ${before.run}`;
      const same = other.sha256 === sha256;
      setText(place, same ? `The script is the same as for ${name}.` : `The script was changed after ${name}: it was ${other.sha256.slice(0, 12)} then.`);
      attribute(place, "data-changed", !same);
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
    }
  }
}

/** Whose account the script ran in: not always that of the person who asked for it. @param {Variable[] | null | undefined} environment */
function runAs(environment) {
  return ["USER", "LOGNAME"].map((name) => environment?.find((one) => one.name === name && one.value)?.value).find(Boolean);
}

/** @param {any} told @param {string} user @returns {Node[]} */
function inTerminal({ command, host }, user) {
  if (!command) return [];
  const there = host ? h("p", { class: "quiet" }, "On that machine: ", h("code", {}, `ssh ${host}`), `, as ${user}. `) : null;
  return [
    h("h3", {}, "The same in a terminal"),
    ...(there ? [there] : []),
    h("div", { class: "line" }, h("pre", { tabindex: "0", "aria-label": "Command" }, command), copyButton({ text: () => command, name: "Copy the command" })),
    h("p", { class: "quiet" }, "Without the addresses of this job: run by hand it reports to nobody, and its job is not followed."),
  ];
}

/** @param {Variable[] | null | undefined} all @returns {Node[]} */
function environment(all) {
  if (!all?.length) return [];
  const rows = all.map(({ name, value, ours }) => {
    const shown = value === null ? h("i", { class: "quiet" }, "left out: its name looks like a secret") : h("code", {}, value);
    const row = h("tr", {}, h("th", { scope: "row" }, h("code", {}, name), ours && h("span", { class: "ours" }, "from us")), h("td", {}, shown));
    return { row, text: `${name} ${value ?? ""}`.toLowerCase() };
  });
  const count = h("span", { class: "quiet", role: "status" }, `${all.length}`);
  const filter = h("input", { type: "search", placeholder: "Filter", "aria-label": "Filter the environment", autocomplete: "off" });
  filter.addEventListener("input", () => {
    const wanted = filter.value.trim().toLowerCase();
    let left = 0;
    for (const { row, text } of rows) {
      row.hidden = !text.includes(wanted);
      left += row.hidden ? 0 : 1;
    }
    setText(count, wanted ? `${left} of ${all.length}` : `${all.length}`);
  });
  const head = h("thead", { class: "unseen" }, h("tr", {}, h("th", { scope: "col" }, "Name"), h("th", { scope: "col" }, "Value")));
  return [
    h("div", { class: "environment-head" }, h("h3", {}, "Environment of the script ", count), filter),
    h("table", { class: "environment", "aria-label": "Environment" }, head, h("tbody", {}, ...rows.map(({ row }) => row))),
  ];
}

/** What a script printed, without its colours; of much the batch client keeps the end. @param {string} name @param {string | null | undefined} text @returns {Node[]} */
function output(name, text) {
  if (!text) return [];
  const cut = new TextEncoder().encode(text).length > KEPT - 4; /* it may begin in the midst of a sign */
  const whole = cut ? text.slice(text.indexOf("\n") + 1) : text;
  const shown = looks(whole, BEGIN).pieces.map((piece) => piece.text).join("");
  return [h("h3", {}, name, cut && h("span", { class: "quiet" }, " its last 32 KB")), h("pre", { tabindex: "0", "aria-label": name }, shown)];
}
