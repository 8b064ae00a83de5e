// @ts-check
import { parseColor } from "./color.js";

/**
 * The few HTML tags that reports may use, read from text that nobody can be trusted to have written well.
 *
 * Only a tag of the allowed set, with allowed attributes, that is closed again becomes an element. Everything else
 * stays the text it is: `List<int>` and `hit<5%` survive, `<img onerror=...>` is shown and never made.
 *
 * @typedef {{tag: "b" | "i" | "em" | "strong" | "span" | "a", color: string | null, href: string | null,
 *   children: Part[]}} Element
 * @typedef {string | Element} Part
 */

const TAG = /<(\/?)(b|i|em|strong|span|font|a)((?:\s+[a-z-]+\s*=\s*(?:"[^"<>]*"|'[^'<>]*'|[^\s"'<>=`]+))*)\s*>/gi;
const ATTRIBUTE = /([a-z-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"']+))/gi;
const IGNORED = new Set(["class", "title", "target", "rel", "size", "face"]);
const DEPTH = 8;

/** @param {string} text @returns {Part[]} */
export function parse(text) {
  /** @type {{tag: string, source: string, element: Element | null, children: Part[]}[]} open tags, outermost first */
  const open = [{ tag: "", source: "", element: null, children: [] }];
  let end = 0;
  for (const match of text.matchAll(TAG)) {
    const top = open[open.length - 1];
    if (match.index > end) top.children.push(text.slice(end, match.index));
    end = match.index + match[0].length;
    const tag = match[2].toLowerCase();
    if (match[1]) {
      if (match[3] || !close(open, tag)) open[open.length - 1].children.push(match[0]);
      continue;
    }
    const element = open.length > DEPTH ? null : allowed(tag, match[3]);
    if (element) open.push({ tag, source: match[0], element, children: element.children });
    else top.children.push(match[0]);
  }
  open[open.length - 1].children.push(text.slice(end));
  while (open.length > 1) giveUp(open);
  return joined(open[0].children);
}

/** @param {Part[]} parts @returns {string} what is left without tags */
export function plain(parts) {
  return parts.map((part) => (typeof part === "string" ? part : plain(part.children))).join("");
}

/** @param {any[]} open @param {string} tag @returns {boolean} whether there was something to close */
function close(open, tag) {
  if (!open.some((one) => one.tag === tag)) return false;
  while (open[open.length - 1].tag !== tag) giveUp(open);
  const { element } = open.pop();
  element.children = joined(element.children);
  open[open.length - 1].children.push(element);
  return true;
}

/** The innermost open tag is never closed: it was only text. @param {any[]} open */
function giveUp(open) {
  const { source, children } = open.pop();
  open[open.length - 1].children.push(source, ...children);
}

/** @param {string} tag @param {string} attributes @returns {Element | null} null: this stays text */
function allowed(tag, attributes) {
  /** @type {string | null} */
  let color = null;
  /** @type {string | null} */
  let href = null;
  for (const [, name, double, single, bare] of attributes.matchAll(ATTRIBUTE)) {
    const value = double ?? single ?? bare;
    const key = `${tag} ${name.toLowerCase()}`;
    if (key === "font color" || key === "span color") color = known(value);
    else if (key === "span style") color = known(/(?:^|;)\s*color\s*:\s*([^;]+)/i.exec(value)?.[1] ?? "");
    else if (key === "a href") href = address(value);
    else if (!IGNORED.has(name.toLowerCase())) return null;
  }
  if (tag === "a") return href ? { tag, color: null, href, children: [] } : null;
  if (tag === "span" || tag === "font") return color ? { tag: "span", color, href: null, children: [] } : null;
  if (attributes.trim()) return null;
  return { tag: /** @type {Element["tag"]} */ (tag), color: null, href: null, children: [] };
}

/** @param {string} value */
function known(value) {
  return parseColor(value) ? value.trim().toLowerCase() : null;
}

/** @param {string} value @returns {string | null} the address when it is one of the web */
function address(value) {
  const text = value.trim().replaceAll("&amp;", "&");
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return null;
  return new URL(text).href;
}

/** Neighbouring texts as one. @param {Part[]} parts */
function joined(parts) {
  /** @type {Part[]} */
  const result = [];
  for (const part of parts) {
    const last = result[result.length - 1];
    if (typeof part === "string" && typeof last === "string") result[result.length - 1] = last + part;
    else if (part !== "") result.push(part);
  }
  return result;
}
