// @ts-check
import { call } from "../edge/api.js";
import { h } from "../edge/dom.js";
import { isFiltered } from "../edge/table_reading.js";
import { isKilling, isLive } from "../pure/status.js";
import { minute } from "../pure/time.js";
import { act } from "./act.js";
import { ask } from "./ask.js";
import { askKill } from "./kill.js";
import { say } from "./say.js";

/** @typedef {import("../pure/store.js").Store} Store */

/**
 * What a button of a job's line asks for, after a question where it cannot be taken back. `job`: as it is known at the
 * time; `place`: where a refusal is shown; `other`: resubmitted with other parameters, which are asked for.
 * @typedef {{desk: Desk, job: () => Job, action: "kill" | "resubmit" | "delete", other?: boolean, button: HTMLButtonElement, place: Element}} Wanted
 */

/** @param {Wanted} wanted */
export function actOn(wanted) {
  return { kill, resubmit, delete: remove }[wanted.action](wanted);
}

/** @param {Wanted} wanted */
async function kill(wanted) {
  const { job } = wanted;
  const order = await askKill(job());
  if (!order) return;
  const seen = () => order.force || isKilling(job()) || !isLive(job().status);
  if (await send(wanted, "POST", "/kill", seen, order)) say(`${named(job())} is being killed`);
}

/** @param {Wanted} wanted */
async function resubmit(wanted) {
  const { page, store } = wanted.desk;
  if (wanted.other) return (await import("./resubmit_dialog.js")).openResubmit({ page, store, job: wanted.job() });
  const { run, definition } = wanted.job();
  const live = liveJob(store, run, definition.id);
  if (live && !(await askAgain(live))) return;
  let made = false;
  const taken = await send(wanted, "POST", "/resubmit", ({ id }) => (made = store.get(`job/${id}`) !== undefined));
  if (!made || !isFiltered(wanted.desk.view.filter)) {
    if (taken) say(`${definition.name} is applied again to run ${run}`);
    return;
  }
  const { toast } = await import("./toast.js");
  toast(`${definition.name} is applied again to run ${run}. `, h("a", { href: `${location.pathname}#run/${run}` }, "Show it among all runs"));
}

/** @param {Wanted} wanted */
async function remove(wanted) {
  const { key, run, definition, status } = wanted.job();
  const name = named(wanted.job());
  const sure = await ask({
    title: `Delete 1 job of run ${run}?`,
    text: `The line of ${definition.name} (${status}) goes, with its report and its history. Its log file stays.`,
    safe: "Keep it",
    act: "Delete 1 job",
    danger: true,
  });
  if (sure && (await send(wanted, "DELETE", "", () => wanted.desk.store.get(key) === undefined))) say(`${name} is deleted`);
}

/** @param {Wanted} wanted @param {string} method @param {string} path @param {(answer: any) => boolean} seen @param {unknown} [body] */
function send({ desk, job, button, place }, method, path, seen, body) {
  return act({ button, place, send: () => call(method, `${desk.page.api}/jobs/${job().id}${path}`, body), seen });
}

/** @param {Job} job */
function named({ definition, run }) {
  return `${definition.name} on run ${run}`;
}

/** The newest live job of a definition on a run that is held. @param {Store} store @param {number} run @param {number} definition */
export function liveJob(store, run, definition) {
  const live = store.jobsOf(run).filter((job) => job.definition.id === definition && isLive(job.status));
  return live.sort((a, b) => b.number - a.number)[0];
}

/** @param {Job} live @returns {Promise<boolean>} whether to apply its hash to its run once more */
export function askAgain(live) {
  const state = live.started_at ? `running since ${minute(live.started_at)}` : `${live.status} since ${minute(live.requested_at)}`;
  return ask({
    title: `Apply ${live.definition.name} to run ${live.run} again?`,
    text: `It is ${state}, started by ${live.user}; apply again? That makes 1 more job.`,
    safe: "Leave it at that",
    act: "Apply again",
  });
}
