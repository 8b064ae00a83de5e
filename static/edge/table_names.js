// @ts-check
import { call } from "./api.js";

/**
 * All run parameters, counters, tags and users of an experiment, those used most or first before others. Raises Refused.
 * @param {string} base address of the experiment in the API
 * @returns {Promise<Record<string, string[]> & {params: string[], counters: string[]}>}
 */
export function readNames(base) {
  return call("GET", `${base}/table/names`);
}
