// @ts-check
import { Refused } from "./api.js";

const AFTER_FAILURE = 5_000;

/**
 * Reads something whenever it is wanted: one question at a time, at most one in `every` ms, the last wish always. What is
 * refused is asked for again after 5 s, unless it is not there at all.
 * @template T
 */
export class Reader {
  #timer = 0;
  #wanted = false;
  #stopped = false;

  /** @param {{ask: () => Promise<T>, draw: (answer: T) => void, fail: (cause: Refused) => void, every?: number}} how */
  constructor({ ask, draw, fail, every = 1_000 }) {
    this.ask = ask;
    this.draw = draw;
    this.fail = fail;
    this.every = every;
  }

  want() {
    this.#wanted = true;
    if (!this.#timer && !this.#stopped) void this.#read();
  }

  /** Nothing is drawn any more. */
  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #read() {
    this.#wanted = false;
    this.#timer = -1;
    const wait = await this.#answer();
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      if (this.#wanted) void this.#read();
    }, wait);
  }

  /** @returns {Promise<number>} ms until the next question may be asked */
  async #answer() {
    try {
      const answer = await this.ask();
      if (!this.#stopped) this.draw(answer);
      return this.every;
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
      if (!this.#stopped) this.fail(cause);
      this.#wanted ||= cause.status !== 404;
      return AFTER_FAILURE;
    }
  }
}
