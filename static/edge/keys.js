// @ts-check

/**
 * A key that does something on this page. `key`: as in KeyboardEvent.key, or several that do the same; `group`: its
 * heading in the help sheet; `when`: whether it does something now (default: always); `run` gets the event.
 * @typedef {{key: string | string[], text: string, group: string, when?: () => boolean, run: (event: KeyboardEvent) => void}} Key
 */

const FIELDS = "input:not([type=checkbox], [type=radio], [type=button]), textarea, select, [contenteditable=true]";
const OPEN = "dialog[open], :popover-open";

/** @type {Key[]} */
const added = [];

/**
 * The keys of the page. They rest while a dialog or a menu is open, and while something is typed into a field, there all
 * but Escape. Of several that may run the one added last does. With Ctrl, Alt and Meta a key is the browser's.
 */
export const keys = {
  /** Raises an error when the key is taken for good already. @param {Key} wanted @returns {() => void} takes it away again */
  add(wanted) {
    for (const key of names(wanted)) {
      const clash = added.find((other) => !other.when && names(other).includes(key));
      if (clash && !wanted.when) throw new Error(`the key ${key} is taken by “${clash.text}”`);
    }
    added.push(wanted);
    return () => void (added.includes(wanted) && added.splice(added.indexOf(wanted), 1));
  },

  /** All keys, in the order in which they were added. @returns {readonly Key[]} */
  all() {
    return added;
  },
};

/** @param {Key} key */
function names({ key }) {
  return typeof key === "string" ? [key] : key;
}

/** @param {KeyboardEvent} event */
function press(event) {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
  if (document.querySelector(OPEN) || (event.key !== "Escape" && isField(event.target))) return;
  const found = added.findLast((key) => names(key).includes(event.key) && (key.when?.() ?? true));
  if (!found) return;
  event.preventDefault();
  found.run(event);
}

/** @param {EventTarget | null} target */
function isField(target) {
  return target instanceof Element && target.matches(FIELDS);
}

document.addEventListener("keydown", press);
