// @ts-check
import { call, Refused } from "../edge/api.js";
import { h } from "../edge/dom.js";
import { lastUsed, noteUsed } from "../edge/last_used.js";
import { actable } from "../edge/page.js";
import { isLive } from "../pure/status.js";
import { askAgain } from "./job_actions.js";
import { toast } from "./toast.js";

/** @typedef {import("../pure/store.js").Store} Store */

let busy = false;

/**
 * Applies the hash that this browser applied last to the newest run there is, and says so; asks first when that hash is
 * live on it. Which run is the newest, and what is live there, is asked of the server: it may be far from the view.
 * @param {Page} page @param {Store} store
 */
export async function sameAgain(page, store) {
  if (busy) return;
  if (!actable()) return toast("Nothing was applied: the page is not connected.");
  busy = true;
  try {
    await apply(page, store);
  } catch (cause) {
    if (!(cause instanceof Refused)) throw cause;
    toast(h("span", { class: "wrong" }, `Not applied: ${cause.message}`));
  } finally {
    busy = false;
  }
}

/** @param {Page} page @param {Store} store */
async function apply({ api, experiment }, store) {
  const name = experiment?.name ?? "";
  const base = `${api}/experiments/${name}`;
  const definitions = /** @type {(Definition | undefined)[]} */ (lastUsed(name).map((id) => store.get(`definition/${id}`)));
  const last = definitions.find((row) => row?.executable && !row.archived_at);
  if (!last) return toast("No hash was applied with this browser yet: choose one at a run first.");
  const newest = /** @type {Run | undefined} */ ((await call("GET", `${base}/runs?limit=1`)).items[0]);
  if (!newest) return toast("There is no run yet.");
  const query = `run=${newest.number}&definition=${last.id}&limit=100`;
  const jobs = /** @type {Job[]} */ ((await call("GET", `${base}/jobs?${query}`)).items);
  const live = jobs.find((job) => isLive(job.status));
  if (live && !(await askAgain(live))) return;
  const made = await call("POST", `${base}/jobs`, { definition: last.id, runs: newest.number });
  noteUsed(name, last.id);
  const undo = h("button", { type: "button" }, "Undo");
  const ids = made.jobs.map((/** @type {Job} */ { id }) => id);
  undo.addEventListener("click", () => void takeBack(`${base}/jobs/cancel`, ids, `${last.name} on run ${newest.number}`));
  toast("Applied ", h("b", {}, last.name), " to ", h("a", { href: `#run/${newest.number}` }, `run ${newest.number}`), ". ", undo);
}

/** @param {string} address @param {string[]} jobs @param {string} what */
async function takeBack(address, jobs, what) {
  try {
    const { skipped } = await call("POST", address, { jobs });
    if (!skipped.length) toast(`Taken back: ${what}.`);
    else toast(h("span", { class: "wrong" }, `Not taken back: ${skipped[0].reason}. Kill it in its line.`));
  } catch (cause) {
    if (!(cause instanceof Refused)) throw cause;
    toast(h("span", { class: "wrong" }, `Not taken back: ${cause.message}`));
  }
}
