// @ts-check
import { Store } from "../pure/store.js";
import { showChip } from "../parts/chip.js";
import { showFrame } from "../parts/frame.js";
import { byId } from "./dom.js";
import { Live } from "./live.js";
import { everySecond, heardTime, now, startTicking } from "./ticking.js";

const STALE_AFTER = 3_000;

/** Whether the view may be acted on: false while the feed is away. */
let fresh = true;

/**
 * What every page does: read what the server put into it, draw once before the first paint, then follow the feed.
 * Changed rows are gathered and drawn in one animation frame.
 * @param {(page: Page, store: Store) => (changed: Set<string>, reset: boolean) => void} open draws the page as it is
 *   and gives back what draws changes
 */
export function start(open) {
  const page = /** @type {Page} */ (JSON.parse(byId("page").textContent ?? ""));
  const store = new Store(page);
  heardTime(page.now);
  showFrame(page);
  const draw = open(page, store);
  const frame = new Frame(draw);
  const live = new Live({
    path: page.live,
    probe: `${page.api}/experiments?limit=1`,
    store,
    onChange: (changed, reset) => frame.ask(changed, reset),
    onState: () => showState(live, page, store),
    onTime: heardTime,
  });
  everySecond(() => showState(live, page, store));
  startTicking();
  showState(live, page, store);
  live.start();
}

/** Gathers what changed until the browser is about to draw. */
class Frame {
  #changed = /** @type {Set<string>} */ (new Set());
  #reset = false;
  #asked = false;

  /** @param {(changed: Set<string>, reset: boolean) => void} draw */
  constructor(draw) {
    this.draw = draw;
  }

  /** @param {Set<string>} changed @param {boolean} reset */
  ask(changed, reset) {
    for (const key of changed) this.#changed.add(key);
    this.#reset ||= reset;
    if (this.#asked) return;
    this.#asked = true;
    requestAnimationFrame(() => {
      const [keys, whole] = [this.#changed, this.#reset];
      this.#changed = new Set();
      this.#reset = false;
      this.#asked = false;
      this.draw(keys, whole);
    });
  }
}

/** @param {Live} live @param {Page} page @param {Store} store */
function showState(live, page, store) {
  const stale = live.state !== "live" && Date.now() - live.knownAt > STALE_AFTER;
  if (fresh === stale) {
    fresh = !stale;
    document.documentElement.toggleAttribute("data-stale", stale);
    for (const acts of document.querySelectorAll("fieldset.acts")) /** @type {any} */ (acts).disabled = stale;
  }
  showChip({ state: live.state, stale, knownAt: live.knownAt, page, store, now: now() });
}

/** Whether actions may be offered now; what is built while the feed is away starts disabled. */
export function actable() {
  return fresh;
}
