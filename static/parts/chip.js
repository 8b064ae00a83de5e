// @ts-check
import { attribute, byId, h, setText } from "../edge/dom.js";
import { away, silence } from "../pure/doubts.js";
import { isLive } from "../pure/status.js";
import { minute } from "../pure/time.js";

/** @typedef {import("../pure/store.js").Store} Store */

const WORDS = { connecting: "Connecting", live: "Live", reconnecting: "Reconnecting" };

/**
 * The one place for doubt: what the page knows about its own view, beside it, only when true, who is away, and below it
 * whether LSF answers.
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
  showAway(state === "live" ? away(store.all("location"), now) : []);
  const silent = stale ? null : silence(store.all("location"), liveJobsAt(page, store), now);
  const banner = byId("silent-note");
  banner.hidden = !silent;
  setText(banner, silent?.text ?? "");
  attribute(banner, "title", silent?.title || null);
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
 * Where the page does not hold all jobs, those that were live when it was made count for every location.
 * @param {Page} page @param {Store} store @returns {(location: string) => boolean}
 */
function liveJobsAt({ scope, next_runs, experiment }, store) {
  if (scope === "site") return () => store.all("experiment").some(({ jobs_live }) => jobs_live > 0);
  const elsewhere = next_runs !== null && experiment !== null && experiment.jobs_live > 0;
  return (location) => elsewhere || store.all("job").some((job) => job.location === location && isLive(job.status));
}
