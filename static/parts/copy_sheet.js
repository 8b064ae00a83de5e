// @ts-check
import { call, Refused } from "../edge/api.js";
import { attribute, h, setText } from "../edge/dom.js";
import { suggested, usable } from "../pure/replace.js";
import { acts } from "./act.js";
import { diffed } from "./diff_words.js";
import { PairList } from "./pair_list.js";
import { clearProblem, showProblem } from "./problem.js";
import { openSheet } from "./sheet.js";

/** @typedef {{id: number, name: string, executable: string | null, parameters: string, made: number | null, problem: string | null}} Copied */

const ASK_AFTER = 200;
const PAGE = 500;

/** Opens the sheet that copies hashes of another experiment into this one. @param {Page} page */
export async function openCopy(page) {
  await new CopySheet(page).open();
}

class CopySheet {
  /** @type {Experiment[]} */
  #experiments = [];
  /** @type {Experiment | null} whose hashes are shown */
  #from = null;
  /** @type {Definition[]} of that one, which can be copied */
  #sources = [];
  /** @type {Set<number>} */
  #chosen = new Set();
  /** @type {Map<number, Copied>} what the server says would be made */
  #plan = new Map();
  /** @type {{element: HTMLElement, show: () => void}[]} */
  #lines = [];
  #timer = 0;
  #asked = 0;
  #field = h("input", { list: "copy-experiments", autocomplete: "off", spellcheck: "false", placeholder: "type its name", autofocus: true });
  #options = h("datalist", { id: "copy-experiments" });
  #state = h("p", { class: "quiet", role: "status" });
  #all = h("input", { type: "checkbox", "aria-label": "All hashes" });
  #rows = h("tbody");
  #pairs = new PairList(() => this.#changed());
  #place = h("div", {});
  #go = h("button", { class: "primary", disabled: true });

  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    this.here = page.experiment?.name ?? "";
    const head = h("tr", {}, h("th", { scope: "col" }, this.#all), ...["Hash", "Executable", "Parameters"].map((name) => h("th", { scope: "col" }, name)));
    this.choice = h("div", { hidden: true }, this.#pairs.element, h("table", { class: "copies" }, h("thead", {}, head), this.#rows));
    this.end = h("span", {}, acts(this.#go));
    this.form = h(
      "form",
      { class: "copy-form" },
      h("div", { class: "sheet-body" }, h("label", { class: "field" }, "From experiment ", this.#field), this.#options, this.#state, this.choice),
      this.#place,
      h("footer", {}, h("button", { type: "button", onclick: () => this.sheet?.close() }, "Cancel"), this.end),
    );
    this.#field.addEventListener("input", () => void this.#named());
    this.#all.addEventListener("change", () => {
      this.#chosen = new Set(this.#all.checked ? this.#sources.map(({ id }) => id) : []);
      this.#changed();
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!this.#go.disabled) void this.#copy();
    });
  }

  async open() {
    const { element, closed } = openSheet("Copy hashes from another experiment", this.form);
    this.sheet = element;
    element.classList.add("wide");
    this.#show();
    void closed.then(() => clearTimeout(this.#timer));
    try {
      this.#experiments = await this.#readAll("experiments");
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
      return showProblem(this.#place, cause.message);
    }
    const others = this.#experiments.filter(({ name }) => name !== this.here);
    this.#options.replaceChildren(...others.map(({ name, instrument }) => h("option", { value: name }, instrument)));
    if (!others.length) setText(this.#state, "There is no other experiment.");
    await this.#named();
  }

  /** @param {string} what @returns {Promise<any[]>} all pages of a list */
  async #readAll(what) {
    const items = [];
    let cursor = "";
    do {
      const page = await call("GET", `${this.page.api}/${what}?limit=${PAGE}${cursor && `&cursor=${cursor}`}`);
      items.push(...page.items);
      cursor = page.next ?? "";
    } while (cursor);
    return items;
  }

  /** Shows the hashes of the experiment that is named, as soon as there is one of that name. */
  async #named() {
    const from = this.#experiments.find(({ name }) => name === this.#field.value.trim() && name !== this.here) ?? null;
    if (from?.name === this.#from?.name) return;
    this.#from = from;
    this.#sources = [];
    this.#lines = [];
    this.#asked += 1;
    this.#chosen.clear();
    this.#plan.clear();
    clearProblem(this.#place);
    this.choice.hidden = true;
    setText(this.#state, "");
    this.#show();
    if (!from) return;
    try {
      const all = /** @type {Definition[]} */ (await this.#readAll(`experiments/${from.name}/definitions`));
      if (this.#from !== from) return;
      this.#sources = all.filter(({ archived_at }) => !archived_at).sort((a, b) => a.id - b.id);
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
      return showProblem(this.#place, cause.message);
    }
    if (!this.#sources.length) return setText(this.#state, `${from.name} has no hash.`);
    this.#chosen = new Set(this.#sources.map(({ id }) => id));
    const to = this.page.experiment ?? { name: this.here, instrument: "" };
    this.#pairs.start(this.#sources, suggested(from, to, this.#sources));
    this.#lines = this.#sources.map((source) => this.#row(source));
    this.#rows.replaceChildren(...this.#lines.map(({ element }) => element));
    this.choice.hidden = false;
    this.#changed();
  }

  /** @param {Definition} source */
  #row(source) {
    const box = h("input", { type: "checkbox", "aria-label": `Copy ${source.name}` });
    const [executable, parameters, problem] = [h("td", {}), h("td", {}), h("p", { class: "wrong" })];
    const element = h("tr", { "data-id": source.id }, h("td", {}, box), h("th", { scope: "row" }, source.name, problem), executable, parameters);
    box.addEventListener("change", () => {
      if (box.checked) this.#chosen.add(source.id);
      else this.#chosen.delete(source.id);
      this.#changed();
    });
    const show = () => {
      box.checked = this.#chosen.has(source.id);
      const said = box.checked && this.#plan.get(source.id)?.problem;
      executable.replaceChildren(diffed(source.executable ?? "", this.#pairs.applied(source.executable ?? "")));
      parameters.replaceChildren(diffed(source.parameters, this.#pairs.applied(source.parameters)));
      setText(problem, said ? `left out: ${said}` : "");
      element.toggleAttribute("data-out", !box.checked || Boolean(said));
    };
    return { element, show };
  }

  /** Every hash with what it becomes, and what the button will do. */
  #show() {
    for (const { show } of this.#lines) show();
    this.#all.checked = this.#chosen.size === this.#sources.length;
    this.#all.indeterminate = this.#chosen.size > 0 && !this.#all.checked;
    const good = [...this.#plan.values()].filter(({ problem }) => problem === null).length;
    const out = this.#plan.size - good;
    this.#go.disabled = good === 0;
    setText(this.#go, good === 1 ? "Copy 1 hash" : good ? `Copy ${good} hashes` : "Copy");
    const count = `${this.#chosen.size} of ${this.#sources.length} chosen`;
    if (this.#sources.length) setText(this.#state, out ? `${count}, ${out} left out.` : `${count}.`);
  }

  /** Another choice or another pair: shown now, and asked of the server in a moment. */
  #changed() {
    this.#plan.clear();
    this.#show();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(), ASK_AFTER);
  }

  async #ask() {
    const asked = (this.#asked += 1);
    if (!this.#chosen.size || !this.form.isConnected) return;
    try {
      const { items } = await this.#post(true);
      if (asked !== this.#asked) return;
      clearProblem(this.#place);
      this.#plan = new Map(items.map((one) => [one.id, one]));
      this.#show();
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
      if (asked === this.#asked) showProblem(this.#place, cause.message);
    }
  }

  /** @param {boolean} preview @returns {Promise<{items: Copied[]}>} */
  #post(preview) {
    const definitions = this.#sources.map(({ id }) => id).filter((id) => this.#chosen.has(id));
    const body = { from: this.#from?.name, definitions, replace: usable(this.#pairs.pairs), preview };
    return call("POST", `${this.page.api}/experiments/${this.here}/definitions/copy`, body);
  }

  async #copy() {
    attribute(this.#go, "aria-busy", "true");
    clearProblem(this.#place);
    try {
      this.#done((await this.#post(false)).items);
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
      showProblem(this.#place, cause.message);
    } finally {
      attribute(this.#go, "aria-busy", null);
    }
  }

  /** @param {Copied[]} items */
  #done(items) {
    clearTimeout(this.#timer);
    const made = items.filter((one) => one.made !== null);
    const out = items.filter((one) => one.made === null);
    const close = h("button", { type: "button", class: "primary", onclick: () => this.sheet?.close() }, "Close");
    const list = (/** @type {Copied[]} */ some) => h("ul", {}, ...some.map(({ name, problem }) => h("li", {}, h("b", {}, name), problem && `: ${problem}`)));
    const count = made.length === 1 ? "1 hash" : `${made.length} hashes`;
    this.form.replaceChildren(
      h("div", { class: "sheet-body", role: "status" },
        h("p", {}, `Copied ${count} from ${this.#from?.name} to ${this.here}.`), list(made),
        ...(out.length ? [h("p", {}, "Left out:"), list(out)] : [])),
      h("footer", {}, close),
    );
    close.focus();
  }
}
