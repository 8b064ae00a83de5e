// @ts-check
import { setText } from "./dom.js";

/** Texts that depend on the time: one timer for the whole page. Times are the server's, ms since 1970. */

/** @type {WeakMap<Element, (now: number) => string>} */
const texts = new WeakMap();
/** @type {Set<(now: number) => void>} */
const listeners = new Set();
let ahead = 0;

/** The server's time now. */
export function now() {
  return Date.now() + ahead;
}

/** The server says what time it is. @param {string} time */
export function heardTime(time) {
  ahead = Date.parse(time) - Date.now();
}

/** `text(now)` is what the element shows, from now on, every second. @param {Element} element @param {(now: number) => string} text */
export function ticks(element, text) {
  texts.set(element, text);
  element.setAttribute("data-ticks", "");
  setText(element, text(now()));
}

/** The element shows this text and no longer depends on the time. @param {Element} element @param {string} text */
export function stands(element, text) {
  texts.delete(element);
  element.removeAttribute("data-ticks");
  setText(element, text);
}

/** Called every second as well. @param {(now: number) => void} listener */
export function everySecond(listener) {
  listeners.add(listener);
}

/** Starts the timer; once for each page. */
export function startTicking() {
  setInterval(() => {
    if (document.visibilityState === "hidden") return;
    const time = now();
    for (const element of document.querySelectorAll("[data-ticks]")) {
      const text = texts.get(element);
      if (text) setText(element, text(time));
    }
    for (const listener of listeners) listener(time);
  }, 1000);
}
