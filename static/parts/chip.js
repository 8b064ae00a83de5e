// @ts-check
import { attribute, byId, h, setText } from "../edge/dom.js";
import { away, silence } from "../pure/doubts.js";
import { isLive } from "../pure/status.js";
import { minute } from "../pure/time.js";

/** @typedef {import("../pure/store.js").Store} Store */

const WORDS = { connecting: "Connecting", live: "Live", reconnecting: "Reconnecting", "logged out": "Logged out" };

/**
 * The one place for doubt: what the page knows about its own view, beside it, only when true, who is away, and below it
 * whether LSF answers.
 * @param {{state: keyof typeof WORDS, stale: boolean, knownAt: number, page: Page, store: Store, now: number}} view
 */
export function showChip({ state, stale, knownAt, page, store, now }) {
  const chip = byId("chip");
  attribute(chip, "data-state", stale ? "stale" : state);
  const out = state === "logged out";
  setText(byId("chip-text"), stale && !out ? `Stale since ${minute(knownAt)}` : WORDS[state]);
  const note = byId("stale-note");
  note.hidden = !stale || out;
  if (stale) setText(note, `No connection to the server. Data from ${minute(knownAt)}; actions wait until it is back.`);
  showAway(state === "live" ? together(away(store.all("location"), now)) : []);
  const silent = stale ? null : silence(store.all("location"), liveJobsAt(page, store), now);
  const banner = byId("silent-note");
  banner.hidden = !silent;
  setText(banner, silent?.text ?? "");
  attribute(banner, "title", silent?.title || null);
}

/** One chip for many. @param {{text: string, title: string}[]} doubts */
function together(doubts) {
  if (doubts.length < 2) return doubts;
  return [{ text: `${doubts.length} batch clients away`, title: doubts.map(({ title }) => title).join("\n") }];
}

/** @param {{text: string, title: string}[]} wanted */
function showAway(wanted) {
  const place = byId("doubts");
  while (place.children.length > wanted.length) place.lastElementChild?.remove();
  wanted.forEach(({ text, title }, i) => {
    const chip = place.children[i] ?? place.appendChild(h("span", { class: "chip", "data-state": "doubt" }));
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
