// @ts-check
import { attribute, glow, h, setText } from "../edge/dom.js";
import { symbol } from "../edge/symbol.js";
import { now, stands, ticks } from "../edge/ticking.js";
import { isLive, look } from "../pure/status.js";
import { full, length, moment } from "../pure/time.js";

/** What a job and each of its LSF jobs show alike; cells that stay the same are not touched. */

/**
 * A status: its shape, its word, then what is to be said beside it, in one line: where the words have no room, by its
 * shape alone. It glows once when the word changed.
 * @param {HTMLElement} cell @param {{status: string, exit_code: number | null}} job
 * @param {string} detail for the tooltip @param {{shape?: string, text: string}[]} [notes]
 */
export function showStatus(cell, { status, exit_code }, detail, notes = []) {
  const code = status === "EXIT" && exit_code !== null ? ` ${exit_code}` : "";
  const texts = notes.map(({ text }) => text);
  attribute(cell, "title", [detail, code && `exit code${code}`, ...texts].filter(Boolean).join("\n"));
  const drawn = [status, code, ...texts].join("|");
  if (cell.dataset.drawn === drawn) return;
  const before = cell.dataset.status;
  const { symbol: shape, tone } = look(status);
  Object.assign(cell.dataset, { drawn, status, tone });
  const room = `${status}${texts}`.length < 15;
  const beside = notes.map(({ shape, text }) => h("span", { class: "beside" }, shape && symbol(shape), h("span", { class: !room && shape && "unseen" }, text)));
  const mark = h("span", { class: "mark" }, symbol(shape), h("span", { class: "word" }, `${status}${code}`), ...beside);
  cell.replaceChildren(mark);
  if (before !== undefined && before !== status) glow(mark);
}

/** @param {HTMLTimeElement} element @param {string} at @param {string} title what stands before the full time */
export function showTime(element, at, title) {
  setText(element, moment(at, now()));
  attribute(element, "datetime", at);
  attribute(element, "title", `${title} ${full(at)}`);
}

/**
 * How long it ran, or has been running.
 * @param {HTMLElement} cell @param {{status: string, started_at: string | null, ended_at: string | null}} job
 */
export function showLength(cell, { status, started_at, ended_at }) {
  const started = started_at && Date.parse(started_at);
  if (started && ended_at) stands(cell, length(Date.parse(ended_at) - started));
  else if (started && isLive(status)) ticks(cell, (time) => length(time - started));
  else stands(cell, "");
}

const FEW = 4;

/** `731885, 731886`; of more than a few `731885 +6`. @param {string[]} ids */
export function listed(ids) {
  return ids.length > FEW ? `${ids[0]} +${ids.length - 1}` : ids.join(", ");
}

/** `psanaq on psana1201`. @param {{queue: string | null, host: string | null}} job */
export function where({ queue, host }) {
  return [queue, host].filter(Boolean).join(" on ");
}
