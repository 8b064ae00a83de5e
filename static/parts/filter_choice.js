// @ts-check
import { Refused } from "../edge/api.js";
import { h, setText, styled } from "../edge/dom.js";
import { readNames } from "../edge/table_names.js";
import { GROUPS } from "../pure/filter.js";
import { CHOICES } from "./filter_bar.js";
import { openFloat } from "./float.js";

await styled("choices");

const MANY = 8;

/** What is chosen from a list: a condition, or the counter in the cells of the grid. @typedef {keyof typeof CHOICES | "counter"} Chosen */

/**
 * Opens the list of what a condition can be, below its button.
 * @param {HTMLElement} button @param {Chosen} key @param {Desk} desk @param {(change: Partial<Filter>) => void} onFilter
 */
export function openCondition(button, key, desk, onFilter) {
  const { filter, counter } = desk.view;
  const single = key === "user" || key === "counter";
  openChoice(button, {
    label: key === "counter" ? "Counter in the cells" : CHOICES[key],
    none: single ? (key === "counter" ? "No counter" : "Anybody") : null,
    chosen: [key === "counter" ? counter : filter[key]].flat().filter(Boolean),
    read: () => namesOf(key, desk),
    onChoose: (values) => {
      if (key === "counter") desk.setView({ counter: values[0] ?? "" });
      else onFilter({ [key]: single ? (values[0] ?? "") : values });
    },
  });
}

/** @param {Chosen} key @param {Desk} desk @returns {Promise<string[]>} */
async function namesOf(key, { page, store }) {
  if (key === "status") return [...GROUPS.running, "DONE", ...GROUPS.failed, ...GROUPS.pending];
  const definitions = /** @type {Definition[]} */ (store.all("definition"));
  if (key === "hash") return definitions.sort((a, b) => a.id - b.id).map(({ name }) => name).filter(Boolean);
  return (await readNames(`${page.api}/experiments/${page.experiment?.name}`))[`${key}s`];
}

/** Tells lists apart that follow each other. */
let opened = 0;

/**
 * Opens a list below a button in which names are ticked; each tick counts at once. Typing finds, arrows move, Space and
 * Enter tick, Esc closes, and so does the choice where there is only one. What is chosen stands first, also when it is not in the list (any more).
 * @param {HTMLElement} button
 * @param {{label: string, none: string | null, chosen: string[], read: () => Promise<string[]>,
 *   onChoose: (values: string[]) => void}} choice `none`: only one is chosen, this is what none is called
 */
function openChoice(button, { label, none, chosen, read, onChoose }) {
  let values = chosen;
  const group = `choice-${(opened += 1)}`;
  const field = h("input", { type: "search", placeholder: "Type to find", "aria-label": `Find in ${label}`, hidden: true, autocomplete: "off" });
  const said = h("p", { class: "note", role: "status" }, "reading");
  const list = h("div", { class: "ticks", role: none === null ? "group" : "radiogroup", "aria-label": label });
  const content = h("div", { class: "menu filter-choice", popover: "auto", role: "dialog", "aria-label": label }, field, said, list);

  /** @param {string} name @param {string} text */
  const option = (name, text) => {
    const input = h("input", { type: none === null ? "checkbox" : "radio", name: group });
    input.checked = name ? values.includes(name) : !values.length;
    input.addEventListener("change", () => {
      if (none !== null) values = name ? [name] : [];
      else values = input.checked ? [...values, name] : values.filter((other) => other !== name);
      onChoose(values);
      if (none !== null) content.hidePopover();
    });
    return h("label", { "data-text": text.toLowerCase(), title: text }, input, h("span", {}, text));
  };
  const labels = () => /** @type {HTMLElement[]} */ ([...list.children]);
  const shown = () => labels().filter((one) => !one.hidden).map((one) => /** @type {HTMLInputElement} */ (one.firstElementChild));

  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    for (const one of labels()) one.hidden = !one.dataset.text?.includes(wanted);
    setText(said, shown().length ? "" : `None of ${labels().length} has this in its name.`);
  });
  content.addEventListener("keydown", (event) => {
    const here = shown().find((input) => input === document.activeElement);
    if (event.key === "Enter" && here) {
      event.preventDefault(); /* else it would press the button that gets the focus back */
      here.click();
    }
    const down = event.key === "ArrowDown";
    if ((!down && event.key !== "ArrowUp") || event.isComposing) return;
    event.preventDefault();
    const inputs = shown();
    const at = inputs.findIndex((input) => input === document.activeElement);
    const to = at + (down ? 1 : -1);
    if (to < 0 && !field.hidden) field.focus();
    else inputs.at(to % inputs.length)?.focus();
  });

  openFloat(button, content);
  content.tabIndex = -1;
  content.focus();
  read().then(
    (names) => {
      const all = [...new Set([...values, ...names])];
      list.replaceChildren(...(none === null ? [] : [option("", none)]), ...all.map((name) => option(name, name)));
      setText(said, all.length ? "" : "There is none yet.");
      field.hidden = all.length < MANY;
      if (content.contains(document.activeElement)) (field.hidden ? (shown().find((input) => input.checked) ?? shown()[0]) : field)?.focus();
      dispatchEvent(new Event("resize")); /* it is larger now: its place is found again */
    },
    (cause) => {
      if (!(cause instanceof Refused)) throw cause;
      setText(said, cause.message);
    },
  );
}
