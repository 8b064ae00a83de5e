// @ts-check
import { call } from "../edge/api.js";
import { askAgain } from "../edge/asking.js";
import { arrange, attribute, byId, h, setText } from "../edge/dom.js";
import { keys } from "../edge/keys.js";
import { start } from "../edge/page.js";
import { symbol } from "../edge/symbol.js";
import { everySecond, now } from "../edge/ticking.js";
import { showCounts } from "../parts/frame.js";
import { Pictures } from "../parts/pictures.js";
import { countsOf, shownHashes, statusesOf, together } from "../pure/overview.js";
import { amount } from "../pure/scale.js";
import { look } from "../pure/status.js";
import { ago, length, moment } from "../pure/time.js";

/** @typedef {import("../pure/store.js").Store} Store */
/** @typedef {import("../pure/overview.js").HashOverview} HashOverview */
/** @typedef {import("../pure/overview.js").Overview} Numbers */

const EVERY = 1_000;
const PICTURES_EVERY = 3_000;
/** ms after which time itself has moved the pictures */
const OLD = 30_000;

/** The page Overview: how it goes over time, how far each hash is over all runs, and the farms. */
class Overview {
  /** @type {Map<number, HTMLTableRowElement>} */
  #lines = new Map();

  /** @param {Page} page @param {Store} store */
  constructor(page, store) {
    this.store = store;
    this.base = `/experiments/${page.experiment?.name}`;
    this.api = `${page.api}${this.base}/overview`;
    byId("to-definitions").setAttribute("href", `${this.base}/definitions`);
    byId("to-wall").setAttribute("href", `${this.base}/wall`);
    const handover = async () => (await import("../parts/handover_dialog.js")).openHandover(page);
    byId("to-handover").addEventListener("click", () => void keys.hold(handover()));
    this.pictures = new Pictures(page, () => this.picturesWanted());
    if (page.overview) this.#draw(page.overview);
    this.showFarms();
    everySecond(() => this.showFarms());
  }

  /** Set once the feed is followed. */
  picturesWanted = () => {};

  async read() {
    this.#draw(await call("GET", this.api));
  }

  /** @param {Numbers} numbers */
  #draw(numbers) {
    const hashes = shownHashes(numbers);
    const statuses = statusesOf(hashes);
    const behind = numbers.runs - numbers.processed;
    setText(byId("runs-processed"), `${amount(numbers.processed)} of ${amount(numbers.runs)} runs have a job DONE`);
    setText(byId("runs-behind"), behind > 0 ? `${amount(behind)} behind` : numbers.runs > 0 ? "none behind" : "");
    attribute(byId("runs-behind"), "data-behind", behind > 0);
    byId("hashes").hidden = hashes.length === 0;
    byId("no-hashes").hidden = hashes.length > 0;
    this.#drawHead(statuses);
    const lines = hashes.map((hash) => {
      const line = this.#lines.get(hash.id) ?? h("tr", { "data-key": `definition/${hash.id}` });
      this.#lines.set(hash.id, line);
      this.#show(line, hash, statuses, `hash=${encodeURIComponent(hash.name)}`);
      return line;
    });
    arrange(byId("hash-lines"), lines);
    const current = together(hashes);
    const missing = hashes.reduce((sum, hash) => sum + hash.missing, 0);
    this.#show(byId("all-hashes"), { id: 0, name: "All hashes", archived: false, current, missing, median_wait: null, median_run: null }, statuses, "");
    showCounts(countsOf(numbers));
    this.pictures.show(numbers);
  }

  /** @param {string[]} statuses */
  #drawHead(statuses) {
    const head = byId("hash-head");
    if (head.dataset.statuses === statuses.join()) return;
    head.dataset.statuses = statuses.join();
    const words = statuses.map((status) =>
      h("th", { scope: "col", class: "number" }, h("span", { class: "look", "data-tone": look(status).tone }, symbol(look(status).symbol), status)));
    const number = (/** @type {string} */ text, /** @type {string} */ title) => h("th", { scope: "col", class: "number", title }, text);
    head.replaceChildren(
      h("th", { scope: "col" }, "Hash"),
      ...words,
      number("Missing", "Runs that this hash was not applied to"),
      number("Waiting", "Median of the last 50 that were DONE: from the request to the start"),
      number("Running", "Median of the last 50 that were DONE: from the start to the end"),
    );
  }

  /** Cells of a line are made once for each set of statuses, and change in place. @param {HTMLElement} line @param {HashOverview} hash @param {string[]} statuses @param {string} query */
  #show(line, hash, statuses, query) {
    if (line.dataset.statuses !== statuses.join()) {
      line.dataset.statuses = statuses.join();
      const counts = statuses.map((status) => {
        const where = new URLSearchParams([...new URLSearchParams(query), ["status", status]]);
        return h("td", { class: "number", "data-tone": look(status).tone }, h("a", { href: `${this.base}?${where}` }));
      });
      line.replaceChildren(h("th", { scope: "row" }), ...counts, ...[1, 2, 3].map(() => h("td", { class: "number" })));
    }
    const [name, ...cells] = [...line.children];
    setText(name, hash.archived ? `${hash.name} (archived)` : hash.name);
    statuses.forEach((status, i) => {
      const count = hash.current[status] ?? 0;
      const link = /** @type {HTMLElement} */ (cells[i].firstChild);
      setText(link, amount(count));
      link.hidden = count === 0;
      attribute(link, "aria-label", `${count} ${status} of ${hash.name}`);
    });
    const time = (/** @type {number | null} */ seconds) => (seconds === null ? "" : length(seconds * 1000));
    const rest = [hash.missing ? amount(hash.missing) : "", time(hash.median_wait), time(hash.median_run)];
    rest.forEach((text, i) => setText(cells[statuses.length + i], text));
  }

  /** What the batch clients and LSF said last. */
  showFarms() {
    const farms = /** @type {FarmLocation[]} */ (this.store.all("location")).sort((a, b) => (a.name < b.name ? -1 : 1));
    byId("farms").hidden = farms.length === 0;
    byId("no-farms").hidden = farms.length > 0;
    const held = new Map([...byId("farm-lines").children].map((line) => [line.getAttribute("data-key"), line]));
    const lines = farms.map((farm) => {
      const line = held.get(farm.key) ?? h("tr", { "data-key": farm.key }, h("th", { scope: "row" }, farm.name), h("td"), h("td"), h("td"), h("td"));
      const [, client, scheduler, answered, problem] = line.children;
      const seen = farm.agent_seen_at;
      const version = farm.agent_version ? ` (${farm.agent_version})` : "";
      setText(client, farm.agent_connected ? `connected${version}` : seen ? `away, last heard of at ${moment(seen, now())}` : "never heard of");
      attribute(client, "data-tone", farm.agent_connected ? null : "attention");
      setText(scheduler, farm.scheduler ?? "");
      const silent = farm.agent_connected && farm.scheduler_silent_since;
      const last = farm.scheduler_answered_at;
      setText(answered, silent ? `silent since ${moment(silent, now())}` : last ? ago(last, now()) : "not yet");
      attribute(answered, "data-tone", silent ? "attention" : null);
      setText(problem, farm.scheduler_problem ?? "");
      return line;
    });
    arrange(byId("farm-lines"), lines);
  }
}

start((page, store) => {
  const overview = new Overview(page, store);
  askAgain(() => overview.read(), EVERY);
  overview.picturesWanted = askAgain(() => overview.pictures.read(), PICTURES_EVERY);
  setInterval(() => document.visibilityState === "visible" && overview.picturesWanted(), OLD);
  return () => overview.showFarms();
});
