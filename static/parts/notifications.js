// @ts-check
import { attribute, h, styled } from "../edge/dom.js";
import { onRows } from "../edge/page.js";
import { remember, remembered, WATCHES_KEY } from "../edge/settings.js";
import { symbol } from "../edge/symbol.js";
import { now } from "../edge/ticking.js";
import { chooseLines, parseFilter } from "../pure/filter.js";
import { endQuery, filterWords, hasEndedSince, notices, watching } from "../pure/watches.js";
import { openFloat } from "./float.js";

/** @typedef {import("../pure/store.js").Store} Store */
/** @typedef {import("../pure/watches.js").Watch} Watch */

const TOGETHER = 1_000;
const DENIED =
  "This browser does not let Batchboard notify you. To allow it, open the site’s settings at the left of the address, set Notifications to Allow, and come back here.";
const IMPOSSIBLE = "This browser notifies only on pages that come by https, or from this machine.";

/** @type {Follower | null} */
let follower = null;

/** Tells of the ends of what is watched, from now on. @param {HTMLElement} bell @param {Page} page @param {Store} store */
export function followWatches(bell, page, store) {
  follower ??= new Follower(bell, page, store);
  return follower;
}

/**
 * Opens the list of what is watched in this experiment, and what can be watched besides.
 * @param {HTMLElement} bell @param {Page} page @param {Store} store
 */
export async function openNotifications(bell, page, store) {
  await styled("sheets");
  const follower = followWatches(bell, page, store);
  const sheet = h("div", { class: "menu choices watches", popover: "auto", role: "dialog", "aria-label": "Notifications" });
  const draw = () => sheet.replaceChildren(...content(follower, offers(store), draw));
  draw();
  openFloat(bell, sheet);
  sheet.querySelector("button")?.focus();
}

/** @param {Follower} follower @param {Watch[]} offered @param {() => void} draw @returns {Node[]} */
function content(follower, offered, draw) {
  const watches = follower.watches();
  const title = h("h2", {}, "Tell me when it ends");
  if (!("Notification" in window) || !isSecureContext) return [title, h("p", {}, IMPOSSIBLE)];
  const lines = watches.map((watch) => {
    const off = h("button", { type: "button", class: "icon", "aria-label": `No longer: ${watch.text}`, title: "No longer" }, symbol("close"));
    off.addEventListener("click", () => {
      follower.keep(watches.filter((other) => other !== watch));
      draw();
      /** @type {HTMLElement | null} */ (document.querySelector(".watches button"))?.focus();
    });
    return h("li", {}, h("span", {}, watch.text), off);
  });
  const add = async (/** @type {Watch} */ watch) => {
    if ((await Notification.requestPermission()) === "granted") follower.keep([...follower.watches(), watch]);
    draw();
  };
  const free = offered.filter(({ kind, of }) => !watches.some((other) => other.kind === kind && other.of === of));
  const buttons = free.map((watch) => {
    const button = h("button", { type: "button" }, symbol("plus"), watch.text);
    button.addEventListener("click", () => void add(watch));
    return button;
  });
  return [
    title,
    lines.length ? h("ul", {}, ...lines) : h("p", { class: "quiet" }, "Nothing is watched yet. The tab must stay open, in front or not."),
    Notification.permission === "denied" ? h("p", { role: "alert", class: "wrong" }, DENIED) : h("div", { class: "offers" }, ...buttons),
  ];
}

/** What can be watched from where the person is: the open job and its run, the run in focus, the filter. @param {Store} store @returns {Watch[]} */
function offers(store) {
  /** @type {Watch[]} */
  const found = [];
  const job = /** @type {Job | undefined} */ (store.get(`job/${/^#job\/(\w+)/.exec(location.hash)?.[1]}`));
  if (job) found.push({ kind: "job", of: job.id, text: `${job.definition.name} on run ${job.run}` });
  const newest = Math.max(0, ...store.all("run").map((/** @type {Run} */ run) => run.number));
  const run = Number(/^#run\/(\d+)/.exec(location.hash)?.[1] ?? job?.run ?? newest);
  if (run) found.push({ kind: "run", of: String(run), text: `Jobs of run ${run}` });
  const query = endQuery(new URLSearchParams(location.search));
  return [...found, { kind: "filter", of: query, text: filterWords(query) }];
}

/** Sees every row of the feed, and says which watched jobs have ended. */
class Follower {
  #since = now();
  /** @type {Set<string>} */
  #told = new Set();
  /** @type {Map<string, Job>} */
  #ended = new Map();

  /** @param {HTMLElement} bell @param {Page} page @param {Store} store */
  constructor(bell, page, store) {
    this.bell = bell;
    this.page = page;
    this.store = store;
    this.experiment = page.experiment?.name ?? "";
    onRows(({ put }) => this.#look(put));
    this.#show();
  }

  /** @returns {Watch[]} those of this experiment */
  watches() {
    return this.#all()[this.experiment] ?? [];
  }

  /** @param {Watch[]} watches */
  keep(watches) {
    const { [this.experiment]: _, ...others } = this.#all();
    remember(WATCHES_KEY, watches.length ? { ...others, [this.experiment]: watches } : others);
    this.#show();
  }

  /** @returns {Record<string, Watch[]>} */
  #all() {
    return remembered(WATCHES_KEY, {});
  }

  #show() {
    const count = this.watches().length;
    attribute(this.bell, "aria-pressed", count > 0 && "true");
    attribute(this.bell, "title", count ? `Notifications: ${count} watched` : "Notifications");
    attribute(this.bell, "aria-label", this.bell.title);
  }

  /** @param {Row[]} rows */
  #look(rows) {
    for (const row of rows) {
      if (row.kind !== "job") continue;
      const job = /** @type {Job} */ (row);
      if (this.#told.has(job.id) || !hasEndedSince(job, this.#since)) continue;
      this.#told.add(job.id);
      if (!this.#ended.size) setTimeout(() => this.#tell(), TOGETHER);
      this.#ended.set(job.id, job);
    }
  }

  #tell() {
    const watches = this.watches();
    const wanted = [...this.#ended.values()].filter((job) => watching(job, watches, (query) => this.#chosen(job, query)).length);
    this.#ended.clear();
    if (!wanted.length || Notification.permission !== "granted") return;
    for (const notice of notices(wanted)) this.#notify(notice);
    const over = new Set(wanted.map(({ id }) => id));
    const left = watches.filter(({ kind, of }) => kind !== "job" || !over.has(of));
    if (left.length < watches.length) this.keep(left);
  }

  /** Of a run that the page does not hold only its number is known. @param {Job} job @param {string} query */
  #chosen(job, query) {
    const run = this.store.get(`run/${job.run}`) ?? { number: job.run, params: {}, comment: "", tags: [] };
    return chooseLines(run, [job], parseFilter(new URLSearchParams(query)).filter) !== null;
  }

  /** @param {import("../pure/watches.js").Notice} notice */
  #notify({ title, body, tag, place }) {
    const notification = new Notification(title, { body, tag });
    notification.addEventListener("click", () => {
      window.focus();
      if (document.querySelector("#runs")) location.hash = place;
      else location.assign(`/experiments/${this.experiment}${place}`);
      notification.close();
    });
  }
}
