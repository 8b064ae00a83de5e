// @ts-check
import { ago } from "./time.js";

/** A queue as it is shown: `where`: its location, where there are several; `late`: how old this is, when it is old. @typedef {Queue & {where: string, late: string}} Shown */

const OLD = 180_000;
const FORGOTTEN = 3_600_000;

/** Of all locations; what was told more than an hour ago says nothing any more. @param {FarmLocation[]} locations @param {number} now ms @returns {Shown[]} */
export function queuesOf(locations, now) {
  return locations.flatMap(({ name, queues, queues_at }) => {
    const age = now - Date.parse(queues_at ?? "");
    const where = locations.length > 1 ? ` (${name})` : "";
    const late = age > OLD ? `, ${ago(queues_at ?? "", now)}` : "";
    return queues && age < FORGOTTEN ? queues.map((queue) => ({ ...queue, where, late })) : [];
  });
}

/** Those that were used, else the three with the most jobs. @param {Shown[]} queues @param {Set<unknown>} used */
export function nearest(queues, used) {
  const mine = queues.filter(({ name }) => used.has(name));
  return mine.length ? mine : queues.sort((a, b) => b.pending + b.running - a.pending - a.running).slice(0, 3);
}

/** `psanaq 312 pending, 480 running`; of one that does not take and start jobs, what LSF says of it. @param {Shown} queue */
export function queueText({ name, where, status, pending, running, late }) {
  return `${name}${where} ${pending} pending, ${running} running${status === "Open:Active" ? "" : `, ${status}`}${late}`;
}
