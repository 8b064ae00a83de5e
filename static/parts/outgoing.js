// @ts-check
import { call, Refused } from "../edge/api.js";
import { onRows } from "../edge/page.js";
import { leave } from "./leave.js";
import { OutgoingStrip } from "./outgoing_strip.js";
import { KEPT } from "./many.js";
import { stateOf } from "../pure/outgoing.js";

/**
 * A hash applied to runs. `key`: what makes it the same request when it is sent again; `jobs`: null until it was answered.
 * @typedef {object} Order
 * @property {string} key
 * @property {{id: number, name: string}} hash
 * @property {string} runs such as 1-20,25
 * @property {"all" | "missing" | "failed"} only
 * @property {number} count jobs that are expected
 * @property {string[] | null} jobs
 */

/** The answer may have been lost on its way: the order may have been done. */
const LOST = new Set([0, 502, 503, 504]);
/** Nor is it known when somebody has to log in again first. */
const LOG_IN = 401;
const AGAIN_AFTER = 3_000;
const PAGE_OF_JOBS = 500;

/**
 * What was applied to many runs and is not all in LSF yet. An order is kept, and sent again with the same key until it is
 * answered, also by the page after a reload; then its jobs are followed by the feed, loaded in the table or not.
 */
export class Outgoing {
  element = document.createElement("div");
  /** @type {Map<string, {order: Order, strip: OutgoingStrip, states: Map<string, import("../pure/outgoing.js").State>}>} by key */
  #sent = new Map();

  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    this.name = KEPT + page.experiment?.name;
    this.base = `${page.api}/experiments/${page.experiment?.name}`;
    onRows((news) => this.#hear(news));
    for (const order of kept(this.name)) {
      this.#follow(order);
      if (order.jobs) void this.#read(order.key);
      else void this.#repeat(order, 0);
    }
  }

  /**
   * Sends an order. A refusal is raised; when no answer comes, it is sent again by itself, and this is over.
   * @param {Order} order
   */
  async send(order) {
    this.#follow(order);
    try {
      await this.#post(order);
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
      if (!LOST.has(cause.status)) {
        this.#end(order.key, this.#sent.get(order.key)?.strip);
        throw cause;
      }
      void this.#repeat(order, AGAIN_AFTER);
    }
  }

  /** @param {Order} order */
  async #post({ key, hash, runs, only }) {
    const answer = await call("POST", `${this.base}/jobs`, { definition: hash.id, runs, only }, { "Idempotency-Key": key });
    const sent = this.#sent.get(key);
    if (!sent) return;
    sent.order.jobs = answer.jobs.map((/** @type {Job} */ job) => job.id);
    for (const job of answer.jobs) if (!sent.states.has(job.id)) sent.states.set(job.id, stateOf(job));
    this.#keep();
    this.#show(key);
  }

  /** @param {Order} order @param {number} after ms until it is sent again */
  async #repeat(order, after) {
    for (;; after = AGAIN_AFTER) {
      this.#sent.get(order.key)?.strip.showUnanswered();
      await new Promise((resolve) => {
        setTimeout(resolve, after);
        addEventListener("online", resolve, { once: true });
      });
      try {
        return await this.#post(order);
      } catch (cause) {
        if (!(cause instanceof Refused)) throw cause;
        if (LOST.has(cause.status) || cause.status === LOG_IN) continue;
        this.#sent.get(order.key)?.strip.showRefused(cause.message);
        return this.#drop(order.key);
      }
    }
  }

  /** @param {Order} order */
  #follow(order) {
    const strip = new OutgoingStrip({ order, base: this.base, onEnd: () => this.#end(order.key, strip) });
    this.#sent.set(order.key, { order, strip, states: new Map() });
    this.element.append(strip.element);
    this.#keep();
    this.#show(order.key);
  }

  /** @param {import("../edge/live.js").News} news */
  #hear({ put, drop, whole }) {
    if (!this.#sent.size) return;
    const jobs = /** @type {Job[]} */ (put.filter((row) => row.kind === "job"));
    for (const [key, { order, states }] of this.#sent) {
      const mine = new Set(order.jobs);
      const known = jobs.filter((job) => mine.has(job.id));
      for (const job of known) states.set(job.id, stateOf(job));
      const gone = drop.map(([row]) => row.slice("job/".length)).filter((id) => mine.has(id));
      for (const id of gone) states.set(id, "gone");
      if (known.length || gone.length) this.#show(key);
      if (whole && order.jobs) void this.#read(key);
    }
  }

  /** Reads how far the jobs of an order are: newest first, until all are found. @param {string} key */
  async #read(key) {
    const sent = this.#sent.get(key);
    if (!sent) return;
    const missing = new Set(sent.order.jobs);
    let cursor = null;
    try {
      do {
        const query = new URLSearchParams({ definition: String(sent.order.hash.id), limit: String(PAGE_OF_JOBS), ...(cursor && { cursor }) });
        const page = await call("GET", `${this.base}/jobs?${query}`);
        for (const job of page.items) if (missing.delete(job.id)) sent.states.set(job.id, stateOf(job));
        cursor = page.next;
      } while (cursor && missing.size);
      for (const id of missing) sent.states.set(id, "gone");
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
      setTimeout(() => void this.#read(key), AGAIN_AFTER);
    }
    this.#show(key);
  }

  /** @param {string} key */
  #show(key) {
    const sent = this.#sent.get(key);
    sent?.strip.show(sent.order.jobs, sent.states);
  }

  /** It need not be shown any more. @param {string} key @param {OutgoingStrip} [strip] */
  #end(key, strip) {
    if (strip) leave(strip.element);
    this.#drop(key);
  }

  /** @param {string} key */
  #drop(key) {
    this.#sent.delete(key);
    this.#keep();
  }

  #keep() {
    const orders = [...this.#sent.values()].map(({ order }) => order);
    if (orders.length) sessionStorage.setItem(this.name, JSON.stringify(orders));
    else sessionStorage.removeItem(this.name);
    document.documentElement.toggleAttribute("data-outgoing", this.element.childElementCount > 0);
  }
}

/** @param {string} name @returns {Order[]} */
function kept(name) {
  return JSON.parse(sessionStorage.getItem(name) ?? "[]");
}
