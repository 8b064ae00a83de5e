// @ts-check
import { attribute, byId, h, setText } from "../edge/dom.js";
import { doubts } from "../pure/doubts.js";
import { isLive } from "../pure/status.js";
import { minute } from "../pure/time.js";

/** @typedef {import("../pure/store.js").Store} Store */

const WORDS = { connecting: "Connecting", live: "Live", reconnecting: "Reconnecting" };

/**
 * The one place for doubt: what the page knows about its own view, and beside it, only when true, who is silent.
 * @param {{state: "connecting" | "live" | "reconnecting", stale: boolean, knownAt: number, page: Page, store: Store,
 *   now: number}} view
 */
export function showChip({ state, stale, knownAt, page, store, now }) {
  const chip = byId("chip");
  attribute(chip, "data-state", stale ? "stale" : state);
  setText(byId("chip-text"), stale ? `Stale since ${minute(knownAt)}` : WORDS[state]);
  const note = byId("stale-note");
  note.hidden = !stale;
  if (stale) setText(note, `No connection to the server. Data from ${minute(knownAt)}; actions wait until it is back.`);
  showDoubts(state === "live" ? doubts(store.all("location"), liveJobsAt(page, store), now) : []);
}

/** @param {{text: string, title: string}[]} wanted */
function showDoubts(wanted) {
  const place = byId("doubts");
  while (place.children.length > wanted.length) place.lastElementChild?.remove();
  wanted.forEach(({ text, title }, i) => {
    const chip = place.children[i] ?? place.appendChild(h("span", { class: "chip", "data-state": "doubt" }));
    setText(chip, text);
    attribute(chip, "title", title);
  });
}

/** @param {Page} page @param {Store} store @returns {(location: string) => boolean} */
function liveJobsAt(page, store) {
  if (page.scope === "site") return () => store.all("experiment").some((experiment) => experiment.jobs_live > 0);
  return (location) => store.all("job").some((job) => job.location === location && isLive(job.status));
}
