// @ts-check
import { call } from "../edge/api.js";
import { attribute, byId, h } from "../edge/dom.js";
import { onSettings } from "../edge/settings.js";
import { COUNTER_HEIGHT, counterByRun, counterInWords } from "../pure/chart_counter.js";
import { sharesByHash, sharesHeight, sharesInWords, successOf, timesByHash, timesInWords } from "../pure/chart_hashes.js";
import { JOBS_HEIGHT, jobsInWords, jobsOverTime, RUNS_HEIGHT, runsInWords, runsOverTime, stepName } from "../pure/chart_time.js";
import { shares, shownHashes } from "../pure/overview.js";
import { amount } from "../pure/scale.js";
import { length } from "../pure/time.js";
import { Figure } from "./figure.js";

/** @typedef {import("../pure/overview.js").Overview} Numbers */
/** @typedef {import("../pure/chart_time.js").History} History */
/** @typedef {import("../pure/chart_hashes.js").HashTimes} HashTimes */
/** @typedef {import("../pure/chart_counter.js").CounterByRun} CounterByRun */

const SPANS = { 12: "12 h", 24: "24 h", all: "All" };

/** The pictures of an experiment. What is chosen stands in the address: `span`, `hash`, and `counter` `of` a hash. */
export class Pictures {
  /** @type {Numbers | null} */
  #numbers = null;
  /** @type {History | null} */
  #history = null;
  #chosen = new URLSearchParams(location.search);
  #hash = h("select", { id: "hash-choice" });
  #of = h("select", { "aria-label": "Hash of the counter" });
  #counter = h("select", { "aria-label": "Counter" });

  /** @param {Page} page @param {() => void} ask for all numbers again */
  constructor(page, ask) {
    const name = page.experiment?.name ?? "";
    this.base = `/experiments/${name}`;
    this.api = `${page.api}${this.base}/overview`;
    const place = byId("pictures");
    const hashes = shownHashes(page.overview ?? { hashes: [] }).length;
    this.jobs = new Figure(place, "jobs", JOBS_HEIGHT, name);
    this.runs = new Figure(place, "runs", RUNS_HEIGHT, name);
    this.shares = new Figure(place, "success", sharesHeight(hashes), name);
    this.times = new Figure(place, "times", sharesHeight(hashes), name);
    this.counter = new Figure(place, "counter", COUNTER_HEIGHT, name);
    this.counter.choices.append(this.#counter, h("span", { class: "quiet" }, "of"), this.#of);
    this.counter.element.classList.add("wide");
    this.spans = Object.entries(SPANS).map(([span, text]) => {
      const button = h("button", { type: "button", value: span }, text);
      button.addEventListener("click", () => this.#choose({ span: span === "24" ? "" : span }));
      return button;
    });
    byId("choices").append(h("div", { class: "spans", role: "group", "aria-label": "Time" }, ...this.spans), h("span", { class: "find" }, h("label", { for: "hash-choice" }, "Hash"), this.#hash));
    this.ask = ask;
    this.#hash.addEventListener("change", () => this.#choose({ hash: this.#hash.value, of: "", counter: "" }));
    this.#of.addEventListener("change", () => this.#choose({ of: this.#of.value }));
    this.#counter.addEventListener("change", () => this.#choose({ counter: this.#counter.value }));
    onSettings(() => this.figures.forEach((figure) => figure.again()));
    addEventListener("popstate", () => {
      this.#chosen = new URLSearchParams(location.search);
      this.ask();
    });
  }

  get figures() {
    return [this.jobs, this.runs, this.shares, this.times, this.counter];
  }

  /** @param {Record<string, string>} change an empty one is left out */
  #choose(change) {
    for (const [name, value] of Object.entries(change)) {
      if (value) this.#chosen.set(name, value);
      else this.#chosen.delete(name);
    }
    const query = String(this.#chosen);
    history.replaceState(null, "", query ? `?${query}` : location.pathname);
    this.#showChoices();
    this.ask();
  }

  /** How each hash fares, as the page has it. @param {Numbers} numbers */
  show(numbers) {
    this.#numbers = numbers;
    const hashes = shownHashes(numbers);
    byId("pictures").hidden = byId("choices").hidden = hashes.length === 0;
    this.#showChoices();
    const address = (/** @type {string} */ name) => `${this.base}?${new URLSearchParams({ hash: name })}`;
    this.shares.show({
      title: "Success by hash",
      sentence: sharesInWords(hashes),
      draw: (width) => sharesByHash(hashes, width, address),
      file: `${this.api}.csv`,
      head: ["Hash", "Done", "Running", "Waiting", "In doubt", "Failed", "Missing", "Success"],
      lines: () => hashes.map((hash) => {
        const counts = new Map(shares(hash).map(({ tone, count }) => [tone, count]));
        return [{ text: hash.name, href: address(hash.name) }, ...["done", "run", "quiet", "attention", "failed", "missing"].map((tone) => amount(counts.get(tone) ?? 0)), successOf(hash)];
      }),
    });
  }

  /** @param {string} name of a parameter of the address @returns {import("../pure/overview.js").HashOverview | null} */
  #hashIn(name) {
    const wanted = this.#chosen.get(name);
    return this.#numbers?.hashes.find((hash) => hash.name === wanted) ?? null;
  }

  get #span() {
    const span = this.#chosen.get("span") ?? "";
    return Object.hasOwn(SPANS, span) ? span : "24";
  }

  #showChoices() {
    for (const button of this.spans) attribute(button, "aria-pressed", String(button.value === this.#span));
    const hashes = this.#numbers ? shownHashes(this.#numbers) : [];
    offer(this.#hash, ["", ...hashes.map(({ name }) => name)], this.#hashIn("hash")?.name ?? "", "All hashes");
  }

  /** Asks for what the pictures are drawn from, and draws them all. */
  async read() {
    const hash = this.#hashIn("hash");
    const which = new URLSearchParams({ hours: this.#span, ...(hash && { hash: String(hash.id) }) });
    const of = this.#hashIn("of") ?? hash ?? shownHashes(this.#numbers ?? { hashes: [] }).find(({ current }) => Object.keys(current).length) ?? null;
    const counter = this.#chosen.get("counter");
    const what = of && new URLSearchParams({ hash: String(of.id), ...(counter && { counter }) });
    const asked = String(this.#chosen);
    const [told, times, byRun] = await Promise.all([
      call("GET", `${this.api}/history?${which}`),
      call("GET", `${this.api}/times`),
      what && call("GET", `${this.api}/counter?${what}`),
    ]);
    if (asked !== String(this.#chosen)) return;
    this.#showHistory(told, hash?.name ?? null, String(which));
    this.#showTimes(times);
    this.counter.element.hidden = !byRun;
    if (byRun) this.#showCounter(byRun, String(what));
  }

  /** @param {History} told @param {string | null} hash @param {string} query */
  #showHistory(told, hash, query) {
    const of = hash ? ` of ${hash}` : "";
    const file = `${this.api}/history.csv?${query}`;
    const [idle, unrun] = [told.at.every((_, i) => !told.waiting[i] && !told.running[i] && !told.done[i] && !told.failed[i]), !told.runs.at(-1)];
    const within = this.#span === "all" ? "at all" : `in the last ${this.#span} h`;
    this.jobs.show({
      title: `Jobs over time${of}`,
      heading: "Jobs over time",
      sentence: idle ? `No job${of} ${within}.` : `${hash ? `${hash}: ` : ""}${jobsInWords(told)}`,
      draw: idle ? null : (width) => jobsOverTime(told, width),
      file,
      head: ["Time", "Waiting", "Running", "Done", "Failed"],
      lines: () => told.at.map((_, i) => [stepName(told, i), ...[told.waiting, told.running, told.done, told.failed].map((values) => amount(values[i]))]).reverse(),
    });
    this.runs.show({
      title: hash ? `Runs taken and processed by ${hash}` : "Runs taken and processed",
      heading: "Runs taken and processed",
      sentence: unrun ? "No run has been taken yet." : runsInWords(told, hash),
      draw: unrun ? null : (width) => runsOverTime(told, width),
      file,
      head: ["Time", "Taken", "Processed", "Behind"],
      lines: () => told.at.map((_, i) => [stepName(told, i), amount(told.runs[i]), amount(told.processed[i]), amount(told.runs[i] - told.processed[i])]).reverse(),
    });
  }

  /** @param {HashTimes[]} times */
  #showTimes(times) {
    const time = (/** @type {number | undefined} */ seconds) => (seconds === undefined ? "" : length(seconds * 1000));
    this.times.show({
      title: "Waiting and running times by hash",
      sentence: timesInWords(times),
      draw: times.length ? (width) => timesByHash(times, width) : null,
      file: `${this.api}/times.csv`,
      head: ["Hash", "Jobs", "Waiting 5 %", "median", "95 %", "Running 5 %", "median", "95 %"],
      lines: () => times.map(({ name, wait, run }) => [name, amount(run?.n ?? 0), ...[wait, run].flatMap((spread) => [time(spread?.low5), time(spread?.median), time(spread?.high95)])]),
    });
  }

  /** @param {CounterByRun} told @param {string} query */
  #showCounter(told, query) {
    const names = told.counter && !told.counters.includes(told.counter) ? [told.counter, ...told.counters] : told.counters;
    offer(this.#counter, names, told.counter ?? "");
    offer(this.#of, shownHashes(this.#numbers ?? { hashes: [] }).map(({ name }) => name), told.name);
    this.#counter.hidden = !names.length;
    const address = (/** @type {string} */ job) => `${this.base}#job/${job}`;
    const drawn = told.items.some(({ value }) => value !== null);
    this.counter.show({
      title: `${told.counter ?? "Counters"} of ${told.name}, run by run`,
      heading: "Run by run",
      sentence: counterInWords(told),
      draw: drawn ? (width) => counterByRun(told, width, address) : null,
      file: `${this.api}/counter.csv?${query}`,
      head: ["Run", told.counter ?? "", "Status"],
      words: 2,
      lines: () => told.items.map(({ run, text, status, job }) => [{ text: `Run ${run}`, href: address(job) }, text, status]).reverse(),
    });
  }
}

/** What may be chosen, and what is. @param {HTMLSelectElement} select @param {string[]} names @param {string} chosen @param {string} [none] what an empty name is called */
function offer(select, names, chosen, none) {
  if (select.dataset.names !== names.join("\n")) {
    select.dataset.names = names.join("\n");
    select.replaceChildren(...names.map((name) => h("option", { value: name }, name || (none ?? ""))));
  }
  if (select.value !== chosen) select.value = chosen;
}
