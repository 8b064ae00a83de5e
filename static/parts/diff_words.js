// @ts-check
import { h } from "../edge/dom.js";
import { diffWords } from "../pure/diff.js";

/** A text with what became of another one marked: struck out what is gone, underlined what is new. @param {string} before @param {string} after */
export function diffed(before, after) {
  const pieces = diffWords(before, after).map(({ kind, text }) => {
    if (kind === "same") return text;
    return kind === "gone" ? h("del", {}, text) : h("ins", {}, text);
  });
  return h("code", { class: "diff" }, ...(pieces.length ? pieces : [h("span", { class: "quiet" }, "(empty)")]));
}
