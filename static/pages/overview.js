// @ts-check
import { call } from "../edge/api.js";
import { askAgain } from "../edge/asking.js";
import { arrange, attribute, byId, h, setText } from "../edge/dom.js";
import { start } from "../edge/page.js";
import { symbol } from "../edge/symbol.js";
import { everySecond, now } from "../edge/ticking.js";
import { showCounts } from "../parts/frame.js";
import { countsOf, shares, shownHashes, statusesOf, together } from "../pure/overview.js";
import { look } from "../pure/status.js";
import { ago, length, moment } from "../pure/time.js";

/** @typedef {import("../pure/store.js").Store} Store */
/** @typedef {import("../pure/overview.js").HashOverview} HashOverview */
/** @typedef {import("../pure/overview.js").Overview} Numbers */

const EVERY = 1_000;

/** The page Overview: how far each hash is over all runs, and the farms. */
class Overview {
  /** @type {Map<number, HTMLTableRowElement>} */
  #lines = new Map();

  /** @param {Page} page @param {Store} store */
  constructor(page, store) {
    this.store = store;
    this.base = `/experiments/${page.experiment?.name}`;
    this.api = `${page.api}${this.base}/overview`;
    byId("to-definitions").setAttribute("href", `${this.base}/definitions`);
    if (page.overview) this.#draw(page.overview);
    this.showFarms();
    everySecond(() => this.showFarms());
  }

  async read() {
    this.#draw(await call("GET", this.api));
  }

  /** @param {Numbers} numbers */
  #draw(numbers) {
    const hashes = shownHashes(numbers);
    const statuses = statusesOf(hashes);
    const behind = numbers.runs - numbers.processed;
    setText(byId("runs-processed"), `${numbers.processed} of ${numbers.runs} runs have a job DONE`);
    setText(byId("runs-behind"), behind > 0 ? `${behind} behind` : numbers.runs > 0 ? "none behind" : "");
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
      h("th", { scope: "col", class: "c-share" }, "Share of the runs"),
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
      const bar = h("td", { class: "c-share" }, h("span", { class: "share", "aria-hidden": "true" }));
      line.replaceChildren(h("th", { scope: "row" }), bar, ...counts, ...[1, 2, 3].map(() => h("td", { class: "number" })));
    }
    const [name, bar, ...cells] = [...line.children];
    setText(name, hash.archived ? `${hash.name} (archived)` : hash.name);
    showShares(/** @type {Element} */ (bar.firstChild), hash);
    statuses.forEach((status, i) => {
      const count = hash.current[status] ?? 0;
      const link = /** @type {HTMLElement} */ (cells[i].firstChild);
      setText(link, String(count));
      link.hidden = count === 0;
      attribute(link, "aria-label", `${count} ${status} of ${hash.name}`);
    });
    const time = (/** @type {number | null} */ seconds) => (seconds === null ? "" : length(seconds * 1000));
    const rest = [hash.missing ? String(hash.missing) : "", time(hash.median_wait), time(hash.median_run)];
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

/** @param {Element} bar @param {HashOverview} hash */
function showShares(bar, hash) {
  const parts = shares(hash);
  while (bar.children.length > parts.length) bar.lastElementChild?.remove();
  parts.forEach(({ tone, count }, i) => {
    const part = /** @type {HTMLElement} */ (bar.children[i] ?? bar.appendChild(h("span")));
    attribute(part, "data-tone", tone);
    part.style.flexGrow = String(count);
  });
}

start((page, store) => {
  const overview = new Overview(page, store);
  askAgain(() => overview.read(), EVERY);
  return () => overview.showFarms();
});
