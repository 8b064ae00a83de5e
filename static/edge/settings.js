// @ts-check
import { setZone } from "../pure/time.js";

/**
 * What a person has chosen for this browser. theme: "" (system), light, dark, light-contrast, dark-contrast; times: ""
 * (the facility's), mine, utc; rows: "" (compact), comfortable.
 * @typedef {{theme: string, times: string, rows: string}} Settings
 */

const KEY = "batchboard-settings";
/** ms since 1970: when the login of this browser ends, renewals in all tabs included */
export const SESSION_KEY = "batchboard-session-ends";
/** whether the first steps are known */
export const HINT_KEY = "batchboard-hint-seen";
/** what desktop notifications are wanted for */
export const WATCHES_KEY = "batchboard-watches";
/** @type {Set<() => void>} */
const listeners = new Set();
let facility = /** @type {string | null} */ (null);

/** @returns {Settings} */
export function settings() {
  const plain = { theme: "", times: "", rows: "" };
  return { ...plain, ...remembered(KEY, plain) };
}

/** Called after each change, also one made in another window. @param {() => void} listener */
export function onSettings(listener) {
  listeners.add(listener);
}

/** @param {Partial<Settings>} change */
export function choose(change) {
  remember(KEY, { ...settings(), ...change });
  apply();
}

/** Follows the settings from now on. @param {string | null | undefined} zone the facility's, IANA */
export function followSettings(zone) {
  facility = zone ?? null;
  apply();
  addEventListener("storage", ({ key }) => key === KEY && apply());
}

function apply() {
  dispatchEvent(new Event("batchboard-settings")); /* first.js shows theme and rows */
  setZone({ "": facility, mine: null, utc: "UTC" }[settings().times] ?? null);
  for (const listener of listeners) listener();
}

/**
 * What this browser has kept; `plain` when there is nothing, or nothing of use.
 * @template T @param {string} key @param {T} plain @returns {T}
 */
export function remembered(key, plain) {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null") ?? plain;
  } catch {
    return plain; /* no storage allowed, or a text of somebody else */
  }
}

/** @param {string} key @param {unknown} value undefined: forget it */
export function remember(key, value) {
  try {
    if (value === undefined) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(value));
  } catch {
    return; /* no storage allowed, or full: it holds until the page is left */
  }
}
