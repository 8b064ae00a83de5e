// @ts-check
import { isBeforeLsf, isLive } from "./status.js";
import { minute } from "./time.js";

/**
 * What is to be said of the locations, only when true. `title` says more.
 * @typedef {{text: string, title: string}} Doubt
 */

/**
 * Batch clients that are away.
 * @param {FarmLocation[]} locations @param {number} now ms @returns {Doubt[]}
 */
export function away(locations, now) {
  return locations
    .filter((location) => !location.agent_connected)
    .map(({ name, agent_seen_at }) => {
      const seen = agent_seen_at ? `last heard of at ${minute(agent_seen_at, now)}` : "never heard of";
      return {
        text: `Batch client away${among(locations, name)}`,
        title: `The batch client of ${name} was ${seen}. Requests are kept and go out when it returns.`,
      };
    });
}

/**
 * Locations where LSF does not answer while jobs there are live. Of a batch client that is away nothing is known.
 * @param {FarmLocation[]} locations @param {(location: string) => boolean} hasLiveJobs @param {number} now ms
 * @returns {Doubt[]}
 */
export function silence(locations, hasLiveJobs, now) {
  return locations
    .filter((location) => isSilent(location) && hasLiveJobs(location.name))
    .map(({ name, scheduler_silent_since: at, scheduler_problem: problem }) => {
      const since = `since ${minute(at ?? "", now)}`;
      const title = `LSF has not answered ${since} (${name}). Statuses are as it last told them.`;
      return { text: `LSF silent ${since}${among(locations, name)}`, title: problem ? `${title}\n${problem}` : title };
    });
}

/** A location is named where there are others. @param {FarmLocation[]} locations @param {string} name */
function among({ length }, name) {
  return length > 1 ? ` (${name})` : "";
}

/** @param {FarmLocation} location */
function isSilent(location) {
  return location.agent_connected && location.scheduler_silent_since != null;
}

/**
 * The age of a status that may be out of date, because LSF or the batch client is silent; else empty.
 * @param {{status: string, as_of: string}} job @param {FarmLocation | undefined} location @param {number} now ms
 */
export function asOf({ status, as_of }, location, now) {
  if (!isLive(status) || isBeforeLsf(status) || !location) return "";
  if (location.agent_connected && !isSilent(location)) return "";
  const said = [as_of, location.scheduler_answered_at ?? ""].sort()[1]; /* RFC 3339 in UTC sorts by time */
  return `as of ${minute(said, now)}`;
}
