// @ts-check
import { measure } from "./measure.js";

/**
 * Numbers over time. `of`: the N of `n/N`. Points are [RFC 3339, value], the last value included.
 * @typedef {{name: string, percent: boolean, of: number | null, points: [string, number][]}} Series
 */

/** More points than anybody sees: beyond, every second one goes. */
const MOST = 240;

/**
 * The series with what the report says now: the server's answer grows with the rows of the feed and need not be asked for
 * again. A counter that is new and a number begins one; of one whose N changed all points stay. Times are whole seconds: of
 * several values within one the newest counts.
 * @param {Series[]} held @param {Pick<Counter, "name" | "value" | "at">[]} counters @returns {Series[]} in the order of the counters
 */
export function grown(held, counters) {
  /** @type {Series[]} */
  const all = [];
  for (const { name, value, at } of counters) {
    const read = measure(value);
    const before = held.find((series) => series.name === name);
    if (!read || !at) {
      if (before && !read) continue;
      if (before) all.push(before);
      continue;
    }
    const points = before?.points ?? [];
    const last = points[points.length - 1];
    const later = !last || Date.parse(at) > Date.parse(last[0]);
    const kept = later ? points : points.slice(0, -1);
    all.push({ name, percent: read.percent, of: read.of, points: thinned([...kept, [later ? at : last[0], read.value]]) });
  }
  return all;
}

/** The newest stays. @param {[string, number][]} points @returns {[string, number][]} */
function thinned(points) {
  if (points.length <= MOST) return points;
  return points.filter((_, i) => (points.length - 1 - i) % 2 === 0);
}

/**
 * How far something is, 0 to 1; null when the value says nothing of that.
 * @param {{value: number, of: number | null, percent: boolean}} read
 */
export function share({ value, of, percent }) {
  const whole = of ?? (percent ? 100 : 0);
  return whole > 0 && Number.isFinite(value) ? Math.min(1, Math.max(0, value / whole)) : null;
}

/**
 * The series that tells how far the job is: one that never falls. `n/N` is meant for it; a percentage only when it is
 * called so, or has risen twice (a hit rate goes up and down). null: none does.
 * @param {Series[]} all @returns {Series | null}
 */
export function leading(all) {
  const rising = all.filter(({ points, of, percent }) => points.length > 0 && (of !== null || percent) && rises(points));
  const called = (/** @type {Series} */ one) => /progress|done|complete|finished|processed/i.test(one.name);
  const climbs = (/** @type {Series} */ one) => new Set(one.points.map(([, value]) => value)).size >= 3;
  return rising.find(called) ?? rising.find(({ of }) => of !== null) ?? rising.find(climbs) ?? null;
}

/** @param {[string, number][]} points */
function rises(points) {
  return points.every(([, value], i) => i === 0 || value >= points[i - 1][1]);
}
