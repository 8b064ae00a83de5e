// @ts-check
import { length } from "./time.js";

/**
 * A running job whose numbers have not moved for longer than is usual for its hash; null: it is as it should be.
 * @param {Pick<Job, "status" | "counters">} job @param {Pick<Definition, "quiet_after"> | undefined} definition
 * @param {number} now ms @returns {{text: string, title: string} | null}
 */
export function quietOf({ status, counters }, definition, now) {
  const most = definition?.quiet_after ?? null;
  if (status !== "RUN" || most === null) return null;
  const newest = counters.reduce((last, { at }) => (at ? Math.max(last, Date.parse(at)) : last), 0);
  const quiet = (now - newest) / 1000;
  if (!newest || quiet <= most) return null;
  return {
    text: `quiet ${inWords(quiet)}`,
    title: `Its numbers have not changed for ${length(quiet * 1000)}; those of this hash usually do within ${inWords(most / 2)}.`,
  };
}

/** `40 s`, `12 min`, `3 h`. @param {number} seconds */
function inWords(seconds) {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  return seconds < 3600 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h`;
}

/**
 * What is to be said of the script of a job beside its hash's present one: its parameters when they differ, and whether
 * the hash was edited since.
 * @param {Pick<Job, "executable" | "parameters">} job @param {Pick<Definition, "executable" | "parameters"> | undefined} definition
 * @returns {{parameters: string | null, edited: boolean}}
 */
export function differences(job, definition) {
  const other = definition !== undefined && job.parameters !== definition.parameters;
  return {
    parameters: other ? job.parameters || "no parameters" : null,
    edited: other || (definition !== undefined && job.executable !== definition.executable),
  };
}
