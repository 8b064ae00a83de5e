// @ts-check
import { call, Refused } from "../edge/api.js";
import { attribute, h, setText } from "../edge/dom.js";
import { symbol } from "../edge/symbol.js";
import { stands, ticks } from "../edge/ticking.js";
import { split } from "../pure/edit.js";
import { clock, length } from "../pure/time.js";
import { acts } from "./act.js";
import { clearProblem, showProblem } from "./problem.js";
import { openSheet } from "./sheet.js";

/**
 * @typedef {{checks: {name: string, ok: boolean | null, text: string}[], arguments: string[], exit_code: number | null,
 *   timed_out: boolean, stdout: string, stderr: string, bsub: {arguments: string[], stdin: string}[], as_of: string}} Tried
 */

/** ms; the batch client may take 45 s. */
const ANSWERS_WITHIN = 60_000;

/**
 * Opens the sheet that tries a hash: the batch client looks at its script and runs it once, with a bsub that only prints.
 * @param {{page: Page, row: Definition, typed: {executable?: string, parameters?: string}}} options `typed`: what stands
 *   in cells that are not saved; that is tried then
 */
export function openTry({ page, row, typed }) {
  const executable = typed.executable ?? row.executable ?? "";
  const parameters = typed.parameters ?? row.parameters;
  const unsaved = typed.executable !== undefined || typed.parameters !== undefined;
  const run = h("input", { inputmode: "numeric", size: "6", placeholder: "newest", autocomplete: "off" });
  const go = h("button", { class: "primary", autofocus: true }, "Try it");
  const state = h("span", { class: "quiet", role: "status" });
  const place = h("div", {});
  const found = h("div", { class: "tried" });
  const words = [executable, row.experiment, "RUN", ...split(parameters)].map((word) => h("code", {}, word));
  const form = h("form", { class: "try-form" }, h("label", {}, "Run ", run), acts(go), state);
  openSheet(
    `Try ${row.name}`,
    h(
      "div",
      { class: "sheet-body" },
      h("p", { class: "preview" }, ...words, unsaved && h("span", { class: "hint" }, "as typed, not saved yet")),
      h("p", { class: "quiet" }, `The batch client of ${row.location} looks at the file, then runs it once as its own user, with a bsub that only prints. ` +
        "No job is made. What else the script does is done."),
      form,
      place,
      found,
    ),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (go.getAttribute("aria-busy") === "true") return;
    clearProblem(place);
    const number = run.value.trim();
    if (number && !/^\d{1,9}$/.test(number)) return showProblem(place, "Run: a number is needed, or nothing for the newest.");
    const began = performance.timeOrigin + performance.now();
    attribute(go, "aria-busy", "true");
    found.replaceChildren();
    ticks(state, () => `Trying, ${length(performance.timeOrigin + performance.now() - began)}`);
    try {
      const body = { ...(number && { run: Number(number) }), ...typed };
      const address = `${page.api}/experiments/${row.experiment}/definitions/${row.id}/try`;
      const tried = /** @type {Tried} */ (await call("POST", address, body, {}, ANSWERS_WITHIN));
      stands(state, `Tried at ${clock(tried.as_of)}`);
      found.replaceChildren(...told(tried));
      setText(go, "Try again");
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
      stands(state, "");
      showProblem(place, cause.code === "agent_away" ? `Not tried: ${cause.message}. Try again when it is back.` : `Not tried: ${cause.message}`);
    } finally {
      attribute(go, "aria-busy", null);
    }
  });
}

/** @param {Tried} tried @returns {Node[]} */
function told(tried) {
  const { checks, exit_code, timed_out, bsub } = tried;
  const ended = timed_out ? "it took too long and was ended" : exit_code === null ? "it was not run" : `exit code ${exit_code}`;
  const ran = exit_code !== null || timed_out;
  const wrong = checks.filter(({ ok }) => ok === false);
  const verdict = wrong.length
    ? verdictLine("failed", "exit", `Would not work: ${wrong.map(({ name }) => name).join(", ")}.`)
    : bsub.length
      ? verdictLine("done", "done", `Would submit ${bsub.length === 1 ? "1 job" : `${bsub.length} jobs`}.`)
      : verdictLine("attention", "slow", ran ? "bsub was not called: its jobs would end as Submit failed." : "Not run.");
  return [
    verdict,
    h("ul", { class: "checks", "aria-label": "Checks" }, ...checks.map(checkLine)),
    ...(ran ? [h("h3", {}, "Called as"), wordList(tried.arguments), h("p", { class: "quiet" }, `Ended: ${ended}.`)] : []),
    ...bsub.flatMap(({ arguments: words, stdin }, i) => [
      h("h3", {}, bsub.length === 1 ? "bsub would have been called with" : `bsub, call ${i + 1} of ${bsub.length}, with`),
      wordList(words),
      ...printed("and on its standard input", stdin),
    ]),
    ...printed("Standard output", tried.stdout),
    ...printed("Standard error", tried.stderr),
  ];
}

/** @param {string} tone @param {string} shape @param {string} text */
function verdictLine(tone, shape, text) {
  return h("p", { class: "verdict", "data-tone": tone, role: "status" }, symbol(shape), h("b", {}, text));
}

/** @param {Tried["checks"][number]} check */
function checkLine({ name, ok, text }) {
  const [shape, word, tone] = ok === null ? ["lost", "open", "quiet"] : ok ? ["done", "good", "done"] : ["exit", "wrong", "failed"];
  const mark = h("span", { class: "check-mark", "data-tone": tone }, symbol(shape), word);
  return h("li", {}, mark, h("b", {}, name), h("span", {}, text));
}

/** @param {string[]} words */
function wordList(words) {
  return h("ol", { class: "words" }, ...words.map((word) => h("li", {}, h("code", {}, word || "(empty)"))));
}

/** @param {string} title @param {string} text @returns {Node[]} */
function printed(title, text) {
  return text ? [h("h3", {}, title), h("pre", { tabindex: "0", "aria-label": title }, text)] : [];
}
