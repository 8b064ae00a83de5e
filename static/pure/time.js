// @ts-check
/** Times as people at an instrument read them, in their own zone. All `at` are RFC 3339 texts or ms since 1970. */

const clockFormat = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const minuteFormat = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const dayFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const zoneFormat = new Intl.DateTimeFormat("en-US", { timeZoneName: "short" });
const fullFormat = new Intl.DateTimeFormat("en-GB", {
  weekday: "short",
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

/** `14:02:31`. @param {string | number} at */
export function clock(at) {
  return clockFormat.format(new Date(at));
}

/** `14:02`; with `now` on another day, `21 Nov 14:02`. @param {string | number} at @param {number} [now] */
export function minute(at, now) {
  const [then, text] = [new Date(at), minuteFormat.format(new Date(at))];
  const today = now === undefined || new Date(now).toDateString() === then.toDateString();
  return today ? text : `${dayFormat.format(then)} ${text}`;
}

/** `14:02:31` today, `21 Nov 14:02` on any other day. @param {string | number} at @param {number} now */
export function moment(at, now) {
  const today = new Date(now).toDateString() === new Date(at).toDateString();
  return today ? clock(at) : minute(at, now);
}

/** With weekday, date and zone, for tooltips. @param {string | number} at */
export function full(at) {
  return `${fullFormat.format(new Date(at))} ${zone(at)}`;
}

/** Name of the zone that times are shown in, such as `PST`. @param {string | number} [at] a time in it, else now */
export function zone(at = Date.now()) {
  const parts = zoneFormat.formatToParts(new Date(at));
  return parts.find((part) => part.type === "timeZoneName")?.value ?? "";
}

/** `0:07`, `4:12`, `1:02:33`, `3 d 4:00:12`; never negative. @param {number} ms */
export function length(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [days, hours] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24];
  const [minutes, rest] = [Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  if (days) return `${days} d ${hours}:${two(minutes)}:${two(rest)}`;
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** `now`, `12 s ago`, `4 min ago`, `3 h ago`, `2 d ago`. @param {string | number} at @param {number} now */
export function ago(at, now) {
  const seconds = Math.floor((now - new Date(at).getTime()) / 1000);
  if (seconds < 2) return "now";
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86400)} d ago`;
}
