// @ts-check
import { isLive } from "./status.js";
import { leading, share } from "./samples.js";
import { length } from "./time.js";

/**
 * When a job will end: from the pace of its own progress, and from how long the last good jobs of its hash took.
 * @typedef {{low: number, median: number, high: number}} Span seconds: a tenth took less than `low`, a tenth more than `high`
 * @typedef {{jobs: number, run: Span | null, wait: Span | null}} Usual
 * @typedef {{text: string, more: string, late: boolean}} Estimate `more`: what it was taken from
 */

const WAITING = new Set(["PEND", "PSUSP", "WAIT", "PROV"]);
/** Least part of the whole from which a pace is taken. */
const ENOUGH = 0.02;
/** So many times the usual distance between two values is a standstill. */
const STILL = 6;
const STILL_AT_LEAST = 30_000;

/**
 * @param {Pick<Job, "status" | "submitted_at" | "started_at" | "ended_at" | "requested_at">} job
 * @param {import("./samples.js").Series[]} series @param {Usual | null} usual @param {number} now ms
 * @returns {Estimate | null} null: nothing is known that helps
 */
export function estimate(job, series, usual, now) {
  const { status, started_at, ended_at } = job;
  if (!isLive(status)) return started_at && ended_at ? looked(Date.parse(ended_at) - Date.parse(started_at), usual) : null;
  if (WAITING.has(status)) return waiting(now - Date.parse(job.submitted_at ?? job.requested_at), usual);
  if (!started_at) return null;
  const sofar = Math.max(0, now - Date.parse(started_at));
  return byProgress(series, Date.parse(started_at), usual, now) ?? byUsual(sofar, usual);
}

/** @param {import("./samples.js").Series[]} all @param {number} started @param {Usual | null} usual @param {number} now @returns {Estimate | null} */
function byProgress(all, started, usual, now) {
  const told = leading(all);
  if (!told) return null;
  const shares = told.points.map(([at, value]) => ({ at: Math.max(started, Date.parse(at)), share: share({ ...told, value }) ?? 0 }));
  const last = shares[shares.length - 1];
  const more = inBrackets(usual, usual?.run, "usually");
  if (last.share >= 1) return { text: `${told.name} is at its end`, more: "but it has not ended", late: false };
  if (last.share < ENOUGH) return null;
  const from = shares.findLast(({ share }) => share <= last.share / 2) ?? { at: started, share: 0 };
  const pace = (last.share - from.share) / Math.max(1, last.at - from.at);
  const still = now - last.at;
  const step = (last.at - shares[0].at) / Math.max(1, shares.length - 1);
  if (still > Math.max(STILL_AT_LEAST, STILL * step)) {
    return { text: `No progress for ${length(still)}`, more: [`${told.name} stands still`, more].filter(Boolean).join("; "), late: true };
  }
  const left = (1 - last.share) / pace - still;
  const over = usual?.run && now - started + left > 1500 * usual.run.high;
  return { text: left < 1000 ? "About to end" : `About ${inWords(left)} left`, more: over ? `${more}; longer than usual` : more, late: Boolean(over) };
}

/** @param {number} sofar ms @param {Usual | null} usual @returns {Estimate | null} */
function byUsual(sofar, usual) {
  const run = usual?.run;
  if (!run) return null;
  if (sofar > 1000 * run.high) return { text: "Longer than usual", more: `now ${length(sofar)}, ${range(run)} is usual ${ofJobs(usual)}`, late: true };
  return { text: `Usually done after ${length(1000 * run.median)}`, more: `now ${length(sofar)}; ${range(run)} is usual ${ofJobs(usual)}`, late: false };
}

/** @param {number} sofar ms @param {Usual | null} usual @returns {Estimate | null} */
function waiting(sofar, usual) {
  const wait = usual?.wait;
  if (!wait) return null;
  const late = sofar > 1000 * wait.high;
  const text = late ? "Waits longer than usual" : `Usually starts after ${length(1000 * wait.median)}`;
  return { text, more: `now ${length(sofar)}; ${range(wait)} is usual ${ofJobs(usual)}`, late };
}

/** @param {number} ran ms @param {Usual | null} usual @returns {Estimate | null} */
function looked(ran, usual) {
  return { text: `Ran ${length(ran)}`, more: inBrackets(usual, usual?.run, "usually"), late: false };
}

/** @param {Usual | null} usual @param {Span | null | undefined} span @param {string} word */
function inBrackets(usual, span, word) {
  return usual && span ? `${word} ${range(span)} ${ofJobs(usual)}` : "";
}

/** @param {Span} span */
function range({ low, high }) {
  const [from, to] = [length(1000 * low), length(1000 * high)];
  return from === to ? from : `${from} to ${to}`;
}

/** @param {Usual} usual */
function ofJobs({ jobs }) {
  return jobs === 1 ? "(1 job)" : `(${jobs} jobs)`;
}

/** `40 s`, `3 min`, `2 h 10 min`: as coarse as it is known. @param {number} ms */
export function inWords(ms) {
  const seconds = ms / 1000;
  if (seconds < 50) return `${Math.max(5, 5 * Math.round(seconds / 5))} s`;
  const minutes = Math.max(1, Math.round(seconds / 60));
  if (minutes < 60) return `${minutes} min`;
  const [hours, rest] = [Math.floor(minutes / 60), 5 * Math.floor((minutes % 60) / 5)];
  return hours < 10 && rest ? `${hours} h ${rest} min` : `${Math.round(minutes / 60)} h`;
}
