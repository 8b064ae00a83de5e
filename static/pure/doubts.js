// @ts-check
import { minute } from "./time.js";

const SILENT_AFTER = 90_000;

/**
 * Whether what LSF last said of a location's jobs may be out of date: since when, in ms, or null.
 * @param {FarmLocation | undefined} location @param {number} now ms
 */
export function silentSince(location, now) {
  const answered = location?.scheduler_answered_at;
  return answered && now - Date.parse(answered) > SILENT_AFTER ? Date.parse(answered) : null;
}

/**
 * What is to be said beside the connection chip, only when true.
 * @param {FarmLocation[]} locations @param {(location: string) => boolean} hasLiveJobs @param {number} now ms
 * @returns {{text: string, title: string}[]}
 */
export function doubts(locations, hasLiveJobs, now) {
  const several = locations.length > 1;
  return locations.flatMap((location) => {
    const where = several ? ` (${location.name})` : "";
    if (!location.agent_connected) {
      const seen = location.agent_seen_at ? `last heard of at ${minute(location.agent_seen_at)}` : "never heard of";
      return [
        {
          text: `Batch client away${where}`,
          title: `The batch client of ${location.name} was ${seen}. Requests are kept and go out when it returns.`,
        },
      ];
    }
    const since = silentSince(location, now);
    if (since === null || !hasLiveJobs(location.name)) return [];
    return [
      {
        text: `LSF silent since ${minute(since)}${where}`,
        title: `${location.scheduler ?? "LSF"} at ${location.name} does not answer. Statuses are as it last told them.`,
      },
    ];
  });
}
