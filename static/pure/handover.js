// @ts-check
import { minute } from "./time.js";

const MINUTE = 60_000;

/** When it was last this time of day in the chosen zone; null: it is no time. @param {string} text `06:00` @param {number} now ms */
export function lastTime(text, now) {
  const begin = Math.floor(now / MINUTE) * MINUTE;
  for (let back = 1; back <= 25 * 60; back += 1) if (minute(begin - back * MINUTE) === text) return begin - back * MINUTE;
  return null;
}

/** The span as a query, up to now. @param {number} from ms @param {number} now ms */
export function spanQuery(from, now) {
  return new URLSearchParams({ from: new Date(from).toISOString(), to: new Date(now).toISOString() }).toString();
}
