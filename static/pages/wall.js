// @ts-check
import { call, Refused } from "../edge/api.js";
import { askAgain } from "../edge/asking.js";
import { arrange, attribute, byId, h, setText } from "../edge/dom.js";
import { keys } from "../edge/keys.js";
import { start } from "../edge/page.js";
import { symbol } from "../edge/symbol.js";
import { everySecond, now, ticks } from "../edge/ticking.js";
import { showCounts } from "../parts/frame.js";
import { nearest, queuesOf, queueText } from "../pure/queues.js";
import { isLive, look } from "../pure/status.js";
import { ago } from "../pure/time.js";
import { behindWords, fits, runWords, shownHashes, totalsOf, wallWord } from "../pure/wall.js";

/** @typedef {import("../pure/store.js").Store} Store */
/** @typedef {import("../pure/wall.js").Wall} Picture */
/** @typedef {import("../pure/wall.js").Failure} Failure */

const EVERY = 1_000;
const TREND_EVERY = 20_000;
/** hundredths of the shorter side of the window, as in wall.css */
const [ROW, HEAD, COLUMN, FIRST] = [4.2, 6.4, 16.5, 12];
const portrait = matchMedia("(orientation: portrait)");
const LONG_WORD = 10;
const QUEUES = 5;

/**
 * The page for a screen on the wall, read-only, for days: what it shows is the answer to one question, asked again when
 * something changed. Of runs and jobs it keeps nothing else.
 */
class Wall {
  /** why a job failed, of those that are shown @type {Map<string, string>} */
  #sentences = new Map();
  /** @type {string | null} */
  #trend = null;

  /** @param {Page} page @param {Store} store @param {Picture} picture */
  constructor(page, store, picture) {
    this.page = page;
    this.store = store;
    this.picture = picture;
    this.name = page.experiment?.name ?? "";
    this.api = `${page.api}/experiments/${this.name}`;
    setText(byId("wall-name"), this.name);
    attribute(byId("leave"), "href", `/experiments/${this.name}`);
    attribute(byId("leave"), "title", "f: full screen");
    keys.add({ key: "f", text: "Full screen", group: "Wall", run: fullScreen });
    new ResizeObserver(() => this.draw()).observe(byId("wall-room"));
    everySecond(() => this.#showTimes());
    stayAwake();
    this.draw();
  }

  async read() {
    this.picture = await call("GET", `${this.api}/wall`);
    this.draw();
    await this.#explain();
  }

  async readTrend() {
    this.#trend = (await call("GET", `${this.api}/overview/history?hours=2`)).trend;
    this.#showTotals();
  }

  draw() {
    const { totals } = this.picture;
    const { running, pending, failed } = totalsOf(totals);
    if (this.page.experiment) this.page.experiment.jobs_live = running + pending; /* whether a silent LSF matters */
    showCounts({ running, failed });
    this.#showTotals();
    this.#showGrid();
    this.#showFailures();
    this.#showTimes();
  }

  #showTotals() {
    const { totals, taken, processed } = this.picture;
    const { running, pending, failed, done } = totalsOf(totals);
    const shares = /** @type {[string, string, number][]} */ ([["RUN", "running", running], ["PEND", "pending", pending], ["EXIT", "failed", failed], ["DONE", "done", done]]);
    const place = byId("wall-totals");
    shares.forEach(([status, word, count], i) => {
      const line = place.children[i] ?? place.appendChild(h("li", { class: "look" }, symbol(look(status).symbol), h("b"), h("span", {}, word)));
      attribute(line, "data-tone", count ? look(status).tone : "quiet");
      setText(line.children[1], String(count));
    });
    const behind = taken - processed;
    setText(byId("wall-processed"), `${processed} of ${taken} runs processed`);
    setText(byId("wall-behind"), taken ? behindWords(behind, this.#trend) : "");
    attribute(byId("wall-behind"), "data-tone", behind > 0 && this.#trend === "growing" ? "attention" : null);
  }

  /** As many runs and hashes as there is room for. */
  #showGrid() {
    const { width, height } = byId("wall-room").getBoundingClientRect();
    const unit = Math.min(innerWidth, innerHeight) / 100;
    const rows = fits(height, HEAD * unit, ROW * unit);
    const { shown, more } = shownHashes(this.picture, rows, fits(width, FIRST * unit, COLUMN * unit));
    setText(byId("wall-grid-name"), more > 0 ? `Newest runs (${more} more hashes have no room)` : "Newest runs");
    const head = byId("wall-hashes");
    const names = JSON.stringify(shown);
    if (head.dataset.names !== names) {
      head.dataset.names = names;
      head.replaceChildren(h("th", { scope: "col" }, "Run"), ...shown.map(({ name }) => h("th", { scope: "col" }, h("span", {}, name))));
    }
    const held = new Map([...byId("wall-runs").children].map((line) => [line.getAttribute("data-key"), line]));
    const lines = this.picture.runs.slice(0, rows).map((run) => {
      const line = held.get(`${run.number}`) ?? h("tr", { "data-key": run.number }, h("th", { scope: "row" }, `${run.number}`));
      attribute(line.children[0], "data-tone", run.ended_at ? null : "run");
      const jobs = new Map(run.jobs.map((job) => [job.hash, job]));
      while (line.children.length > shown.length + 1) line.lastElementChild?.remove();
      shown.forEach(({ id }, i) => showCell(line.children[i + 1] ?? line.appendChild(h("td")), jobs.get(id)));
      return line;
    });
    arrange(byId("wall-runs"), lines);
  }

  #failures() {
    return this.picture.failures.slice(0, portrait.matches ? 6 : 4);
  }

  #showFailures() {
    const place = byId("wall-failures");
    const held = new Map([...place.children].map((line) => [line.getAttribute("data-key"), line]));
    const lines = this.#failures().map((failure) => {
      const key = `${failure.job} ${failure.status}`;
      const line = held.get(key) ?? failureLine(failure, key);
      setText(line.children[1], this.#sentences.get(key) ?? failure.words);
      return line;
    });
    arrange(place, lines);
    setText(byId("wall-failed-name"), lines.length ? "Failed last" : "Nothing has failed");
  }

  /** One plain sentence for each, asked for once. */
  async #explain() {
    const failures = this.#failures();
    const wanted = new Map(failures.map(({ job, status }) => [`${job} ${status}`, job]));
    for (const key of this.#sentences.keys()) if (!wanted.has(key)) this.#sentences.delete(key);
    for (const [key, job] of wanted) {
      if (this.#sentences.has(key)) continue;
      const words = await call("GET", `${this.page.api}/jobs/${job}/explanation`).then(({ sentence }) => sentence, withoutWords);
      if (words !== null) this.#sentences.set(key, words);
    }
    this.#showFailures();
  }

  #showTimes() {
    const [last] = this.picture.runs;
    const number = byId("wall-number");
    setText(number, last ? String(last.number) : "none yet");
    number.style.setProperty("--digits", String(last ? String(last.number).length : 7));
    setText(byId("wall-age"), last ? runWords(last, now()) : "");
    attribute(byId("wall-age"), "data-tone", last && !last.ended_at ? "run" : null);
    const queues = nearest(queuesOf(this.store.all("location"), now()), new Set(this.picture.queues)).slice(0, QUEUES);
    const place = byId("wall-queues");
    while (place.children.length > queues.length) place.lastElementChild?.remove();
    queues.forEach((queue, i) => setText(place.children[i] ?? place.appendChild(h("li")), queueText(queue)));
  }
}

/** @param {Element} cell @param {import("../pure/wall.js").WallJob | undefined} job */
function showCell(cell, job) {
  const word = job ? wallWord(job, isLive(job.status)) : "";
  if (cell.getAttribute("data-word") === word) return;
  attribute(cell, "data-word", word);
  attribute(cell, "data-long", word.length > LONG_WORD);
  attribute(cell, "data-tone", job ? look(job.status).tone : null);
  const shape = word === "killing" ? "killing" : look(job?.status ?? "").symbol;
  cell.replaceChildren(...(job ? [h("span", { class: "look" }, symbol(shape), h("span", {}, word))] : []));
}

/** @param {Failure} failure @param {string} key */
function failureLine(failure, key) {
  const age = h("span", { class: "age" });
  ticks(age, (time) => ago(failure.at, time));
  const what = h("b", { class: "look" }, symbol(look(failure.status).symbol), wallWord(failure, false));
  return h("li", { "data-key": key }, h("p", { class: "what" }, what, h("span", {}, `run ${failure.run}, ${failure.hash}`), age), h("p", { class: "why" }));
}

/** What is refused for good is not asked for again. @param {unknown} cause */
function withoutWords(cause) {
  if (!(cause instanceof Refused)) throw cause;
  return null;
}

function fullScreen() {
  const root = document.documentElement;
  return document.fullscreenElement ? document.exitFullscreen() : root.requestFullscreen().catch(() => undefined);
}

/** Where the browser lets us; the lock ends whenever the page is hidden. */
function stayAwake() {
  const ask = () => {
    if (document.visibilityState === "visible") navigator.wakeLock?.request("screen").catch(() => undefined);
  };
  document.addEventListener("visibilitychange", ask);
  ask();
}

start((page, store) => {
  const wall = new Wall(page, store, /** @type {Picture} */ (page.wall));
  askAgain(() => wall.read(), EVERY);
  askAgain(() => wall.readTrend(), TREND_EVERY);
  return () => {};
});
