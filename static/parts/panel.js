// @ts-check
import { call, Refused } from "../edge/api.js";
import { attribute, byId, h, setText } from "../edge/dom.js";
import { symbol } from "../edge/symbol.js";
import { look } from "../pure/status.js";
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

/**
 * The job panel from the right, opened by the address `#job/ID/TAB`, which can be shared. The table stays usable.
 * @param {Page} page @param {Store} store
 */
export function watchPanel(page, store) {
  const panel = new Panel(page, store);
  const route = () => {
    const [, id, tab] = /^#job\/([0-9a-f]{24})(?:\/(\w+))?$/.exec(location.hash) ?? [];
    if (id) void panel.open(id, /** @type {TabName} */ (tab && tab in TABS ? tab : "log"));
    else panel.close();
  };
  addEventListener("hashchange", route);
  addEventListener("popstate", route);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || document.querySelector("dialog[open], :popover-open")) return;
    if (location.hash.startsWith("#job/")) leave();
  });
  route();
  return panel;

  function leave() {
    history.pushState(null, "", location.pathname + location.search);
    panel.close();
  }
}

class Panel {
  #element = byId("panel");
  /** @type {HTMLElement | null} where the focus goes back to */
  #opener = null;
  /** @type {string | null} */
  #id = null;
  /** @type {TabName | null} */
  #name = null;
  /** @type {Tab | null} */
  #tab = null;

  /** @param {Page} page @param {Store} store */
  constructor(page, store) {
    this.page = page;
    this.store = store;
    this.title = h("h2", { id: "panel-title" });
    this.status = h("span", { class: "panel-status" });
    this.tabs = h("div", { class: "tabs", role: "tablist", "aria-label": "Sides of the job" });
    this.body = h("div", { class: "panel-body", role: "tabpanel", "aria-labelledby": "panel-title" });
    const close = h("a", { class: "icon", href: "#", "aria-label": "Close the job panel", title: "Close (Esc)" }, symbol("close"));
    close.addEventListener("click", (event) => {
      event.preventDefault();
      history.pushState(null, "", location.pathname + location.search);
      this.close();
    });
    this.tabs.addEventListener("keydown", (event) => this.#move(event));
    attribute(this.#element, "aria-labelledby", "panel-title");
    this.#element.append(h("header", {}, this.title, this.status, close), this.tabs, this.body);
  }

  /** @param {string} id @param {TabName} name */
  async open(id, name) {
    if (this.#id === null) this.#opener = /** @type {HTMLElement} */ (document.activeElement);
    if (this.#id === id && this.#name === name) return;
    this.#tab?.stop();
    this.#id = id;
    this.#name = name;
    this.#tab = null;
    this.body.replaceChildren();
    this.#showTabs(id, name);
    this.#element.hidden = false;
    document.documentElement.toggleAttribute("data-panel", true);
    const job = await this.#job(id);
    if (this.#id !== id || this.#name !== name || !job) return;
    this.#tab = this.#make(name);
    this.body.replaceChildren(this.#tab.element);
    this.#show(job);
    /** @type {HTMLElement | null} */ (this.tabs.querySelector("[aria-selected=true]"))?.focus({ preventScroll: true });
  }

  close() {
    if (this.#id === null) return;
    const key = `job/${this.#id}`;
    this.#tab?.stop();
    this.#id = this.#name = this.#tab = null;
    this.#element.hidden = true;
    document.documentElement.toggleAttribute("data-panel", false);
    const line = /** @type {HTMLElement | null} */ (document.querySelector(`[data-key="${key}"] .hash-name`));
    (this.#opener?.isConnected && this.#opener !== document.body ? this.#opener : line)?.focus();
  }

  /** @param {Set<string>} changed */
  update(changed) {
    if (this.#id === null || !changed.has(`job/${this.#id}`)) return;
    const job = this.store.get(`job/${this.#id}`);
    if (job) this.#show(job);
    else this.#tell("This job was deleted.");
  }

  /** @param {Job} job */
  #show(job) {
    setText(this.title, `${job.definition.name} on run ${job.run}`);
    const { symbol: shape, tone } = look(job.status);
    attribute(this.status, "data-tone", tone);
    const words = [`job ${job.number}`, job.lsf_id && `LSF ID ${job.lsf_ids.length ? job.lsf_ids.join(", ") : job.lsf_id}`];
    const where = [job.queue, job.host].filter(Boolean).join(" on ");
    this.status.replaceChildren(
      h("span", { class: "mark" }, symbol(shape), h("span", { class: "word" }, job.status)),
      h("span", { class: "quiet" }, [...words, where].filter(Boolean).join(" · ")),
    );
    this.#tab?.show(job);
  }

  /** @param {TabName} name @returns {Tab} */
  #make(name) {
    const { api } = this.page;
    switch (name) {
      case "log":
        return new LogTab(api);
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
      this.status.replaceChildren();
      if (this.#id === id) this.#tell(cause.status === 404 ? "There is no such job; it may have been deleted." : cause.message);
      return null;
    }
  }

  /** @param {string} text */
  #tell(text) {
    this.#tab?.stop();
    this.#tab = null;
    this.body.replaceChildren(h("p", { class: "teach" }, text));
  }
}
