// @ts-check
/**
 * How a status looks: its shape, and the tone that says how loud it is. The words are the public contract.
 * @typedef {"quiet" | "attention" | "run" | "done" | "failed"} Tone
 * @typedef {{symbol: string, tone: Tone}} Look
 */

/** @type {Record<string, Look>} */
const LOOKS = {
  "Request Sent": { symbol: "sent", tone: "quiet" },
  Persisted: { symbol: "persisted", tone: "attention" },
  LSF_Slow: { symbol: "slow", tone: "attention" },
  "Submit failed": { symbol: "refused", tone: "failed" },
  PEND: { symbol: "pend", tone: "quiet" },
  PSUSP: { symbol: "susp", tone: "quiet" },
  WAIT: { symbol: "pend", tone: "quiet" },
  PROV: { symbol: "pend", tone: "quiet" },
  RUN: { symbol: "run", tone: "run" },
  USUSP: { symbol: "susp", tone: "attention" },
  SSUSP: { symbol: "susp", tone: "attention" },
  UNKWN: { symbol: "unknown", tone: "attention" },
  ZOMBI: { symbol: "unknown", tone: "attention" },
  DONE: { symbol: "done", tone: "done" },
  EXIT: { symbol: "exit", tone: "failed" },
  LOST: { symbol: "lost", tone: "failed" },
};

const ENDED = new Set(["DONE", "EXIT", "LOST", "Submit failed"]);
const BEFORE_LSF = new Set(["Request Sent", "Persisted", "LSF_Slow"]);
const WAITING = new Set(["PEND", "PSUSP", "WAIT", "PROV"]);
const OUT_OF_CONTACT = new Set(["UNKWN", "ZOMBI"]);
const IN_DOUBT = "unknown: ";

/** @param {string} status @returns {Look} a word we do not know is shown, and asks for attention */
export function look(status) {
  return Object.hasOwn(LOOKS, status) ? LOOKS[status] : { symbol: "unknown", tone: "attention" };
}

/** @param {string} status */
export function isLive(status) {
  return !ENDED.has(status);
}

/** @param {string} status */
export function hasFailed(status) {
  return ENDED.has(status) && status !== "DONE";
}

/** @param {string} status */
export function isBeforeLsf(status) {
  return BEFORE_LSF.has(status);
}

/** A kill was asked for, and LSF has not said yet that the job has ended. @param {Job} job */
export function isKilling(job) {
  return job.kill_requested_at !== null && isLive(job.status);
}

/** A kill waits for a host that LSF cannot reach; LSF can be made to forget the job. @param {Job} job */
export function isKillStuck(job) {
  return isKilling(job) && OUT_OF_CONTACT.has(job.status);
}

/** Why it is not known whether LSF has the job; null when that is known. @param {Job} job @returns {string | null} */
export function doubtOf({ status, detail }) {
  return isBeforeLsf(status) && detail.startsWith(IN_DOUBT) ? detail.slice(IN_DOUBT.length) : null;
}

/**
 * What the page says about a job in words where its report stands; null when there is nothing to say.
 * @param {Job} job
 */
export function remark(job) {
  if (hasFailed(job.status)) return [job.detail, job.reason].find((text) => text && text !== `exit ${job.exit_code}`) || null;
  if (isBeforeLsf(job.status) || killRefused(job)) return job.detail || null;
  if (job.status === "RUN" || job.status === "DONE") return null;
  return job.reason || job.detail || null;
}

/** LSF did not take the kill; the words say why. @param {Job} job */
export function killRefused(job) {
  return isLive(job.status) && job.detail.includes("kill refused");
}

/**
 * What a run has in its lines, from the number of its jobs in each status.
 * @param {Record<string, number>} current @returns {{lines: number, running: number, pending: number, failed: number}}
 */
export function tally(current) {
  const count = { lines: 0, running: 0, pending: 0, failed: 0 };
  for (const [status, number] of Object.entries(current)) {
    count.lines += number;
    if (hasFailed(status)) count.failed += number;
    else if (WAITING.has(status) || BEFORE_LSF.has(status)) count.pending += number;
    else if (status !== "DONE") count.running += number;
  }
  return count;
}
