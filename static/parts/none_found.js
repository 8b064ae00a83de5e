// @ts-check
import { h, styled } from "../edge/dom.js";
import { symbol } from "../edge/symbol.js";
import { conditionsOf } from "../pure/filter.js";

await styled("choices");

/** @typedef {import("../pure/filter.js").FilterKey} FilterKey */

/**
 * No run meets the conditions: which those are, and each can be taken away.
 * @param {HTMLElement} place @param {Filter} filter @param {(key: FilterKey) => void} onDrop
 */
export function showNone(place, filter, onDrop) {
  const drawn = JSON.stringify(filter);
  if (place.dataset.drawn === drawn) return;
  place.dataset.drawn = drawn;
  const conditions = conditionsOf(filter);
  const buttons = conditions.map((key) => {
    const text = inWords(filter, key);
    const drop = { type: "button", "aria-label": `Take away: ${text}`, onclick: () => onDrop(key) };
    return h("button", drop, h("span", {}, text), symbol("close"));
  });
  const one = conditions.length === 1;
  place.replaceChildren(
    h("h2", {}, one ? "No run meets this condition" : "No run meets all of these conditions"),
    h("p", { class: "conditions" }, ...buttons),
    h("p", {}, one ? "Take it away to see all runs again." : "Take one away to see more, or all of them with “Clear”."),
  );
}

/** A condition in words. @param {Filter} filter @param {FilterKey} key */
function inWords(filter, key) {
  return key === "failed" ? "failed only" : `${key} ${[filter[key]].flat().join(", ")}`;
}
