// @ts-check
import { isBeforeLsf, isLive } from "./status.js";

/**
 * How far a job of an order is: not in LSF yet; in LSF, or it was; failed before LSF had it; cancelled before that; its
 * line was deleted.
 * @typedef {"waiting" | "in" | "failed" | "cancelled" | "gone"} State
 */

/** @param {{status: string, lsf_id: string | null}} job @returns {State} */
export function stateOf({ status, lsf_id }) {
  if (isBeforeLsf(status)) return lsf_id ? "in" : "waiting";
  if (status === "Submit failed") return "failed";
  return lsf_id || isLive(status) ? "in" : status === "LOST" ? "failed" : "cancelled";
}

/**
 * `32 of 40 in LSF, 1 submit failed, 7 to go`, and what follows from it.
 * @param {string[]} jobs @param {Map<string, State>} states what is not in it is not known yet, and to go
 */
export function progress(jobs, states) {
  const count = { waiting: 0, in: 0, failed: 0, cancelled: 0, gone: 0 };
  for (const id of jobs) count[states.get(id) ?? "waiting"] += 1;
  const parts = [
    `${count.in} of ${jobs.length} in LSF`,
    count.failed && `${count.failed} submit failed`,
    count.cancelled && `${count.cancelled} cancelled`,
    count.gone && `${count.gone} deleted`,
    count.waiting && `${count.waiting} to go`,
  ];
  return { ...count, text: parts.filter(Boolean).join(", ") };
}

/** LSF had these jobs already when the others were cancelled. */
const HAD = "LSF has it";

/**
 * What Undo has done, in words, and the jobs that LSF had already.
 * @param {{jobs: unknown[], skipped: {job: string, reason: string}[]}} answer
 */
export function undone({ jobs, skipped }) {
  const had = skipped.filter(({ reason }) => reason.startsWith(HAD)).map(({ job }) => job);
  return { had, text: had.length ? `${jobs.length} cancelled, ${had.length} LSF had already` : `${jobs.length} cancelled` };
}
