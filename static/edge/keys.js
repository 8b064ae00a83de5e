// @ts-check

/**
 * A key that does something on this page. `key`: as in KeyboardEvent.key, or several that do the same; `group`: its
 * heading in the help sheet; `when`: whether it does something now (default: always); `run` gets the event. What it gives back may be a promise: keys wait for it.
 * @typedef {{key: string | string[], text: string, group: string, when?: () => boolean, run: (event: KeyboardEvent) => unknown}} Key
 */

const FIELDS = "input:not([type=checkbox], [type=radio], [type=button]), textarea, select, [contenteditable=true]";
const OPEN = "dialog[open], :popover-open";

/** @type {Key[]} */
const added = [];
/** What was typed since something began to open. @type {string[]} */
const waiting = [];
let opening = 0;

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
    return () => {
      const at = added.indexOf(wanted);
      if (at >= 0) added.splice(at, 1);
    };
  },

  /**
   * What is typed while something opens is meant for it: it waits, and goes to where the focus is then; nowhere
   * when it could not be opened.
   * @template T @param {Promise<T>} work @returns {Promise<T>} the same, once the keys have gone on
   */
  async hold(work) {
    opening += 1;
    try {
      return await work;
    } catch (cause) {
      waiting.length = 0;
      throw cause;
    } finally {
      opening -= 1;
      if (!opening) waiting.splice(0).forEach(typed);
    }
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
  /* Tab and arrows move the focus at once. */
  if (opening && (event.key.length === 1 || event.key === "Enter")) {
    event.preventDefault();
    if (!event.repeat) waiting.push(event.key);
    return;
  }
  const found = added.findLast((key) => names(key).includes(event.key) && (key.when?.() ?? true));
  if (!found) return;
  event.preventDefault();
  const work = found.run(event);
  if (work instanceof Promise) void keys.hold(work);
}

/** A key from before, at the present focus. @param {string} key */
function typed(key) {
  const at = document.activeElement ?? document.body;
  const said = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
  /* The one way in which a field takes it as if it were typed: at its cursor, to be undone, noticed by all who listen. */
  if (at.dispatchEvent(said) && key.length === 1 && isField(at)) document.execCommand("insertText", false, key);
}

/** @param {EventTarget | null} target */
function isField(target) {
  return target instanceof Element && target.matches(FIELDS);
}

document.addEventListener("keydown", press);
