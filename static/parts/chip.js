// @ts-check
import { attribute, byId, h, setText } from "../edge/dom.js";
import { away, silence } from "../pure/doubts.js";
import { isLive } from "../pure/status.js";
import { minute } from "../pure/time.js";

/** @typedef {import("../pure/store.js").Store} Store */

const WORDS = { connecting: "Connecting", live: "Live", reconnecting: "Reconnecting", "logged out": "Logged out" };

/**
 * The one place for doubt: what the page knows about its own view; beside it, only when true, who is away and whether LSF
 * answers, with more words a click away.
 * @param {{state: keyof typeof WORDS, stale: boolean, knownAt: number, page: Page, store: Store, now: number}} view
 */
export function showChip({ state, stale, knownAt, page, store, now }) {
  const chip = byId("chip");
  attribute(chip, "data-state", stale ? "stale" : state);
  const out = state === "logged out";
  setText(byId("chip-text"), stale && !out ? `Stale since ${minute(knownAt)}` : WORDS[state]);
  const title = `No connection to the server. Data from ${minute(knownAt)}; actions wait until it is back.`;
  const locations = store.all("location");
  const gone = state === "live" ? together(away(locations, now), "batch clients away") : [];
  const silent = together(silence(locations, liveJobsAt(page, store), now), "LSFs silent");
  showDoubts(out ? [] : stale ? [{ text: "Actions wait", title }] : [...gone, ...silent]);
}

/** One chip for many. @param {import("../pure/doubts.js").Doubt[]} doubts @param {string} what */
function together(doubts, what) {
  if (doubts.length < 2) return doubts;
  return [{ text: `${doubts.length} ${what}`, title: doubts.map(({ title }) => title).join("\n") }];
}

/** @param {import("../pure/doubts.js").Doubt[]} wanted */
function showDoubts(wanted) {
  setText(byId("doubt-words"), wanted.map(({ title }) => title).join("\n"));
  const place = byId("doubts");
  while (place.children.length > wanted.length) place.lastElementChild?.remove();
  wanted.forEach(({ text, title }, i) => {
    const chip = place.children[i] ?? place.appendChild(h("button", { class: "chip", "data-state": "doubt", popovertarget: "doubt-words" }));
    setText(chip, text);
    attribute(chip, "title", title);
  });
}

/**
 * Live jobs that the page does not hold count for every location.
 * @param {Page} page @param {Store} store @returns {(location: string) => boolean}
 */
function liveJobsAt({ scope, experiment }, store) {
  if (scope === "site") return () => store.all("experiment").some(({ jobs_live }) => jobs_live > 0);
  const held = /** @type {Job[]} */ (store.all("job")).filter(({ status }) => isLive(status));
  const { complete, totals } = store.counts;
  const all = complete ? totals.running + totals.pending : (experiment?.jobs_live ?? 0);
  return (name) => all > held.length || held.some(({ location }) => location === name);
}
