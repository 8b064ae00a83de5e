// @ts-check
import { showChip } from "../parts/chip.js";
import { showFrame, showSession } from "../parts/frame.js";
import { Store } from "../pure/store.js";
import { byId } from "./dom.js";
import { Live } from "./live.js";
import { followSettings, onSettings } from "./settings.js";
import { everySecond, heardTime, now, startTicking } from "./ticking.js";

/** @typedef {import("./live.js").News} News */
/** @typedef {(changed: Set<string>, reset: boolean, passed: Set<number>) => void} Draw */

const STALE_AFTER = 3_000;
const UNSEEN = 1_000;
/** ms between two drawings while changes keep coming: faster than anybody reads, and most frames stay free for scrolling and typing. */
const DRAW_EVERY = 50;

/** Whether the view may be acted on: false while the feed is away. */
let fresh = true;
/** @type {Live | null} */
let live = null;

/**
 * What every page does: read what the server put into it, draw once before the first paint, then follow the feed.
 * What changed is gathered and drawn in one animation frame: keys of rows, whether the whole view was replaced, and the
 * runs of rows that the store passed by.
 * @param {(page: Page, store: Store) => Draw} open draws the page as it is and gives back what draws changes
 */
export function start(open) {
  const page = /** @type {Page} */ (JSON.parse(byId("page").textContent ?? ""));
  const store = new Store(page);
  heardTime(page.now);
  followSettings(page.zone);
  showFrame(page, store);
  const feed = new Live({
    path: page.live,
    probe: `${page.api}/experiments?limit=1`,
    store,
    onChange: (outcome) => frame.ask(outcome),
    onState: () => showState(feed, page, store),
    onTime: heardTime,
  });
  live = feed;
  const frame = new Frame(open(page, store));
  onSettings(() => frame.ask({ changed: store.keys(), reset: false }));
  everySecond(() => showState(feed, page, store));
  startTicking();
  showState(feed, page, store);
  feed.start();
}

/**
 * Gathers what changed until the browser is about to draw, and the last drawing is some frames ago; in a tab that is not
 * seen, for a second.
 */
class Frame {
  #changed = /** @type {Set<string>} */ (new Set());
  #passed = /** @type {Set<number>} */ (new Set());
  #reset = false;
  #timer = 0;
  #drawn = -DRAW_EVERY;

  /** @param {Draw} draw */
  constructor(draw) {
    this.draw = draw;
  }

  /** @param {{changed: Iterable<string>, reset: boolean, passed?: Iterable<number>}} outcome */
  ask({ changed, reset, passed = [] }) {
    for (const key of changed) this.#changed.add(key);
    for (const run of passed) this.#passed.add(run);
    this.#reset ||= reset;
    if (this.#timer) return;
    const draw = () => {
      cancelAnimationFrame(frame);
      clearTimeout(this.#timer);
      this.#timer = 0;
      this.#draw();
      this.#drawn = performance.now();
    };
    const look = () => {
      if (performance.now() - this.#drawn >= DRAW_EVERY) draw();
      else frame = requestAnimationFrame(look);
    };
    let frame = requestAnimationFrame(look);
    this.#timer = setTimeout(draw, UNSEEN);
  }

  #draw() {
    const [changed, reset, passed] = [this.#changed, this.#reset, this.#passed];
    this.#changed = new Set();
    this.#passed = new Set();
    this.#reset = false;
    this.draw(changed, reset, passed);
  }
}

/** @param {Live} live @param {Page} page @param {Store} store */
function showState(live, page, store) {
  const stale = live.state === "logged out" || (live.state !== "live" && Date.now() - live.knownAt > STALE_AFTER);
  if (fresh === stale) {
    fresh = !stale;
    document.documentElement.toggleAttribute("data-stale", stale);
    for (const acts of document.querySelectorAll("fieldset.acts")) /** @type {any} */ (acts).disabled = stale;
  }
  showChip({ state: live.state, stale, knownAt: live.knownAt, page, store, now: now() });
  showSession(page, live.state === "logged out");
}

/** Whether actions may be offered now; what is built while the feed is away starts disabled. */
export function actable() {
  return fresh;
}

/**
 * `listener` gets the rows and drops of every message of the feed, also those of jobs that the store passes by.
 * @param {(news: News) => void} listener @returns {() => void} ends it
 */
export function onRows(listener) {
  if (!live) throw new Error("the page has not started");
  return live.onRows(listener);
}
