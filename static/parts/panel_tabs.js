// @ts-check
import { h } from "../edge/dom.js";
import { LogTab } from "./job_log.js";
import { JobTab } from "./job_tab.js";
import { LsfTab } from "./lsf_tab.js";
import { PostsTab } from "./posts_tab.js";
import { SubmissionTab } from "./submission_tab.js";

/**
 * A tab shows one side of one job. `show` is called when it is opened and whenever the job's row changed; `stop` when
 * it is left.
 * @typedef {{element: HTMLElement, show: (job: Job) => void, stop: () => void}} Tab
 */

const TABS = { job: "Job", log: "Log", details: "LSF", submission: "Submit script", posts: "Posts" };
/** Addresses of old that lead to where their content is now. */
const BEFORE = { history: "job" };

/** @typedef {keyof typeof TABS} TabName */
/** Which side of a job is shown. @typedef {{name: TabName, lsfId: string, place: number | null}} Side */

const ADDRESS = /^#job\/([0-9a-f]{24})(?:\/(\w+))?(?:\/([\d[\]]+))?(?:\/@(\d{1,15}))?$/;

/** @param {string} hash `#job/ID`, `#job/ID/TAB`, `#job/ID/log/LSF_ID/@BYTES` @returns {{id: string, side: Side} | null} */
export function readAddress(hash) {
  const [, id, tab = "job", lsfId = "", place] = ADDRESS.exec(decodeURI(hash)) ?? [];
  if (!id) return null;
  const known = /** @type {Record<string, string>} */ (BEFORE)[tab] ?? tab;
  const name = /** @type {TabName} */ (Object.hasOwn(TABS, known) ? known : "job");
  return { id, side: { name, lsfId, place: place === undefined ? null : Number(place) } };
}

/** @param {Side} side @param {Page} page @param {import("../pure/store.js").Store} store @returns {Tab} */
export function makeTab({ name, lsfId, place }, page, store) {
  switch (name) {
    case "job":
      return new JobTab(page, store);
    case "log":
      return new LogTab(page.api, lsfId, place);
    case "details":
      return new LsfTab(page.api);
    case "submission":
      return new SubmissionTab(page);
    case "posts":
      return new PostsTab(page);
  }
}

/** The list of tabs; arrows move between them. */
export class TabList {
  element = h("div", { class: "tabs", role: "tablist", "aria-label": "Sides of the job" });

  constructor() {
    this.element.addEventListener("keydown", (event) => this.#move(event));
  }

  get selected() {
    return /** @type {HTMLElement | null} */ (this.element.querySelector("[aria-selected=true]"));
  }

  /** @param {string} id @param {TabName} name */
  show(id, name) {
    this.element.replaceChildren(
      ...Object.entries(TABS).map(([key, text]) => {
        const selected = key === name;
        const href = key === "job" ? `#job/${id}` : `#job/${id}/${key}`;
        return h("a", { role: "tab", href, "aria-selected": String(selected), tabindex: selected ? 0 : -1 }, text);
      }),
    );
  }

  /** @param {KeyboardEvent} event */
  #move(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const tabs = /** @type {HTMLElement[]} */ ([...this.element.children]);
    const here = tabs.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    if (!step || here < 0) return;
    event.preventDefault();
    tabs[(here + step + tabs.length) % tabs.length].click();
  }
}
