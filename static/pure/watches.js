// @ts-check
import { hasFailed, isLive, remark } from "./status.js";

/**
 * Something whose ends a person wants to be told of: a job (`of` is its id), the jobs of a run (its number), or those that
 * a filter chooses (its query). `text` is what the list of watches shows.
 * @typedef {{kind: "job" | "run" | "filter", of: string, text: string}} Watch
 */

/** @typedef {{title: string, body: string, tag: string, place: string}} Notice `tag`: the same for the same news; `place`: where to look */

const EACH_AT_MOST = 3;
const CONDITIONS = new Set(["text", "runs", "hash", "status", "user", "tag", "failed"]);

/** Whether the job has ended after that time, as far as its row tells. @param {Job} job @param {number} since ms */
export function hasEndedSince({ status, ended_at, as_of }, since) {
  return !isLive(status) && Date.parse(ended_at ?? as_of) > since;
}

/**
 * The watches that the end of this job belongs to.
 * @param {Job} job @param {Watch[]} watches @param {(query: string) => boolean} chosen whether a filter chooses it
 */
export function watching(job, watches, chosen) {
  return watches.filter(({ kind, of }) => {
    if (kind === "job") return of === job.id;
    return kind === "run" ? of === String(job.run) : chosen(of);
  });
}

/**
 * What to say of jobs that ended together: one notice each, or one for all when there are many.
 * @param {Job[]} jobs at least one @returns {Notice[]}
 */
export function notices(jobs) {
  if (jobs.length <= EACH_AT_MOST) return jobs.map(notice);
  const failed = jobs.filter(({ status }) => hasFailed(status));
  const [first] = failed.length ? failed : jobs;
  const runs = [...new Set(jobs.map(({ run }) => run))].sort((a, b) => a - b);
  const on = runs.length === 1 ? `run ${runs[0]}` : `runs ${runs[0]} to ${runs.at(-1)}`;
  const body = failed.length ? `First failed: ${notice(first).title}. ${notice(first).body}` : `All of them DONE · ${first.experiment}`;
  return [{ title: `${jobs.length} jobs ended on ${on}, ${failed.length} failed`, body, tag: jobs.map(({ id }) => id).join(), place: `#run/${first.run}` }];
}

/** @param {Job} job @returns {Notice} */
function notice(job) {
  const code = job.status === "EXIT" && job.exit_code !== null ? ` ${job.exit_code}` : "";
  return {
    title: `${job.definition.name} on run ${job.run}: ${job.status}${code}`,
    body: [remark(job), job.experiment].filter(Boolean).join(" · "),
    tag: job.id,
    place: `#job/${job.id}`,
  };
}

/**
 * The query of a filter as one that finds jobs at their end: what only live jobs can be is not asked for, nor how rows are shown.
 * @param {URLSearchParams} query
 */
export function endQuery(query) {
  const kept = [...query].filter(([name, value]) => CONDITIONS.has(name) && value && !(name === "status" && isLive(value)));
  return new URLSearchParams(kept).toString();
}

/** A filter in words. @param {string} query */
export function filterWords(query) {
  const words = [...new URLSearchParams(query)].map(([name, value]) => {
    if (name === "failed") return "failed";
    return name === "text" ? `“${value}”` : `${name} ${value}`;
  });
  return words.length ? `Jobs of this filter: ${words.join(", ")}` : "Every job of this experiment";
}
