// @ts-check
import { isLive, look } from "./status.js";

/**
 * What the history of a job tells, step by step. Times are ms since 1970.
 *
 * A change of its status lasts until the next one; `end`: null while it lasts, and for what has ended it, which takes no
 * time. A remark changes nothing and lasts no time.
 * @typedef {{seq: number, at: number, status: string, tone: import("./status.js").Tone, shape: string, remark: boolean,
 *   end: number | null, by: string, reason: string}} Step
 */

const WHO = /** @type {Record<string, string>} */ ({ agent: "batch client", manager: "server" });

/**
 * In their order. Clocks of several machines made these times: none lasts less than no time.
 * @param {{seq: number, at: string, from: string | null, to: string, by: string, reason: string | null, lsf_id: string | null}[]} transitions
 * @returns {Step[]}
 */
export function steps(transitions) {
  /** @type {Step[]} */
  const all = [];
  /** @type {Step | null} */
  let before = null;
  let known = /** @type {string | null} */ (null);
  for (const { seq, at, from, to, by, reason, lsf_id } of transitions) {
    const { tone, symbol } = look(to);
    const remark = from === to;
    const said = [reason, lsf_id !== known && lsf_id && `LSF ID ${lsf_id}`].filter(Boolean).join(" · ");
    known = lsf_id ?? known;
    /** @type {Step} */
    const step = { seq, at: Date.parse(at), status: to, tone, shape: symbol, remark, end: null, by: WHO[by] ?? by, reason: said };
    all.push(step);
    if (remark) continue;
    if (before) before.end = Math.max(before.at, step.at);
    before = step;
  }
  return all;
}

/** Those that take time: what the bar is made of. @param {Step[]} all @returns {Step[]} */
export function spans(all) {
  return all.filter(({ remark, status, end }) => !remark && (end !== null || isLive(status)));
}

/** How long it lasted, or has lasted so far, in ms. @param {Step} step @param {number} now */
export function lasted({ at, end }, now) {
  return Math.max(0, (end ?? now) - at);
}
