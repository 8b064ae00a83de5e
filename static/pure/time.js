// @ts-check
/** Times as people at an instrument read them, all in one chosen zone. All `at` are RFC 3339 texts or ms since 1970. */

const TWO = /** @type {const} */ ("2-digit");
const SHAPES = /** @type {Record<string, Intl.DateTimeFormatOptions>} */ ({
  clock: { hour: TWO, minute: TWO, second: TWO },
  minute: { hour: TWO, minute: TWO },
  day: { day: "numeric", month: "short" },
  date: { year: "numeric", month: TWO, day: TWO },
  full: { weekday: "short", day: "numeric", month: "short", year: "numeric", hour: TWO, minute: TWO, second: TWO },
});

let chosen = /** @type {string | undefined} */ (undefined);
/** @type {Record<string, Intl.DateTimeFormat>} */
let formats = {};
/** Names of the zone, by quarters of an hour since 1970: it is never changed within one. @type {Map<number, string>} */
const names = new Map();

/**
 * All times are shown in this zone from now on; null: in the browser's own. A zone that the browser does not know is
 * its own too. @param {string | null} name IANA
 */
export function setZone(name) {
  formats = {};
  names.clear();
  chosen = name ?? undefined;
  try {
    format("date", 0);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    chosen = undefined;
  }
}

/** @param {string} shape @param {string | number} at */
function format(shape, at) {
  formats[shape] ??= new Intl.DateTimeFormat("en-GB", { ...SHAPES[shape], hourCycle: "h23", timeZone: chosen });
  return formats[shape].format(new Date(at));
}

/** `14:02:31`. @param {string | number} at */
export function clock(at) {
  return format("clock", at);
}

/** `14:02`; with `now` on another day, `21 Nov 14:02`. @param {string | number} at @param {number} [now] */
export function minute(at, now) {
  const text = format("minute", at);
  return now === undefined || sameDay(at, now) ? text : `${format("day", at)} ${text}`;
}

/** `14:02:31` today, `21 Nov 14:02` on any other day. @param {string | number} at @param {number} now */
export function moment(at, now) {
  return sameDay(at, now) ? clock(at) : minute(at, now);
}

/** With weekday, date and zone, for tooltips. @param {string | number} at */
export function full(at) {
  return `${format("full", at)} ${zone(at)}`;
}

/** In the chosen zone. @param {string | number} one @param {string | number} other */
function sameDay(one, other) {
  return format("date", one) === format("date", other);
}

/** Name of the chosen zone, such as `PST`, `CET`, `GMT+9`. @param {string | number} [at] a time in it, else now */
export function zone(at = Date.now()) {
  const quarter = Math.floor(new Date(at).getTime() / 900_000);
  const held = names.get(quarter);
  if (held) return held;
  const american = zoneIn("en-US", at);
  const name = american.startsWith("GMT") ? zoneIn("en-GB", at) : american;
  names.set(quarter, name);
  return name;
}

/** Americans and Europeans have short names for their own zones only. @param {string} language @param {string | number} at */
function zoneIn(language, at) {
  formats[language] ??= new Intl.DateTimeFormat(language, { timeZoneName: "short", timeZone: chosen });
  const parts = formats[language].formatToParts(new Date(at));
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
