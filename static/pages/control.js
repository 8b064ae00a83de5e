// @ts-check
import { writeSearch } from "../edge/address.js";
import { call } from "../edge/api.js";
import { attribute, byId, h, setText, styled } from "../edge/dom.js";
import { keepChoice, keepMode, keptChoice, keptMode } from "../edge/kept_view.js";
import { keys } from "../edge/keys.js";
import { onRows, start } from "../edge/page.js";
import { onSettings } from "../edge/settings.js";
import { isFiltered, TableReading } from "../edge/table_reading.js";
import { everySecond, now } from "../edge/ticking.js";
import { act, acts } from "../parts/act.js";
import { FilterBar } from "../parts/filter_bar.js";
import { showCounts } from "../parts/frame.js";
import { Many } from "../parts/many.js";
import { Roving } from "../parts/roving.js";
import { RunNotes } from "../parts/run_notes.js";
import { RunRows } from "../parts/run_rows.js";
import { RunTable } from "../parts/run_table.js";
import { TableHead } from "../parts/table_head.js";
import { addTableKeys } from "../parts/table_keys.js";
import { columnsOf, hashWidth, sameColumns, usualChoice } from "../pure/columns.js";
import { chooseLines, NO_FILTER, toQuery } from "../pure/filter.js";
import { mayMove, placeIn } from "../pure/order.js";
import { TableModel } from "../pure/table.js";
import { gridHashes, readAddress, writeAddress } from "../pure/view.js";

/** @typedef {import("../pure/store.js").Store} Store */
/** @typedef {import("../pure/filter.js").FilterKey} FilterKey */

/** ms from which on what is being read may be older than the answer */
const READ_WITHIN = 5_000;
const RUN = /^#run\/(\d{1,10})$/;
const narrow = matchMedia("(max-width: 720px)");
if (narrow.matches) await styled("narrow");
const grid = (readAddress(location.search).mode ?? keptMode()) === "grid" ? await import("../parts/grid_head.js") : null;

/**
 * The page Run Tables > Batch control: what its parts share, and who is told what. Rows near the window are in the
 * document, rows around it in the store; of all others only their order and counts are known.
 * @implements {Desk}
 */
class Control {
  #newest = 0;
  #epoch = "";
  /** ms: when the order was read, at the earliest */
  #readAt = now() - READ_WITHIN;
  /** of which the order is that stands here @type {Filter | null} */
  #read = null;
  /** the address names a run that was not found yet */
  #sought = false;
  /** @type {Awaited<ReturnType<typeof import("../parts/panel.js").watchPanel>> | null} */
  #panel = null;

  /** @param {Page} page @param {Store} store */
  constructor(page, store) {
    this.page = page;
    this.store = store;
    this.#epoch = store.epoch;
    this.experiment = page.experiment?.name ?? "";
    this.base = `${page.api}/experiments/${this.experiment}`;
    const { filter, problems, mode, counter, chosen } = readAddress(location.search);
    /* The server may know better what cannot be asked for; our own words are those of the fields. */
    const wrong = { ...page.filter_problems, ...problems };
    for (const key of /** @type {FilterKey[]} */ (Object.keys(wrong))) Object.assign(filter, { [key]: NO_FILTER[key] });
    /** the columns of a link hold until others are chosen here */
    this.linked = chosen;
    this.model = new TableModel(filter.sort);
    /** @type {View} */
    this.view = { filter, mode: mode ?? keptMode(), counter, columns: this.#columns(), hashes: [] };
    this.view = { ...this.view, hashes: this.#hashes() };
    const table = /** @type {HTMLTableElement} */ (byId("runs"));
    this.many = new Many({ page, store, view: () => this.model.order, every: () => [...store.counts.runs()] });
    this.many.selection.listen(table);
    this.head = new TableHead(this, this.many.selection.head);
    this.head.grid = grid;
    this.bar = new FilterBar(this, { onColumns: () => void keys.hold(this.#openColumns()) });
    this.bar.tools.prepend(this.many.buttons, this.#addRun());
    byId("find").append(this.bar.element);
    byId("dock").append(this.many.dock);
    byId("none-found").append(this.bar.empty);
    this.table = new RunTable(this, {
      table,
      head: [this.head.colgroup, this.head.element],
      make: (run) => (this.view.mode === "grid" && this.head.grid ? new this.head.grid.GridRun(this, run) : new RunRows(this, run)),
      onNeed: (runs) => this.reading.rows(runs),
      onDrawn: () => this.#showAround(),
    });
    this.reading = new TableReading({
      page,
      store,
      onIndex: (index, read) => this.#takeIndex(index, read),
      onRows: (changed, runs) => this.#takeRows(changed, runs),
      onChecked: (run, entry) => this.#takeChecked(run, entry),
      onProblem: (text) => this.#showProblem(text),
    });
    byId("to-definitions").setAttribute("href", `/experiments/${page.experiment?.name}/definitions`);
    byId("above").addEventListener("click", () => this.#toTop());
    byId("again").addEventListener("click", () => this.reading.index(this.view.filter));
    /* What a click opens is here before the click. */
    const warm = () => void Promise.all([import("../parts/apply.js"), import("../parts/panel.js")]);
    for (const near of ["pointermove", "focusin"]) table.addEventListener(near, warm, { once: true, passive: true });
    for (const out of ["pointerout", "focusout"]) table.addEventListener(out, () => setTimeout(() => this.#letGo()));
    addTableKeys(this, table);
    this.roving = new Roving(table);
    everySecond(() => this.table.showDoubt());
    onSettings(() => this.#redrawAll());
    const moves = (/** @type {any} */ row) => !store.holds(row.run) && this.model.has(row.run) && mayMove(row, this.view.filter, this.#readAt);
    onRows(({ put, whole }) => {
      if (!whole && put.some(moves)) this.model.stale = true;
    });
    narrow.addEventListener("change", () => styled("narrow").then(() => this.#redrawAll()), { once: true });
    addEventListener("resize", () => this.#renewColumns(true));
    addEventListener("popstate", () => this.#followAddress());
    addEventListener("hashchange", () => this.#followPlace());
    this.#open(page.table, wrong);
  }

  /** @param {TableIndex} index of the first paint @param {Record<string, string>} wrong what the address says that is no condition */
  #open(index, wrong) {
    const { filter } = this.view;
    this.model.take(index.runs, filter.sort);
    this.#read = filter;
    if (!isFiltered(filter)) this.store.counts.start(index);
    else void this.#readCounts();
    this.head.show(this.view);
    this.bar.show(this.view);
    this.bar.showWrong(wrong);
    attribute(byId("runs"), "data-mode", this.view.mode);
    this.table.draw();
    if (!this.table.asEstimated) {
      this.table.relearn();
      this.table.draw();
    }
    performance.mark("first-rows");
    if (this.view.mode === "grid") history.replaceState(null, "", location.pathname + this.#search(this.linked) + location.hash);
    this.#followPlace();
  }

  /** @param {Set<string>} changed @param {boolean} reset @param {Set<number>} passed */
  update(changed, reset, passed) {
    const { filter } = this.view;
    /** @type {Set<number>} */
    const touched = new Set();
    for (const key of changed) {
      if (key.startsWith("run/")) touched.add(Number(key.slice(4)));
      else if (key.startsWith("job/")) touched.add(/** @type {Job | undefined} */ (this.store.get(key))?.run ?? 0);
    }
    for (const run of touched) this.#choose(run);
    this.#pass(passed);
    if (reset) {
      /* What is shown is held against newer rows by their seq, which begins anew in another epoch. */
      if (this.#epoch !== this.store.epoch) this.table.rebuild();
      this.#epoch = this.store.epoch;
      this.table.reset();
      this.reading.index(filter);
      if (isFiltered(filter)) void this.#readCounts();
    }
    const definitions = [...changed].some((key) => key.startsWith("definition/"));
    if (definitions) this.#show({ hashes: this.#hashes() });
    this.table.touch(definitions || reset ? null : touched);
    this.#renewColumns();
    this.table.draw();
    if ([...changed].some((key) => key.startsWith("location/"))) this.table.showDoubt();
    this.#panel?.update(changed, passed);
    this.many.update(changed, passed);
  }

  /** Runs whose rows are not here: are they in the view, and how many lines have they? @param {Set<number>} passed */
  #pass(passed) {
    const { filter } = this.view;
    if (!passed.size) return;
    if (isFiltered(filter)) return this.reading.check(passed, filter);
    for (const run of passed) {
      const count = this.store.counts.get(run);
      if (count) this.model.put(run, count.lines);
      else this.model.remove(run);
    }
  }

  /** Whether a run whose rows are here is in the view. @param {number} run */
  #choose(run) {
    if (!this.store.holds(run)) return;
    const { filter } = this.view;
    const row = /** @type {Run | undefined} */ (this.store.get(`run/${run}`));
    const jobs = this.store.jobsOf(run);
    const chosen = row ? chooseLines(row, jobs, filter) : null;
    if (!row || !chosen) {
      if (row && this.model.has(run) && this.table.attended(run)) return void this.table.kept.add(run);
      return this.model.remove(run);
    }
    this.model.put(run, chosen.size, placeIn(row, jobs.filter((job) => chosen.has(job.id)), filter));
  }

  /** What stayed only while somebody pointed at it. */
  #letGo() {
    for (const run of this.table.kept) {
      if (this.table.attended(run)) continue;
      this.table.kept.delete(run);
      this.#choose(run);
      this.redraw([run]);
    }
  }

  /** @param {TableIndex} index @param {Filter} filter */
  #takeIndex(index, filter) {
    if (!isFiltered(filter)) this.store.counts.start(index);
    this.model.take(index.runs, filter.sort);
    this.#read = filter;
    this.#readAt = now() - READ_WITHIN;
    for (const run of this.store.wanted()) this.#choose(run);
    this.table.touch(null);
    this.table.reset();
    this.table.draw();
    this.many.update(new Set(), new Set());
    if (this.#sought) this.#followPlace(false);
  }

  /** @param {Set<string>} changed @param {number[]} runs */
  #takeRows(changed, runs) {
    for (const run of runs) this.#choose(run);
    this.table.touch(runs);
    this.#renewColumns();
    if (changed.size) this.table.ask();
  }

  /** @param {number} run @param {IndexEntry | null} entry */
  #takeChecked(run, entry) {
    if (this.store.holds(run)) return;
    if (entry) this.model.put(run, entry[1]);
    else this.model.remove(run);
    this.table.ask();
  }

  /** The whole experiment's, when the view is not all of it. */
  async #readCounts() {
    await this.reading.counts();
    if (this.#sought) this.#followPlace(false);
    this.table.ask();
  }

  /** @param {Partial<View>} change @param {boolean} [typing] */
  setView(change, typing = false) {
    if (change.columns && change.columns.chosen !== this.view.columns.chosen) {
      this.linked = null;
      keepChoice(this.experiment, change.columns.chosen);
    }
    if (change.mode) keepMode(change.mode);
    const before = this.view;
    this.#show(change);
    writeSearch(this.#search(this.linked), typing);
    if (this.view.filter !== before.filter) this.#find();
  }

  /** Another view: drawn at once, read when the filter is another. @param {Partial<View>} change */
  #show(change) {
    const before = this.view;
    this.view = { ...before, ...change };
    if (change.filter) this.view.hashes = this.#hashes();
    const { mode, columns, counter, hashes } = this.view;
    if (mode === "grid" && !this.head.grid) return void this.#loadGrid();
    this.head.show(this.view);
    this.bar.show(this.view);
    attribute(byId("runs"), "data-mode", mode);
    if (mode !== before.mode || columns !== before.columns) this.table.rebuild();
    else if (counter !== before.counter || hashes !== before.hashes) this.table.touch(null);
    else return;
    this.table.ask();
  }

  async #loadGrid() {
    this.head.grid = await import("../parts/grid_head.js");
    const view = this.view;
    this.view = { ...view, mode: "list" };
    this.#show(view);
  }

  #find() {
    this.reading.index(this.view.filter);
    this.#toTop();
  }

  #toTop() {
    scrollTo({ top: 0, behavior: "instant" });
    this.table.draw();
  }

  /** Back and forward. */
  #followAddress() {
    const { filter, problems, mode, counter, chosen } = readAddress(location.search);
    const before = String(toQuery(this.view.filter));
    this.linked = chosen;
    const columns = this.#columns();
    const change = { mode: mode ?? /** @type {const} */ ("list"), counter, ...(!sameColumns(columns, this.view.columns) && { columns }) };
    const same = String(toQuery(filter)) === before;
    this.#show(same ? change : { ...change, filter });
    if (!same) this.#find();
    this.bar.showWrong(problems);
  }

  /** `#run/N` and `#job/ID`. @param {boolean} [focus] */
  #followPlace(focus = true) {
    if (location.hash.startsWith("#job/") && !this.#panel) void this.#openPanel();
    const [, number] = RUN.exec(location.hash) ?? [];
    const note = byId("run-note");
    note.hidden = true;
    this.#sought = number !== undefined;
    if (!number) return;
    const run = Number(number);
    if (this.goTo(run)) {
      this.#sought = false;
      if (focus) /** @type {HTMLElement | null} */ (this.table.group(run)?.element.querySelector(".at"))?.focus({ preventScroll: true });
      return;
    }
    const known = this.store.counts.get(run) !== undefined;
    const all = h("a", { href: `${location.pathname}#run/${run}` }, "Show it among all runs");
    note.replaceChildren(known ? `Run ${run} does not meet the conditions of this view. ` : `There is no run ${run}.`, ...(known ? [all] : []));
    note.hidden = !this.store.counts.complete;
  }

  async #openPanel() {
    const { watchPanel } = await import("../parts/panel.js");
    this.#panel ??= watchPanel(this.page, this.store);
  }

  /** @param {number} run */
  goTo(run) {
    return this.table.goTo(run, true);
  }

  /** @param {number[] | null} runs */
  redraw(runs) {
    this.table.touch(runs);
    this.table.ask();
  }

  /** @param {number} run */
  box(run) {
    return this.many.selection.box(run);
  }

  /** @param {HTMLElement} cell @param {Run} run */
  notes(cell, run) {
    const onTag = (/** @type {string} */ tag) => {
      const { filter } = this.view;
      if (!filter.tag.includes(tag)) this.setView({ filter: { ...filter, tag: [...filter.tag, tag] } });
    };
    const notes = new RunNotes({ page: this.page, run, onTag });
    cell.append(notes.element);
    return notes;
  }

  /** @param {Run} run @param {HTMLButtonElement} button @param {HTMLElement} place */
  applyTo(run, button, place) {
    return keys.hold(import("../parts/apply.js").then(({ openApply }) => openApply(this, run, button, place)));
  }

  #addRun() {
    const add = h("button", { type: "button" }, "Add run");
    const place = h("span", { class: "add-run" }, acts(add));
    const send = () => call("POST", `${this.base}/runs`, {});
    add.addEventListener("click", () => void act({ button: add, place, send, seen: ({ number }) => this.model.has(number) || isFiltered(this.view.filter) }));
    return place;
  }

  async #openColumns() {
    const { openColumns } = await import("../parts/columns_dialog.js");
    const { columns } = this.view;
    openColumns({
      base: this.base,
      choice: columns.chosen ?? usualChoice(this.#known()),
      onChange: (chosen) => this.setView({ columns: this.#columns(chosen) }),
      usual: () => usualChoice(this.#known()),
      link: (chosen) => location.origin + location.pathname + this.#search(chosen),
    });
  }

  /** The view as the query of an address: a list unless it says grid. @param {import("../pure/columns.js").Choice | null} chosen columns it is to name */
  #search(chosen) {
    const { filter, mode, counter } = this.view;
    return writeAddress({ filter, mode: mode === "grid" ? mode : null, counter, chosen });
  }

  /** Runs whose rows are here, newest first. @returns {Run[]} */
  #known() {
    return this.store.all("run").sort((a, b) => b.number - a.number);
  }

  /** As they are chosen. @param {import("../pure/columns.js").Choice | null} [chosen] */
  #columns(chosen = this.linked ?? keptChoice(this.experiment)) {
    const runs = this.#known();
    this.#newest = runs[0]?.number ?? 0;
    const names = this.store.all("definition").map(({ name }) => name);
    return columnsOf(chosen, runs, hashWidth(names, innerWidth));
  }

  /** A newer run may have other parameters. */
  #renewColumns(must = false) {
    const newest = this.model.sort === "" ? (this.model.order[0] ?? 0) : 0;
    if (!must && (newest <= this.#newest || !this.store.holds(newest))) return;
    const columns = this.#columns();
    if (!sameColumns(columns, this.view.columns)) this.#show({ columns });
  }

  /** @returns {Definition[]} the same array while it holds the same */
  #hashes() {
    const used = new Set(/** @type {Job[]} */ (this.store.all("job")).map(({ definition }) => definition.id));
    const hashes = gridHashes(this.store.all("definition"), used, this.view.filter.hash);
    const same = hashes.length === this.view.hashes.length && hashes.every((hash, i) => hash === this.view.hashes[i]);
    return same ? this.view.hashes : hashes;
  }

  #redrawAll() {
    this.table.rebuild();
    this.table.draw();
    this.table.relearn();
  }

  /** What stands around the table: counts, and words for what is missing. */
  #showAround() {
    const { counts } = this.store;
    const { model } = this;
    const usable = this.store.all("definition").some((definition) => definition.executable && !definition.archived_at);
    const of = Math.max(counts.size, model.order.length);
    byId("no-hash").hidden = usable;
    byId("no-runs").hidden = of > 0 || isFiltered(this.view.filter);
    byId("runs").hidden = model.order.length === 0;
    this.bar.showCounts({ runs: this.#read === this.view.filter ? model.order.length : null, of, ...counts.totals });
    showCounts(counts.totals);
    if (this.table.atTop) model.fresh.clear();
    const { size } = model.fresh;
    const above = byId("above");
    above.hidden = size === 0;
    setText(above, size === 1 ? "1 new run" : `${size} new runs`);
    byId("again").hidden = !model.stale;
    this.roving.show();
  }

  /** @param {string | null} text */
  #showProblem(text) {
    const note = byId("reading-note");
    note.hidden = text === null;
    setText(note, text ? `The table could not be read: ${text} It is asked for again.` : "");
  }
}

start((page, store) => {
  const control = new Control(page, store);
  return (changed, reset, passed) => control.update(changed, reset, passed);
});
