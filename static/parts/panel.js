// @ts-check
import { call, Refused } from "../edge/api.js";
import { attribute, byId, h, setText } from "../edge/dom.js";
import { symbol } from "../edge/symbol.js";
import { now } from "../edge/ticking.js";
import { asOf } from "../pure/doubts.js";
import { listed, showStatus, where } from "./cells.js";
import { DoubtNotice } from "./doubt_notice.js";
import { DetailsTab, HistoryTab, SubmissionTab } from "./job_texts.js";
import { LogTab } from "./job_log.js";

/**
 * @typedef {import("../pure/store.js").Store} Store
 *
 * A tab shows one side of one job. `show` is called when it is opened and whenever the job's row changed; `stop` when
 * it is left.
 * @typedef {{element: HTMLElement, show: (job: Job) => void, stop: () => void}} Tab
 */

const TABS = { log: "Log", details: "Details", submission: "Submission", history: "History" };

/** @typedef {keyof typeof TABS} TabName */

const ADDRESS = /^#job\/([0-9a-f]{24})(?:\/(\w+)(?:\/([\d[\]]+))?)?$/;

/**
 * The job panel from the right, opened by the address `#job/ID/TAB`, which can be shared; `#job/ID/log/LSF_ID` is the log of
 * one of its LSF jobs. The table stays usable.
 * @param {Page} page @param {Store} store
 */
export function watchPanel(page, store) {
  const panel = new Panel(page, store);
  const route = () => {
    const [, id, tab, lsfId = ""] = ADDRESS.exec(decodeURI(location.hash)) ?? [];
    if (id) void panel.open(id, /** @type {TabName} */ (tab && tab in TABS ? tab : "log"), lsfId);
    else panel.close();
  };
  addEventListener("hashchange", route);
  addEventListener("popstate", route);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || document.querySelector("dialog[open], :popover-open")) return;
    if (location.hash.startsWith("#job/")) panel.leave();
  });
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

  /** @param {Page} page @param {Store} store */
  constructor(page, store) {
    this.page = page;
    this.store = store;
    this.title = h("h2", { id: "panel-title" });
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

  /** @param {string} id @param {TabName} name @param {string} lsfId */
  async open(id, name, lsfId) {
    const side = `${name}/${lsfId}`;
    if (this.#id === null) this.#opener = /** @type {HTMLElement} */ (document.activeElement);
    if (this.#id === id && this.#side === side) return;
    this.#tab?.stop();
    this.#id = id;
    this.#side = side;
    this.#tab = null;
    this.body.replaceChildren();
    this.#showTabs(id, name);
    this.#element.hidden = false;
    document.documentElement.toggleAttribute("data-panel", true);
    const job = await this.#job(id);
    if (this.#id !== id || this.#side !== side || !job) return;
    this.#tab = this.#make(name, lsfId);
    this.body.replaceChildren(this.#tab.element);
    this.#show(job);
    /** @type {HTMLElement | null} */ (this.tabs.querySelector("[aria-selected=true]"))?.focus({ preventScroll: true });
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
    this.#id = this.#side = this.#tab = null;
    this.#element.hidden = true;
    document.documentElement.toggleAttribute("data-panel", false);
    const line = /** @type {HTMLElement | null} */ (document.querySelector(`[data-key="${key}"] .hash-name`));
    (this.#opener?.isConnected && this.#opener !== document.body ? this.#opener : line)?.focus();
  }

  /** @param {Set<string>} changed */
  update(changed) {
    if (this.#id === null) return;
    if (!changed.has(`job/${this.#id}`) && ![...changed].some((key) => key.startsWith("location/"))) return;
    const job = this.store.get(`job/${this.#id}`);
    if (job) this.#show(job);
    else this.#tell("This job was deleted.");
  }

  /** @param {Job} job */
  #show(job) {
    setText(this.title, `${job.definition.name} on run ${job.run}`);
    const old = asOf(job, this.store.get(`location/${job.location}`), now());
    showStatus(this.mark, job, job.detail, old ? [{ text: old }] : []);
    const ids = job.lsf_ids.length > 0 && `LSF ID ${listed(job.lsf_ids)}`;
    setText(this.words, [`job ${job.number}`, ids, where(job)].filter(Boolean).join(" · "));
    this.doubt.show(job);
    this.#tab?.show(job);
  }

  /** @param {TabName} name @param {string} lsfId @returns {Tab} */
  #make(name, lsfId) {
    const { api } = this.page;
    switch (name) {
      case "log":
        return new LogTab(api, lsfId);
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

  /** @param {string} id @returns {Promise<Job | null>} from the feed, else (a job of an older run) from the API */
  async #job(id) {
    const held = this.store.get(`job/${id}`);
    if (held) return held;
    try {
      return await call("GET", `${this.page.api}/jobs/${id}`);
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
      setText(this.title, "Job");
      setText(this.words, "");
      if (this.#id === id) this.#tell(cause.status === 404 ? "There is no such job; it may have been deleted." : cause.message);
      return null;
    }
  }

  /** @param {string} text */
  #tell(text) {
    this.#tab?.stop();
    this.#tab = null;
    this.doubt.show(null);
    this.mark.replaceChildren();
    this.body.replaceChildren(h("p", { class: "teach" }, text));
  }
}
