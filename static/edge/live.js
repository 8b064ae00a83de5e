// @ts-check
import { delay, delayAsked } from "../pure/backoff.js";
import { call, Refused } from "./api.js";

/** @typedef {import("../pure/store.js").Store} Store */
/** @typedef {"connecting" | "live" | "reconnecting"} State */

const DEAD_AFTER = 40_000;
const LOOK_EVERY = 5_000;
const LOG_IN_AGAIN = 4401;

/**
 * The feed: keeps one websocket open, applies its messages to the store and tells what changed. Runs for the life of
 * the page. It resumes at the store's position, after a random wait, and at once when the page becomes visible or the
 * network returns; a connection without any message for 40 s is given up.
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

  /**
   * @param {{path: string, probe: string, store: Store, onChange: (changed: Set<string>, reset: boolean) => void,
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
    addEventListener("pageshow", () => this.#hurry());
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
    const { changed, reset, resume } = this.store.apply(message);
    if (resume) return this.#resume();
    if (message.type === "hello") this.#become("live");
    else this.#attempt = 0;
    if (changed.size || reset) this.onChange(changed, reset);
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
    this.#become("reconnecting");
    if (code === LOG_IN_AGAIN) return location.reload();
    if (!greeted) void this.#askWhetherLoggedIn();
    const wait = this.#asked ? delayAsked(this.#asked, Math.random()) : delay(this.#attempt, Math.random());
    this.#attempt += 1;
    this.#timer = setTimeout(() => this.#connect(), wait);
  }

  /** A refused upgrade does not tell the browser why; the API does, and `call` acts on 401. */
  async #askWhetherLoggedIn() {
    try {
      await call("GET", this.probe);
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
    }
  }

  #look() {
    if (this.#socket && performance.now() - this.#heardAt > DEAD_AFTER) {
      this.#abandon();
      this.#lost(0, true);
    }
  }

  #hurry() {
    this.#look();
    if (!this.#socket) this.#connect();
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
