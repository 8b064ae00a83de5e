// @ts-check
import { call, Refused } from "../edge/api.js";
import { attribute, byId, h, setText, styled } from "../edge/dom.js";
import { keys } from "../edge/keys.js";
import { symbol } from "../edge/symbol.js";
import { now } from "../edge/ticking.js";
import { asOf } from "../pure/doubts.js";
import { listed, showStatus, where } from "./cells.js";
import { DoubtNotice } from "./doubt_notice.js";
import { DetailsTab, HistoryTab, SubmissionTab } from "./job_texts.js";
import { LogTab } from "./job_log.js";

await styled("panel");

/**
 * @typedef {import("../pure/store.js").Store} Store
 *
 * A tab shows one side of one job. `show` is called when it is opened and whenever the job's row changed; `stop` when
 * it is left.
 * @typedef {{element: HTMLElement, show: (job: Job) => void, stop: () => void}} Tab
 */

const TABS = { log: "Log", details: "Details", submission: "Submission", history: "History" };

/** @typedef {keyof typeof TABS} TabName */

const ADDRESS = /^#job\/([0-9a-f]{24})(?:\/(\w+))?(?:\/([\d[\]]+))?(?:\/@(\d{1,15}))?$/;
const AT_MOST_EVERY = 1_000;

/** Which side of a job is shown. @typedef {{name: TabName, lsfId: string, place: number | null}} Side */

/**
 * The job panel from the right, opened by the address `#job/ID/TAB`, which can be shared; `#job/ID/log/LSF_ID` is the log of
 * one of its LSF jobs, and `/@BYTES` behind it a line of the log. The table stays usable.
 * @param {Page} page @param {Store} store
 */
export function watchPanel(page, store) {
  const panel = new Panel(page, store);
  const route = () => {
    const [, id, tab, lsfId = "", place] = ADDRESS.exec(decodeURI(location.hash)) ?? [];
    const name = /** @type {TabName} */ (tab && tab in TABS ? tab : "log");
    if (id) void panel.open(id, { name, lsfId, place: place === undefined ? null : Number(place) });
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
    this.tabs = h("div", { class: "tabs", role: "tablist", "aria-label": "Sides of the job" });
    this.body = h("div", { class: "panel-body", role: "tabpanel", "aria-labelledby": "panel-title" });
    const close = h("a", { class: "icon", href: "#", "aria-label": "Close the job panel", title: "Close (Esc)" }, symbol("close"));
    close.addEventListener("click", (event) => {
      event.preventDefault();
      this.leave();
    });
    this.tabs.addEventListener("keydown", (event) => this.#move(event));
    attribute(this.#element, "aria-labelledby", "panel-title");
    const status = h("span", { class: "panel-status" }, this.mark, this.words);
    this.#element.append(h("header", {}, this.title, status, close), this.doubt.element, this.tabs, this.body);
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
    const onTab = this.tabs.contains(document.activeElement);
    this.#tab?.stop();
    this.#id = id;
    this.#side = side;
    this.#tab = null;
    this.body.replaceChildren();
    this.#showTabs(id, wanted.name);
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
    } else if (onTab) this.#selected?.focus({ preventScroll: true });
    const job = await this.#read(id);
    if (this.#id !== id || this.#side !== side || !job) return;
    this.#tab = this.#make(wanted);
    this.body.replaceChildren(this.#tab.element);
    this.#show(job);
  }

  get #selected() {
    return /** @type {HTMLElement | null} */ (this.tabs.querySelector("[aria-selected=true]"));
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

  /** @param {Side} side @returns {Tab} */
  #make({ name, lsfId, place }) {
    const { api } = this.page;
    switch (name) {
      case "log":
        return new LogTab(api, lsfId, place);
      case "details":
        return new DetailsTab(api);
      case "submission":
        return new SubmissionTab(api);
      case "history":
        return new HistoryTab(api);
    }
  }

  /** @param {string} id @param {TabName} name */
  #showTabs(id, name) {
    this.tabs.replaceChildren(
      ...Object.entries(TABS).map(([key, text]) => {
        const selected = key === name;
        return h(
          "a",
          { role: "tab", href: `#job/${id}/${key}`, "aria-selected": String(selected), tabindex: selected ? 0 : -1 },
          text,
        );
      }),
    );
  }

  /** @param {KeyboardEvent} event */
  #move(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const tabs = /** @type {HTMLElement[]} */ ([...this.tabs.children]);
    const here = tabs.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    if (!step || here < 0) return;
    event.preventDefault();
    tabs[(here + step + tabs.length) % tabs.length].click();
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
