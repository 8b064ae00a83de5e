// @ts-check
import { delay, delayAsked } from "../pure/backoff.js";
import { call, LOGGED_OUT, Refused } from "./api.js";

/** @typedef {import("../pure/store.js").Store} Store */
/** @typedef {import("../pure/store.js").Outcome & {passed?: Set<number>}} Outcome */
/** @typedef {"connecting" | "live" | "reconnecting" | "logged out"} State */
/**
 * What a message carried, also what the store passes by. whole: part of a snapshot, not news.
 * @typedef {{put: Row[], drop: [string, number][], whole: boolean}} News
 */

const DEAD_AFTER = 40_000;
const LOOK_EVERY = 5_000;
const LOG_IN_AGAIN = 4401;
const ASK_EVERY = 5_000;

/**
 * The feed: keeps one websocket open, applies its messages to the store and tells what changed. Runs for the life of
 * the page. It resumes at the store's position, after a random wait, and at once when the page becomes visible or the
 * network returns; a connection without any message for 40 s is given up. When nobody is logged in any more it waits, asks
 * every 5 s, and goes on by itself after a login in another tab.
 */
export class Live {
  /** @type {State} */
  state = "connecting";
  /** ms since 1970: when the view was last known to be true */
  knownAt = Date.now();
  /** @type {WebSocket | null} */
  #socket = null;
  #attempt = 0;
  #timer = 0;
  #heardAt = 0;
  /** @type {[number, number] | null} */
  #asked = null;
  /** @type {Set<(news: News) => void>} */
  #listeners = new Set();

  /**
   * @param {{path: string, probe: string, store: Store, onChange: (outcome: Outcome) => void,
   *   onState: (state: State) => void, onTime: (time: string) => void}} options `probe`: an address of the API that
   *   tells whether we are still logged in
   */
  constructor({ path, probe, store, onChange, onState, onTime }) {
    this.path = path;
    this.probe = probe;
    this.store = store;
    this.onChange = onChange;
    this.onState = onState;
    this.onTime = onTime;
  }

  start() {
    this.#connect();
    setInterval(() => this.#look(), LOOK_EVERY);
    addEventListener("online", () => this.#hurry());
    /* A socket whose network is gone is silent for long before it closes. */
    addEventListener("offline", () => this.#look(0));
    addEventListener("pageshow", () => this.#hurry());
    addEventListener(LOGGED_OUT, () => this.#logOut());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.#hurry();
    });
  }

  #connect() {
    clearTimeout(this.#timer);
    const url = new URL(this.path, location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    url.searchParams.set("since", this.store.position);
    const socket = new WebSocket(url);
    this.#socket = socket;
    this.#heardAt = performance.now();
    this.#asked = null;
    let greeted = false;
    socket.addEventListener("message", ({ data }) => {
      if (socket !== this.#socket) return;
      greeted = true;
      this.#hear(JSON.parse(data));
    });
    socket.addEventListener("close", ({ code }) => {
      if (socket === this.#socket) this.#lost(code, greeted);
    });
  }

  /** @param {any} message */
  #hear(message) {
    this.#heardAt = performance.now();
    this.knownAt = Date.now();
    if (message.type === "bye") this.#asked = message.after;
    if (message.type === "heartbeat") this.onTime(message.time);
    const outcome = this.store.apply(message);
    if (outcome.resume) return this.#resume();
    if (message.type === "hello") this.#become("live");
    else this.#attempt = 0;
    this.#tell(message);
    if (outcome.changed.size || outcome.reset || outcome.passed?.size) this.onChange(outcome);
  }

  /**
   * `listener` gets the rows and drops of every message that follows on. Rows of a resumed feed come to it as well.
   * @param {(news: News) => void} listener @returns {() => void} ends it
   */
  onRows(listener) {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** @param {any} message */
  #tell({ type, put, drop, rows }) {
    if (type !== "delta" && type !== "snapshot") return;
    for (const listener of this.#listeners) listener({ put: put ?? rows, drop: drop ?? [], whole: type === "snapshot" });
  }

  /** At once the first time; a feed that still does not follow on is asked for again ever more slowly. */
  #resume() {
    this.#abandon();
    if (this.#attempt > 0) return this.#lost(0, true);
    this.#attempt += 1;
    this.#connect();
  }

  /** @param {number} code @param {boolean} greeted */
  #lost(code, greeted) {
    this.#socket = null;
    if (this.state === "logged out") return;
    this.#become("reconnecting");
    /* The session of a websocket may have ended while that of the page was renewed. */
    if (!greeted || code === LOG_IN_AGAIN) void this.#askWhetherLoggedIn();
    const wait = this.#asked ? delayAsked(this.#asked, Math.random()) : delay(this.#attempt, Math.random());
    this.#attempt += 1;
    this.#timer = setTimeout(() => this.#connect(), wait);
  }

  #logOut() {
    if (this.state === "logged out") return;
    this.#abandon();
    this.#become("logged out");
    this.#askLater();
  }

  #askLater() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#askWhetherLoggedIn(), ASK_EVERY);
  }

  /** A refused upgrade does not tell the browser why; the API does, and `call` tells of 401. */
  async #askWhetherLoggedIn() {
    try {
      await call("GET", this.probe);
      if (this.state !== "logged out") return;
      this.#become("reconnecting");
      this.#connect();
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
      if (this.state === "logged out") this.#askLater();
    }
  }

  /** @param {number} [after] ms of silence */
  #look(after = DEAD_AFTER) {
    if (this.#socket && performance.now() - this.#heardAt > after) {
      this.#abandon();
      this.#lost(0, true);
    }
  }

  #hurry() {
    this.#look();
    if (this.state === "logged out") void this.#askWhetherLoggedIn();
    else if (!this.#socket) this.#connect();
  }

  #abandon() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  /** @param {State} state */
  #become(state) {
    if (state === this.state) return;
    this.state = state;
    this.onState(state);
  }
}
