// @ts-check
import { arrange, attribute, h, setText } from "../edge/dom.js";
import { keys } from "../edge/keys.js";
import { symbol } from "../edge/symbol.js";

/**
 * What is being typed about runs and is not saved yet, by run: it outlives the row that it was typed in.
 * @typedef {{base: string, text: string}} Draft
 * @type {Map<number, Draft>}
 */
export const drafts = new Map();

/**
 * Comment and tags of a run, in its row. A click on the comment opens it to be edited in place, one on a tag filters by
 * it; what edits is loaded when it is wanted.
 */
export class RunNotes {
  #words = h("span");
  #text = h("button", { type: "button", class: "comment", onclick: () => this.#open("comment") }, this.#words);
  #comment = h("button", { type: "button", class: "icon quiet-act", onclick: () => this.#open("comment") }, symbol("comment"));
  #tag = h("button", { type: "button", class: "icon quiet-act", onclick: () => this.#open("tags") }, symbol("tag"));
  /** @type {Map<string, HTMLElement>} by tag */
  #chips = new Map();
  /** @type {import("./note_editor.js").CommentEditor | import("./note_editor.js").TagEditor | null} */
  #editor = null;
  element = h("div", { class: "notes" });

  /** @param {{page: Page, run: Run, onTag: (tag: string) => void}} options `onTag`: somebody wants the runs with this tag */
  constructor({ page, run, onTag }) {
    this.page = page;
    this.run = run;
    this.onTag = onTag;
    for (const [button, name] of /** @type {const} */ ([[this.#comment, `Comment on run ${run.number}`], [this.#tag, `Tags of run ${run.number}`]])) {
      attribute(button, "aria-label", name);
      attribute(button, "title", name);
    }
    this.show(run);
    /* Made anew while somebody types into it: what is typed next belongs there as well. */
    if (drafts.has(run.number)) void keys.hold(this.#edit("comment", document.activeElement === document.body));
  }

  /** @param {Run} run its newest state */
  show(run) {
    if (run.seq < this.run.seq) return;
    this.run = run;
    setText(this.#words, run.comment);
    attribute(this.#text, "aria-label", `Comment on run ${run.number}: ${run.comment}`);
    attribute(this.#text, "title", run.comment);
    this.#editor?.show(run);
    this.#draw();
  }

  #draw() {
    const { comment, tags } = this.run;
    for (const tag of this.#chips.keys()) if (!tags.includes(tag)) this.#chips.delete(tag);
    const editor = this.#editor;
    const chips = editor?.kind === "tags" ? [editor.element] : tags.map((tag) => this.#chip(tag));
    const text = editor?.kind === "comment" ? [editor.element] : comment ? [this.#text] : [];
    const more = editor ? [] : comment ? [this.#tag] : [this.#comment, this.#tag];
    arrange(this.element, [...chips, ...text, ...more]);
  }

  /** @param {string} tag */
  #chip(tag) {
    const held = this.#chips.get(tag);
    if (held) return held;
    const name = `Runs with the tag ${tag}`;
    const chip = h("button", { type: "button", class: "tag", title: name, "aria-label": `${tag}: ${name}`, onclick: () => this.onTag(tag) }, tag);
    this.#chips.set(tag, chip);
    return chip;
  }

  /** @param {"comment" | "tags"} kind */
  #open(kind) {
    void keys.hold(this.#edit(kind));
  }

  /** @param {"comment" | "tags"} kind @param {boolean} [focus] */
  async #edit(kind, focus = true) {
    const { CommentEditor, TagEditor } = await import("./note_editor.js");
    if (this.#editor) return this.#editor.focus();
    const onEnd = (/** @type {boolean} */ back, /** @type {Run} */ newest) => {
      this.#editor = null;
      this.show(newest);
      if (back) (kind === "tags" ? this.#tag : this.run.comment ? this.#text : this.#comment).focus();
    };
    const options = { page: this.page, run: this.run, onEnd };
    this.#editor = kind === "comment" ? new CommentEditor(options) : new TagEditor(options);
    this.#draw();
    if (focus) this.#editor.focus();
  }
}
