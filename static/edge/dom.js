// @ts-check
/** Building nodes. Text always goes in as text; nothing here reads markup. */

/**
 * An element. `on...` properties are listeners, `class` and other names attributes; false, null and undefined are left
 * out, true is an empty attribute.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag @param {Record<string, any>} [attributes] @param {...(Node | string | null | undefined | false)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else attribute(element, name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Sets an attribute if it is another one now. @param {Element} element @param {string} name @param {any} value */
export function attribute(element, name, value) {
  if (value === false || value === null || value === undefined) element.removeAttribute(name);
  else {
    const text = value === true ? "" : String(value);
    if (element.getAttribute(name) !== text) element.setAttribute(name, text);
  }
}

/** Sets a text if it is another one now. @param {Node} node @param {string} text @returns {boolean} whether it was */
export function setText(node, text) {
  if (node.textContent === text) return false;
  node.textContent = text;
  return true;
}

/** Sets a custom property of the whole page if it is another one now: every element is styled again then. @param {string} name @param {string} value */
export function setRoot(name, value) {
  const { style } = document.documentElement;
  if (style.getPropertyValue(name) !== value) style.setProperty(name, value);
}

/** An element of the page that must be there. @param {string} id @returns {HTMLElement} */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no #${id}`);
  return element;
}

/** @type {Map<string, Promise<unknown>>} */
const sheets = new Map();

/**
 * Loads a style sheet of what is opened on demand, once; there when the promise is. A module of what it styles awaits it
 * when it is loaded itself. @param {string} name without `.css` @returns {Promise<unknown>}
 */
export function styled(name) {
  const held = sheets.get(name);
  if (held) return held;
  const href = document.querySelector("link[rel=stylesheet]")?.getAttribute("href")?.replace(/[^/]*$/, `${name}.css`);
  const loaded = new Promise((resolve) => document.head.append(h("link", { rel: "stylesheet", href, onload: resolve, onerror: resolve })));
  sheets.set(name, loaded);
  return loaded;
}

const GLOW_FOR = 600;
/** More at once would be noise, and cost frames. */
const GLOWS_AT_ONCE = 40;
let glowing = 0;

/** Lets a changed value glow once. @param {Element} element */
export function glow(element) {
  if (glowing >= GLOWS_AT_ONCE || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  glowing += 1;
  setTimeout(() => (glowing -= 1), GLOW_FOR);
  element.animate([{ backgroundColor: "var(--glow)" }, { backgroundColor: "transparent" }], GLOW_FOR);
}

/**
 * Makes the children of `parent` those of `wanted`, in that order, moving as few as possible: one that is in place
 * already keeps focus, selection and open menus.
 * @param {Element} parent @param {Element[]} wanted
 */
export function arrange(parent, wanted) {
  const keep = new Set(wanted);
  for (const child of [...parent.children]) if (!keep.has(child)) child.remove();
  let next = parent.firstElementChild;
  for (const child of wanted) {
    if (child === next) next = next.nextElementSibling;
    else parent.insertBefore(child, next);
  }
}
