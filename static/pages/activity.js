// @ts-check
import { call, Refused } from "../edge/api.js";
import { askAgain } from "../edge/asking.js";
import { arrange, attribute, byId, glow, h, setText } from "../edge/dom.js";
import { keys } from "../edge/keys.js";
import { start } from "../edge/page.js";
import { now } from "../edge/ticking.js";
import { showProblem, clearProblem } from "../parts/problem.js";
import { deedFilter, deedQuery, isWanted, joined } from "../pure/activity.js";
import { full, moment } from "../pure/time.js";

/** @typedef {import("../pure/activity.js").Deed} Deed */

const EVERY = 1_000;
const AT_ONCE = 100;
const LOOK_BACK = 5;
const ACTIONS = ["apply", "kill", "delete", "cancel", "resubmit", "adopt", "hash", "run", "comment", "tags", "experiment"];

/** The page Activity: who did what, newest first. What comes in while one reads further down waits above. */
class Activity {
  /** @type {Deed[]} newest first, shown */
  #deeds = [];
  /** @type {Deed[]} waiting above */
  #waiting = [];
  /** @type {Map<number, HTMLTableRowElement>} */
  #lines = new Map();
  #more = false;
  filter = deedFilter(new URLSearchParams());

  /** @param {Page} page */
  constructor(page) {
    this.base = `/experiments/${page.experiment?.name}`;
    this.api = `${page.api}${this.base}/activity`;
    this.form = /** @type {HTMLFormElement} */ (byId("deed-filter"));
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("input", () => this.#filtered());
    keys.add({ key: "/", text: "Filter", group: "Activity", run: () => this.#field("text").select() });
    addEventListener("popstate", () => this.#readAddress());
    byId("older").addEventListener("click", () => void this.#older());
    byId("above").addEventListener("click", () => {
      scrollTo(0, 0);
      this.#take([]);
    });
    if (page.activity) this.#begin(page.activity);
    this.#readAddress();
  }

  /** What has been done since: the newest page at first, and where it does not reach back to what is held. */
  async read() {
    const newest = (this.#waiting[0] ?? this.#deeds[0])?.seq;
    if (newest === undefined) return this.#begin(await call("GET", `${this.api}?limit=${AT_ONCE}`));
    const { items } = await call("GET", `${this.api}?since=${newest}&limit=${AT_ONCE}`);
    this.#hear(items);
    if (items.length === AT_ONCE) await this.read();
  }

  /** @param {{items: Deed[], next: string | null}} newest */
  #begin({ items, next }) {
    this.#more = next !== null;
    this.#take(items);
  }

  /** @param {Deed[]} come */
  #hear(come) {
    if (!come.length) return;
    if (scrollY < byId("deeds").offsetTop) return this.#take(come);
    this.#waiting = joined(this.#waiting, come);
    this.#showAbove();
  }

  /** @param {Deed[]} come */
  #take(come) {
    const fresh = this.#deeds.length ? joined(this.#waiting, come) : [];
    this.#deeds = joined(this.#deeds, [...this.#waiting, ...come]);
    this.#waiting = [];
    this.#showAbove();
    this.draw();
    for (const { seq } of fresh) glow(/** @type {Element} */ (this.#lines.get(seq) ?? this.form));
  }

  #showAbove() {
    const wanted = this.#waiting.filter((deed) => isWanted(deed, this.filter)).length;
    byId("above").hidden = wanted === 0;
    setText(byId("above"), `${wanted} new`);
  }

  async #older() {
    clearProblem(byId("more"));
    attribute(byId("older"), "aria-busy", "true");
    try {
      for (let i = 0, shown = byId("deeds").childElementCount; i < LOOK_BACK && this.#more; i++) {
        const before = this.#deeds.at(-1)?.seq;
        const { items, next } = await call("GET", `${this.api}?limit=${AT_ONCE}&before=${before}`);
        this.#more = next !== null;
        this.#deeds = joined(this.#deeds, items);
        this.draw();
        if (byId("deeds").childElementCount > shown) break;
      }
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
      showProblem(byId("more"), cause.message);
    } finally {
      attribute(byId("older"), "aria-busy", null);
    }
  }

  #readAddress() {
    const filter = deedFilter(new URLSearchParams(location.search));
    this.#offer("by", [...this.#people(), filter.by]);
    this.#offer("action", [...ACTIONS, filter.action]);
    for (const [name, value] of Object.entries(filter)) this.#field(name).value = value;
    this.filter = filter;
    this.draw();
  }

  #filtered() {
    this.filter = deedFilter(new URLSearchParams(/** @type {any} */ (new FormData(this.form))));
    history.replaceState(null, "", location.pathname + deedQuery(this.filter));
    this.draw();
  }

  #people() {
    return [...new Set(this.#deeds.map(({ by }) => by))].sort();
  }

  /** @param {string} name of a choice @param {string[]} values */
  #offer(name, values) {
    const choice = /** @type {HTMLSelectElement} */ (/** @type {unknown} */ (this.#field(name)));
    const there = new Set([...choice.options].map(({ value }) => value));
    for (const value of values) if (value && !there.has(value)) choice.append(h("option", { value }, value)), there.add(value);
  }

  draw() {
    const { filter } = this;
    const wanted = this.#deeds.filter((deed) => isWanted(deed, filter));
    const time = now();
    const lines = wanted.map((deed) => {
      const line = this.#lines.get(deed.seq) ?? this.#line(deed);
      this.#lines.set(deed.seq, line);
      const at = line.children[0];
      setText(at, moment(deed.at, time));
      attribute(at, "title", full(deed.at));
      return line;
    });
    arrange(byId("deeds"), lines);
    this.#offer("by", this.#people());
    const any = this.#deeds.length > 0;
    byId("list").hidden = wanted.length === 0;
    this.form.hidden = !any;
    byId("no-deeds").hidden = any;
    byId("none-found").hidden = !any || wanted.length > 0;
    byId("older").hidden = !any || !this.#more;
    setText(byId("found"), deedQuery(filter) ? `${wanted.length} of the ${this.#deeds.length} read` : "");
  }

  /** @param {Deed} deed */
  #line({ seq, by, action, text, run, job, definition }) {
    const links = [
      run !== null && [`run ${run}`, `${this.base}#run/${run}`],
      job && ["job", `${this.base}#job/${job}`],
      definition !== null && ["hash", `${this.base}/definitions#definition/${definition}`],
    ].filter((link) => Array.isArray(link));
    const cells = links.flatMap(([words, href], i) => [i ? " " : "", h("a", { href }, words)]);
    return h(
      "tr",
      { "data-key": `deed/${seq}` },
      h("td", { class: "number" }),
      h("th", { scope: "row" }, by),
      h("td", { class: "quiet" }, action),
      h("td", { class: "text" }, text),
      h("td", {}, ...cells),
    );
  }

  /** @param {string} name */
  #field(name) {
    return /** @type {HTMLInputElement} */ (this.form.elements.namedItem(name));
  }
}

start((page) => {
  const activity = new Activity(page);
  askAgain(() => activity.read(), EVERY);
  return (changed, reset) => {
    if (changed.size || reset) activity.draw();
  };
});
