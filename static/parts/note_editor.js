// @ts-check
import { call, Refused } from "../edge/api.js";
import { attribute, h, styled } from "../edge/dom.js";
import { symbol } from "../edge/symbol.js";
import { decide } from "../pure/edit.js";
import { addTags } from "../pure/tags.js";
import { clearProblem, showProblem } from "./problem.js";
import { drafts } from "./run_notes.js";

await styled("notes");

const COMMENT_AT_MOST = 2_000;

/**
 * `back`: the focus belongs where editing began; `run`: the newest state that is known.
 * @typedef {{page: Page, run: Run, onEnd: (back: boolean, run: Run) => void}} Options
 */

/** @param {Page} page @param {number} run @param {Partial<Run>} change @returns {Promise<Run>} */
function save(page, run, change) {
  return call("PATCH", `${page.api}/experiments/${page.experiment?.name}/runs/${run}`, change);
}

/** @param {Run} a @param {Run} b */
function newer(a, b) {
  return a.seq > b.seq ? a : b;
}

/**
 * The comment of a run while it is typed: saved by Enter and by leaving it, Esc takes typing back. What others change
 * meanwhile does not touch what is typed; if it is saved over another's change, both are shown.
 */
export class CommentEditor {
  kind = /** @type {const} */ ("comment");
  #input = h("textarea", { rows: "1", maxlength: String(COMMENT_AT_MOST), placeholder: "comment", enterkeyhint: "done" });
  #saving = false;
  #over = false;
  element = h("div", { class: "note-edit" }, this.#input);

  /** @param {Options} options */
  constructor({ page, run, onEnd }) {
    this.page = page;
    this.run = run;
    this.onEnd = onEnd;
    const draft = drafts.get(run.number);
    this.base = draft?.base ?? run.comment;
    this.#input.value = draft?.text ?? run.comment;
    attribute(this.#input, "aria-label", `Comment on run ${run.number}`);
    this.#input.addEventListener("input", () => drafts.set(run.number, { base: this.base, text: this.#input.value }));
    this.#input.addEventListener("blur", ({ relatedTarget }) => {
      if (!this.element.contains(/** @type {Node | null} */ (relatedTarget))) void this.#leave(false);
    });
    this.#input.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "Escape") {
        event.stopPropagation();
        this.#end(true);
      } else if (event.key === "Enter" && !event.shiftKey) {
        event.preventDefault();
        void this.#leave(true);
      }
    });
  }

  focus() {
    this.#input.focus();
    this.#input.setSelectionRange(this.#input.value.length, this.#input.value.length);
  }

  /** @param {Run} run */
  show(run) {
    this.run = newer(run, this.run);
    const changed = run.comment !== this.base && run.comment !== this.#input.value.trim();
    attribute(this.#input, "title", changed ? `changed meanwhile to: ${run.comment || "(empty)"}` : null);
    attribute(this.#input, "data-elsewhere", changed);
  }

  /** @param {boolean} back */
  async #leave(back) {
    if (this.#saving || this.#over) return;
    const mine = this.#input.value.trim();
    const verdict = decide(this.base, mine, this.run.comment);
    if (verdict === "nothing") return this.#end(back);
    if (verdict === "conflict") return this.#showConflict(mine);
    clearProblem(this.element);
    this.#saving = true;
    attribute(this.#input, "aria-busy", "true");
    try {
      const saved = await save(this.page, this.run.number, { comment: mine });
      this.base = saved.comment;
      if (this.#input.value.trim() !== mine) return;
      this.run = newer(saved, this.run);
      this.#end(back);
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
      showProblem(this.element, `Not saved: ${cause.message}`);
    } finally {
      this.#saving = false;
      attribute(this.#input, "aria-busy", null);
    }
  }

  /** @param {string} mine */
  #showConflict(mine) {
    const theirs = this.run.comment;
    const text = `Somebody else changed it meanwhile. Theirs: ${theirs || "(empty)"}. Yours: ${mine || "(empty)"}.`;
    /* What somebody is about to click on stays. */
    if (this.element.querySelector(".problem > span")?.textContent === text) return;
    showProblem(this.element, text);
    const note = this.element.querySelector(".problem");
    const settle = (/** @type {string} */ label, /** @type {() => void} */ click) =>
      note?.insertBefore(h("button", { type: "button", onclick: click }, label), note.lastElementChild);
    settle("Keep theirs", () => this.#end(true));
    settle("Use mine", () => {
      this.base = theirs;
      void this.#leave(true);
    });
  }

  /** @param {boolean} back */
  #end(back) {
    this.#over = true;
    drafts.delete(this.run.number);
    this.onEnd(back, this.run);
  }
}

/** How many lists of suggestions were made. */
let lists = 0;

/**
 * The tags of a run while they are edited: a tag is added by Enter, a comma or by leaving the field, and taken away by its
 * button or by Backspace in the empty field. Tags in use are suggested. Each change is saved at once.
 */
export class TagEditor {
  kind = /** @type {const} */ ("tags");
  #list = h("datalist", { id: `tags-${(lists += 1)}` });
  #input = h("input", { placeholder: "tag", autocomplete: "off", spellcheck: "false", enterkeyhint: "done" });
  #chips = h("span", { class: "chips" });
  /** @type {{added: string[], removed: string[]}[]} what is not saved yet, oldest first */
  #changes = [];
  #saving = Promise.resolve();
  #over = false;
  element = h("div", { class: "note-edit" }, this.#chips, this.#input, this.#list);

  /** @param {Options} options */
  constructor({ page, run, onEnd }) {
    this.page = page;
    this.run = run;
    this.onEnd = onEnd;
    this.tags = run.tags;
    attribute(this.#input, "list", this.#list.id);
    attribute(this.#input, "aria-label", `Add a tag to run ${run.number}`);
    this.#input.addEventListener("input", () => this.#input.value.includes(",") && this.#add());
    this.#input.addEventListener("keydown", (event) => this.#press(event));
    this.element.addEventListener("focusout", ({ relatedTarget }) => {
      if (!this.element.contains(/** @type {Node | null} */ (relatedTarget))) this.#leave(false);
    });
    this.show(run);
    void this.#suggest();
  }

  focus() {
    this.#input.focus();
  }

  /** @param {Run} run */
  show(run) {
    this.run = newer(run, this.run);
    this.tags = this.#changes.reduce(changed, this.run.tags);
    const focused = this.#chips.contains(document.activeElement);
    this.#chips.replaceChildren(
      ...this.tags.map((tag) => {
        const name = `Remove the tag ${tag} from run ${run.number}`;
        return h("button", { type: "button", class: "tag", title: name, "aria-label": name, onclick: () => this.#change(this.tags.filter((other) => other !== tag)) }, tag, symbol("close"));
      }),
    );
    if (focused) this.#input.focus();
  }

  async #suggest() {
    try {
      const { tags } = await call("GET", `${this.page.api}/experiments/${this.page.experiment?.name}/table/names`);
      this.#list.replaceChildren(...tags.filter((/** @type {string} */ tag) => !this.tags.includes(tag)).map((/** @type {string} */ tag) => h("option", { value: tag })));
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
    }
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.isComposing) return;
    if (event.key === "Escape") {
      event.stopPropagation();
      this.#end(true);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (this.#input.value.trim()) this.#add();
      else this.#end(true);
    } else if (event.key === "Backspace" && !this.#input.value && this.tags.length) {
      event.preventDefault();
      this.#change(this.tags.slice(0, -1));
    }
  }

  /** @param {boolean} back */
  #leave(back) {
    if (this.#over) return;
    if (!this.#input.value.trim() || this.#add()) this.#end(back);
  }

  /** Adds what was typed. @returns {boolean} whether it could be */
  #add() {
    const { tags, problem } = addTags(this.#input.value, this.tags);
    clearProblem(this.element);
    if (problem) showProblem(this.element, problem);
    else {
      this.#input.value = "";
      if (tags.length > this.tags.length) this.#change(tags);
    }
    return !problem;
  }

  /** @param {string[]} tags */
  #change(tags) {
    const before = this.tags;
    const change = { added: tags.filter((tag) => !before.includes(tag)), removed: before.filter((tag) => !tags.includes(tag)) };
    this.#changes.push(change);
    this.show(this.run);
    this.#saving = this.#saving.then(() => this.#save(change));
  }

  /** Onto the newest tags there are, so that what others add and remove stays so. @param {{added: string[], removed: string[]}} change */
  async #save(change) {
    const { number } = this.run;
    try {
      const newest = await call("GET", `${this.page.api}/experiments/${this.page.experiment?.name}/runs/${number}`);
      this.run = newer(await save(this.page, number, { tags: changed(newest.tags, change) }), this.run);
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
      showProblem(this.element, `Not saved: ${cause.message}`);
    }
    this.#changes.shift();
    this.show(this.run);
  }

  /** When all is saved; what was refused stays to be read. @param {boolean} back */
  #end(back) {
    if (this.#over) return;
    this.#over = true;
    void this.#saving.then(() => {
      if (this.element.querySelector(".problem")) this.#over = false;
      else this.onEnd(back, this.run);
    });
  }
}

/** @param {string[]} tags @param {{added: string[], removed: string[]}} change */
function changed(tags, { added, removed }) {
  return [...new Set([...tags, ...added])].filter((tag) => !removed.includes(tag));
}
