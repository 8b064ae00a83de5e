// @ts-check
import { call, Refused } from "../edge/api.js";
import { attribute, byId, h, setText, styled } from "../edge/dom.js";
import { keys } from "../edge/keys.js";
import { symbol } from "../edge/symbol.js";
import { now } from "../edge/ticking.js";
import { asOf } from "../pure/doubts.js";
import { listed, showStatus, where } from "./cells.js";
import { DoubtNotice } from "./doubt_notice.js";
import { makeTab, readAddress, TabList } from "./panel_tabs.js";
import { panelEdge } from "./panel_width.js";

await styled("panel");

/** @typedef {import("../pure/store.js").Store} Store */
/** @typedef {import("./panel_tabs.js").Side} Side */
/** @typedef {import("./panel_tabs.js").Tab} Tab */

const AT_MOST_EVERY = 1_000;

/**
 * The job panel from the right, opened by the address `#job/ID/TAB`, which can be shared; `#job/ID/log/LSF_ID` is the log of
 * one of its LSF jobs, and `/@BYTES` behind it a line of the log. The table stays usable.
 * @param {Page} page @param {Store} store
 */
export function watchPanel(page, store) {
  const panel = new Panel(page, store);
  const route = () => {
    const wanted = readAddress(location.hash);
    if (wanted) void panel.open(wanted.id, wanted.side);
    else panel.close();
  };
  addEventListener("hashchange", route);
  addEventListener("popstate", route);
  const when = () => panel.isOpen;
  keys.add({ key: "Escape", text: "Close the job panel", group: "Job panel", when, run: () => panel.leave() });
  route();
  return panel;
}

class Panel {
  #element = byId("panel");
  /** @type {HTMLElement | null} where the focus goes back to */
  #opener = null;
  /** @type {string | null} */
  #id = null;
  /** @type {string | null} name of the tab, and whose log */
  #side = null;
  /** @type {Tab | null} */
  #tab = null;
  /** @type {Job | null} as it was last shown */
  #job = null;
  #timer = 0;
  #asked = false;

  /** @param {Page} page @param {Store} store */
  constructor(page, store) {
    this.page = page;
    this.store = store;
    this.title = h("h2", { id: "panel-title", tabindex: "-1" });
    this.mark = h("span", {});
    this.words = h("span", { class: "quiet" });
    this.doubt = new DoubtNotice(page, store);
    this.tabs = new TabList();
    this.body = h("div", { class: "panel-body", role: "tabpanel", "aria-labelledby": "panel-title" });
    const close = h("a", { class: "icon", href: "#", "aria-label": "Close the job panel", title: "Close (Esc)" }, symbol("close"));
    close.addEventListener("click", (event) => {
      event.preventDefault();
      this.leave();
    });
    attribute(this.#element, "aria-labelledby", "panel-title");
    const status = h("span", { class: "panel-status" }, this.mark, this.words);
    this.#element.append(panelEdge(this.#element), h("header", {}, this.title, status, close), this.doubt.element, this.tabs.element, this.body);
  }

  get isOpen() {
    return this.#id !== null;
  }

  /** @param {string} id @param {Side} wanted */
  async open(id, wanted) {
    const side = Object.values(wanted).join("/");
    const another = this.#id !== id;
    if (this.#id === null) this.#opener = /** @type {HTMLElement} */ (document.activeElement);
    if (!another && this.#side === side) return;
    const onTab = this.tabs.element.contains(document.activeElement);
    this.#tab?.stop();
    this.#id = id;
    this.#side = side;
    this.#tab = null;
    this.body.replaceChildren();
    this.tabs.show(id, wanted.name);
    this.#element.hidden = false;
    document.documentElement.toggleAttribute("data-panel", true);
    if (another) {
      this.#job = null;
      this.#name(this.store.get(`job/${id}`));
      setText(this.words, "");
      this.mark.replaceChildren();
      delete this.mark.dataset.drawn;
      this.doubt.show(null);
      this.title.focus({ preventScroll: true });
    } else if (onTab) this.tabs.selected?.focus({ preventScroll: true });
    const job = await this.#read(id);
    if (this.#id !== id || this.#side !== side || !job) return;
    this.#tab = makeTab(wanted, this.page, this.store);
    this.body.replaceChildren(this.#tab.element);
    this.#show(job);
  }

  /** Closes, and the address says so. */
  leave() {
    history.pushState(null, "", location.pathname + location.search);
    this.close();
  }

  close() {
    if (this.#id === null) return;
    const key = `job/${this.#id}`;
    this.#tab?.stop();
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#id = this.#side = this.#tab = this.#job = null;
    this.#element.hidden = true;
    document.documentElement.toggleAttribute("data-panel", false);
    const line = /** @type {HTMLElement | null} */ (document.querySelector(`[data-key="${key}"] .hash-name`));
    (this.#opener?.isConnected && this.#opener !== document.body ? this.#opener : line)?.focus();
  }

  /**
   * @param {Set<string>} changed @param {Set<number>} [passed] runs of rows that the store does not keep: a job of one
   *   of them is read again, once a second at most
   */
  update(changed, passed) {
    const job = this.#job;
    if (job === null) return;
    const held = this.store.get(job.key);
    if (held && (changed.has(job.key) || [...changed].some((key) => key.startsWith("location/")))) return this.#show(held);
    if (held || !(changed.has(job.key) || passed?.has(job.run))) return;
    this.#asked = true;
    if (!this.#timer) void this.#readAgain(job.id);
  }

  /** What the store does not keep (or not any more) is asked for. @param {string} id */
  async #readAgain(id) {
    this.#asked = false;
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      if (this.#asked && this.#id === id) void this.#readAgain(id);
    }, AT_MOST_EVERY);
    const job = await this.#read(id);
    if (job && this.#id === id) this.#show(job);
  }

  /** @param {Job} job */
  #show(job) {
    this.#job = job;
    this.#name(job);
    const old = asOf(job, this.store.get(`location/${job.location}`), now());
    showStatus(this.mark, job, job.detail, old ? [{ text: old }] : []);
    const ids = job.lsf_ids.length > 0 && `LSF ID ${listed(job.lsf_ids)}`;
    setText(this.words, [`job ${job.number}`, ids, where(job)].filter(Boolean).join(" · "));
    this.doubt.show(job);
    this.#tab?.show(job);
  }

  /** @param {Job | undefined} job */
  #name(job) {
    setText(this.title, job ? `${job.definition.name} on run ${job.run}` : "Job");
  }

  /** @param {string} id @returns {Promise<Job | null>} from the feed, else (a job far from the view) from the API */
  async #read(id) {
    const held = this.store.get(`job/${id}`);
    if (held) return held;
    try {
      return await call("GET", `${this.page.api}/jobs/${id}`);
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
      if (this.#id !== id) return null;
      const deleted = this.#job ? "This job was deleted." : "There is no such job: it was deleted, or the link is not whole.";
      if (cause.status === 404 || !this.#job) this.#tell(cause.status === 404 ? deleted : cause.message);
      return null;
    }
  }

  /** @param {string} text */
  #tell(text) {
    this.#tab?.stop();
    this.#tab = null;
    this.doubt.show(null);
    this.mark.replaceChildren();
    delete this.mark.dataset.drawn;
    this.body.replaceChildren(h("p", { class: "teach" }, text));
  }
}
