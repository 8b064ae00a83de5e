// @ts-check
import { call, Refused } from "../edge/api.js";
import { attribute, h, setText, styled } from "../edge/dom.js";
import { noteUsed } from "../edge/last_used.js";
import { newKey } from "../edge/new_key.js";
import { onRows } from "../edge/page.js";
import { grouped, jobsOf, number, runsOf } from "../pure/many.js";
import { parseRanges, spoken, written } from "../pure/ranges.js";
import { acts } from "./act.js";
import { ask } from "./ask.js";
import { chooseHash } from "./hash_choice.js";
import { clearProblem, showProblem } from "./problem.js";

await styled("floats");
await styled("dock");

const ASK_AFTER = 200;
const ASK_AGAIN_AFTER = 1_000;
/** More jobs than these want a second confirmation. */
const MANY = 20;

/**
 * @typedef {import("./outgoing.js").Order} Order
 * @typedef {"selection" | "view" | "every" | "typed"} Which
 * @typedef {{runs: number[], skipped: {run: number, reason: string}[], live: number[]}} Preview
 */

/** @param {{many: import("./many.js").Many, outgoing: import("./outgoing.js").Outgoing}} options */
export function openApply(options) {
  if (!document.querySelector("dialog.bulk")) new BulkDialog(options).open();
}

/**
 * Applies a hash to many runs. What it shows is what will be made: exactly the runs of the preview are sent, and of those
 * none that needs no job any more. One request has one key, until it is answered.
 */
class BulkDialog {
  /** @type {Definition | null} */
  #hash = null;
  /** @type {Preview | null} */
  #preview = null;
  /** @type {Set<number>} runs where the hash is live, left out on request */
  #leftOut = new Set();
  /** @type {Order | null} */
  #order = null;
  #question = "";
  #asked = 0;
  #timer = 0;
  #choose = h("button", { type: "button", class: "choose-hash", "aria-haspopup": "dialog", "aria-expanded": "false", id: "bulk-hash" });
  #typed = h("input", { class: "typed-runs", "aria-label": "Run numbers", placeholder: "1-20,25 or last 10", autocomplete: "off", spellcheck: "false" });
  #found = h("div", { class: "bulk-preview", "aria-live": "polite" });
  #trouble = h("div", {});
  #send = h("button", { class: "primary" });

  constructor(/** @type {{many: import("./many.js").Many, outgoing: import("./outgoing.js").Outgoing}} */ { many, outgoing }) {
    this.many = many;
    this.outgoing = outgoing;
    this.experiment = many.page.experiment?.name ?? "";
    this.base = `${many.page.api}/experiments/${this.experiment}`;
    this.#choose.addEventListener("click", () => this.#chooseHash());
    this.form = h(
      "form",
      { class: "bulk-form" },
      h("p", { class: "field" }, h("label", { for: "bulk-hash" }, "Hash"), this.#choose),
      this.#radios("Runs", "which", this.#whiches()),
      this.#radios("Of these", "only", [
        ["all", "all of them", null],
        ["missing", "only where it is missing: no job of it is live or DONE", null],
        ["failed", "only where its newest job has failed", null],
      ]),
      this.#found,
      this.#trouble,
      h("div", { class: "form-end" }, h("button", { type: "button", onclick: () => this.dialog.close() }, "Cancel"), acts(this.#send)),
    );
    this.form.addEventListener("change", () => this.#changed());
    this.#typed.addEventListener("input", () => {
      this.#pick("typed");
      this.#changed();
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#go();
    });
    this.dialog = h("dialog", { class: "bulk", "aria-labelledby": "bulk-title" }, h("h2", { id: "bulk-title" }, "Apply a hash to runs"), this.form);
  }

  open() {
    const before = /** @type {HTMLElement | null} */ (document.activeElement);
    const end = onRows(({ put }) => {
      const mine = (/** @type {any} */ row) => row.kind === "run" || (row.kind === "job" && row.definition.id === this.#hash?.id);
      if (this.#hash && !this.#timer && put.some(mine)) this.#ask(ASK_AGAIN_AFTER);
    });
    this.dialog.addEventListener("close", () => {
      end();
      clearTimeout(this.#timer);
      this.dialog.remove();
      if (before?.isConnected) before.focus();
    });
    document.body.append(this.dialog);
    this.#show();
    this.dialog.showModal();
    this.#choose.focus();
  }

  /** @returns {[Which, string, Node | null][]} */
  #whiches() {
    const { selection, view, every } = this.many;
    const [seen, all] = [view().length, every().length];
    /** @type {[Which, string, Node | null][]} */
    const whiches = [];
    const runs = selection.numbers();
    if (runs.length) whiches.push(["selection", `selected: ${spoken(runs, 6)} (${runsOf(runs.length)})`, null]);
    if (seen !== all) whiches.push(["view", `every run in the view: ${number(seen)}`, null]);
    whiches.push(["every", `every run: ${number(all)}`, null], ["typed", "these:", this.#typed]);
    return whiches;
  }

  /** @param {string} legend @param {string} name @param {[string, string, Node | null][]} choices the first one is chosen */
  #radios(legend, name, choices) {
    /* Without a selection nothing is chosen beforehand that holds more than what was typed. */
    const first = name === "which" && choices[0][0] !== "selection" ? "typed" : choices[0][0];
    const rows = choices.map(([value, text, more]) =>
      h("p", {}, h("label", {}, h("input", { type: "radio", name, value, checked: value === first }), ` ${text}`), more),
    );
    return h("fieldset", { class: "radios" }, h("legend", {}, legend), ...rows);
  }

  /** @param {Which} which */
  #pick(which) {
    const radio = this.form.querySelector(`input[name=which][value=${which}]`);
    if (radio instanceof HTMLInputElement) radio.checked = true;
  }

  /** @param {string} name @returns {string} */
  #value(name) {
    return String(new FormData(this.form).get(name) ?? "");
  }

  #chooseHash() {
    const label = "Hash to apply";
    const definitions = this.many.store.all("definition");
    chooseHash({
      anchor: this.#choose,
      label,
      experiment: this.experiment,
      definitions,
      onChoose: (definition) => {
        this.#hash = definition;
        this.#choose.focus();
        this.#changed();
      },
    });
  }

  /** When another question is asked now, what was answered is no longer shown as if it were its answer. */
  #changed() {
    const question = JSON.stringify([this.#hash?.id, this.#wanted(), this.#value("only")]);
    if (question === this.#question) return;
    this.#question = question;
    this.#preview = null;
    this.#leftOut.clear();
    this.#asked += 1;
    clearProblem(this.#trouble);
    this.#show();
    if (this.#hash) this.#ask(ASK_AFTER);
  }

  /** @param {number} after */
  #ask(after) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      void this.#look();
    }, after);
  }

  /** The runs that are asked for, or why there are none. @returns {{runs: string, problem: string | null}} */
  #wanted() {
    const { selection, view } = this.many;
    switch (/** @type {Which} */ (this.#value("which"))) {
      case "selection":
        return { runs: written(selection.numbers()), problem: null };
      case "view":
        return { runs: written(view()), problem: view().length ? null : "no run is in the view" };
      case "every":
        return { runs: "all", problem: null };
      case "typed": {
        const { ranges, problem } = parseRanges(this.#typed.value, this.many.every());
        return { runs: ranges.map(([first, last]) => `${first}-${last}`).join(","), problem };
      }
    }
  }

  /** Asks what would be made, and where the hash is live already. */
  async #look() {
    const [hash, { runs, problem }] = [this.#hash, this.#wanted()];
    if (!hash || problem) return;
    const asked = (this.#asked += 1);
    try {
      const [{ runs: made, skipped }, live] = await Promise.all([
        call("POST", `${this.base}/jobs/preview`, { definition: hash.id, runs, only: this.#value("only") }),
        call("POST", `${this.base}/jobs/kill`, { definition: hash.id, runs, preview: true }),
      ]);
      if (asked !== this.#asked) return;
      clearProblem(this.#trouble);
      const going = new Set(made);
      this.#preview = { runs: made, skipped, live: [...new Set(live.jobs.map((/** @type {any} */ job) => job.run))].filter((run) => going.has(run)) };
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
      if (asked !== this.#asked) return;
      showProblem(this.#trouble, cause.message);
    }
    this.#show();
  }

  /** The runs that get a job. */
  #runs() {
    return (this.#preview?.runs ?? []).filter((run) => !this.#leftOut.has(run));
  }

  #show() {
    const name = this.#hash?.name;
    this.#choose.replaceChildren(h("span", { class: name ? "" : "quiet" }, name ?? "Choose a hash"));
    const { problem } = this.#wanted();
    const typed = this.#value("which") === "typed" && this.#typed.value.trim() !== "";
    attribute(this.#typed, "aria-invalid", typed && problem !== null && "true");
    const runs = this.#runs();
    const why = problem ? `${problem[0].toUpperCase()}${problem.slice(1)}.` : !name ? "Choose a hash: then the jobs are counted here." : null;
    if (why || !this.#preview) this.#found.replaceChildren(h("p", { class: typed && problem ? "wrong" : "quiet" }, why ?? "Counting…"));
    else this.#found.replaceChildren(...this.#lines(this.#preview, runs));
    setText(this.#send, name ? `Apply to ${runsOf(runs.length)}` : "Apply");
    this.#send.disabled = runs.length === 0;
  }

  /** @param {Preview} preview @param {number[]} runs */
  #lines({ skipped, live }, runs) {
    const lines = [h("p", {}, h("b", {}, jobsOf(runs.length)), runs.length === 1 ? ` on run ${runs[0]}` : runs.length ? `, one on each of the runs ${spoken(runs)}` : ": it is not wanted on any of these runs")];
    const again = live.filter((run) => !this.#leftOut.has(run));
    if (again.length) {
      const leave = () => {
        this.#leftOut = new Set(live);
        this.#show();
        this.#send.focus();
      };
      const text = `On ${again.length === 1 ? `run ${again[0]}` : `${number(again.length)} of them (${spoken(again, 6)})`} it is live now and would run twice. `;
      lines.push(h("p", { class: "attention" }, text, h("button", { type: "button", onclick: leave }, again.length === 1 ? "Leave it out" : "Leave them out")));
    }
    const left = [...skipped, ...[...this.#leftOut].map((run) => ({ run, reason: "it is live there" }))];
    for (const [reason, those] of grouped(left, (one) => one.reason)) {
      lines.push(h("p", { class: "quiet" }, `Left out: ${runsOf(those.length)} (${spoken(those.map(({ run }) => run))}): ${ofMany(reason, those.length)}`));
    }
    return lines;
  }

  async #go() {
    const [hash, runs] = [this.#hash, this.#runs()];
    if (!hash || !runs.length || this.#send.getAttribute("aria-busy")) return;
    const text = written(runs);
    const only = /** @type {Order["only"]} */ (this.#value("only"));
    if (runs.length > MANY && !(await this.#sure(hash, runs))) return;
    const same = this.#order && this.#order.hash.id === hash.id && this.#order.runs === text && this.#order.only === only;
    const order = same && this.#order ? this.#order : { key: newKey(), hash: { id: hash.id, name: hash.name }, runs: text, only, count: runs.length, jobs: null };
    this.#order = order;
    attribute(this.#send, "aria-busy", "true");
    clearProblem(this.#trouble);
    try {
      await this.outgoing.send(order);
      noteUsed(this.experiment, hash.id);
      this.dialog.close();
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
      showProblem(this.#trouble, cause.message);
    } finally {
      attribute(this.#send, "aria-busy", null);
    }
  }

  /** @param {Definition} hash @param {number[]} runs */
  #sure(hash, runs) {
    const many = number(runs.length);
    return ask({
      title: `Make ${many} jobs of ${hash.name}?`,
      text: `One on each of ${many} runs: ${spoken(runs, 6)}. Undo takes back those that LSF does not have yet.`,
      safe: "Not yet",
      act: `Make ${many} jobs`,
    });
  }
}

/** Why one run was left out, said of `many`. @param {string} reason @param {number} many */
function ofMany(reason, many) {
  if (many === 1) return reason;
  return reason.replace(/^it is/, "they are").replace(/^it has/, "each has").replace(/^its newest job/, "the newest job on each");
}
