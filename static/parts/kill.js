// @ts-check
import { now } from "../edge/ticking.js";
import { doubtOf, isKillStuck } from "../pure/status.js";
import { length } from "../pure/time.js";
import { ask } from "./ask.js";
import { listed } from "./cells.js";

/**
 * Asks before a kill, in words of what it will do.
 * @param {Job} job @returns {Promise<{force: boolean} | null>} what to send; null: keep it
 */
export async function askKill(job) {
  const force = isKillStuck(job);
  const sure = await ask({ ...question(job, force), safe: "Keep it", danger: true });
  return sure ? { force } : null;
}

/** @param {Job} job @param {boolean} force @returns {{title: string, text: string, act: string}} */
function question(job, force) {
  const { status, definition, run, lsf_ids, started_at } = job;
  if (force) {
    return {
      title: `Make LSF forget 1 job of run ${run}?`,
      text:
        `LSF has lost contact with the host of ${definition.name}. Make LSF forget the job without waiting (bkill -r)? ` +
        "It may still be running there.",
      act: "Forget 1 job",
    };
  }
  if (doubtOf(job)) {
    return {
      title: `Give up 1 job of run ${run}?`,
      text:
        `It is not known whether LSF has a job of ${definition.name}. Its line becomes EXIT at once; ` +
        "what is found of it in LSF later is killed.",
      act: "Kill 1 job",
    };
  }
  const several = lsf_ids.length > 1 ? `${lsf_ids.length} LSF jobs, LSF IDs` : "LSF ID";
  const ids = lsf_ids.length ? `${several} ${listed(lsf_ids)}, ` : "";
  const running = started_at ? `It has been running for ${length(now() - Date.parse(started_at))}. ` : "";
  return {
    title: `Kill 1 job of run ${run}?`,
    text: `${definition.name}, ${ids}${status}. ${running}This cannot be taken back.`,
    act: "Kill 1 job",
  };
}
