// @ts-check
import { arrange, attribute, h } from "../edge/dom.js";
import { chooseLines, currentOf, lineOrder } from "../pure/filter.js";
import { linesOf } from "../pure/lines.js";
import { heldRow, placeOf } from "./anchor.js";

/** A gap that stands for the runs at the places [from, index). @typedef {{gap: HTMLElement, from: number, index: number}} Lead */

/** ms of building rows in one frame, beside those that are in sight */
const PER_FRAME = 8;
const KEPT_RUNS = 400;
const KEPT_JOBS = 2_500;
/** What must not go away however far it is scrolled: what somebody is at, and what nobody has read yet. */
const PINNED = ":focus, [aria-haspopup][aria-expanded=true], [aria-busy=true], .problem";

/**
 * The table body: of all runs in the view only those near the window are in the document, a screen above and below.
 * Between them stand gaps, as high as what they stand for.
 *
 * Nothing that is looked at moves when rows above it come, go, or turn out higher than estimated: the gap above gives way
 * instead, so that scrolling is not disturbed, and is put right when it has come to rest.
 */
export class RunTable {
  /** @type {Map<number, {group: RunGroup, drawn: boolean, gap: HTMLTableSectionElement | null, filter?: Filter, hashes?: Set<number>}>} */
  #groups = new Map();
  /** runs of which more shows than is chosen, as somebody points at them @type {Set<number>} */
  kept = new Set();
  #end = gap();
  /** runs to be drawn again @type {Set<number>} */
  #dirty = new Set();
  /** px by which the gap above is not what the model says */
  #drift = 0;
  #frame = 0;
  /** @type {{run: number, until: number, at: number} | null} what is kept in its place after a jump, and where the page is */
  #held = null;
  /** @type {number | null} */
  #marked = null;
  #seen = "";
  /** @type {Lead | null} */
  #lead = null;
  #upper = /** @type {[run: number, top: number]} */ ([-1, 0]);
  /** what stands where after all groups were made anew @type {[run: number, top: number] | null} */
  #kept = null;
  #width = innerWidth;
  #height = innerHeight;

  /**
   * @param {Desk} desk
   * @param {{table: HTMLTableElement, head: Element[], make: (run: number) => RunGroup, onNeed: (runs: number[]) => void,
   *   onDrawn: () => void}} options `head`: what stands before the rows; `onNeed`: rows of these runs are missing, the
   *   first ones most
   */
  constructor(desk, { table, head, make, onNeed, onDrawn }) {
    this.desk = desk;
    this.table = table;
    this.head = head;
    this.make = make;
    this.onNeed = onNeed;
    this.onDrawn = onDrawn;
    table.append(...head, this.#end);
    addEventListener("scroll", () => this.#scrolled(), { passive: true });
    addEventListener("scrollend", () => this.#settle());
    for (const name of ["wheel", "pointerdown", "keydown"]) addEventListener(name, () => (this.#held = null), { passive: true });
    new ResizeObserver(() => this.#resized()).observe(document.documentElement);
  }

  /** @param {Iterable<number> | null} runs to be drawn again; null: all */
  touch(runs) {
    for (const run of runs ?? this.#groups.keys()) this.#dirty.add(run);
  }

  /** What was asked for may never come: what is missing is asked for again. */
  reset() {
    this.#seen = "";
  }

  /** A scroll bar tells of no pointer: who has gone that far is not to be brought back. */
  #scrolled() {
    if (this.#held && Math.abs(scrollY - this.#held.at) > innerHeight) this.#held = null;
    this.ask();
  }

  /** Draws in the next frame. */
  ask() {
    this.#frame ||= requestAnimationFrame(() => this.draw());
  }

  /** All groups are made anew: list or grid, other columns, other rows. What was at the upper edge stays there. */
  rebuild() {
    const place = scrollY > 1 ? this.#upper : null;
    setHeight(this.#end, this.desk.model.total);
    /* Who types a comment has not left it: what is typed is there again in the new row. */
    const still = (/** @type {Event} */ event) => event.stopPropagation();
    addEventListener("blur", still, true);
    for (const { group, gap } of this.#groups.values()) {
      group.element.remove();
      gap?.remove();
    }
    removeEventListener("blur", still, true);
    this.#groups.clear();
    this.#forget();
    if (place) this.#stay(place);
  }

  /** Whether the first run of the view is in sight. */
  get atTop() {
    const first = this.#groups.get(this.desk.model.order[0])?.group.element;
    const head = this.table.tHead?.rows[0]?.cells[0]?.getBoundingClientRect();
    return scrollY < 1 || (first?.getBoundingClientRect().top ?? -1) >= (head?.bottom ?? 0) - 8;
  }

  draw() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const { model } = this.desk;
    const kept = this.#kept;
    const anchor = kept ? null : this.#anchor();
    const before = kept ? kept[1] : (anchor?.getBoundingClientRect().top ?? 0);
    this.#kept = null;
    const above = scrollY - this.#rowsTop() - this.#drift;
    const [first, last] = model.range(above, above + innerHeight);
    const [from, to] = model.range(above - innerHeight, above + 2 * innerHeight);
    const runs = this.#build([...Array(Math.max(0, to - from)).keys()].map((i) => from + i), first, last);
    const lead = this.#arrange(runs, first);
    this.#measure();
    const still = kept ? this.group(kept[0])?.element : anchor;
    if (still?.isConnected) this.#hold(still.getBoundingClientRect().top - before, lead);
    if (!lead) this.#drift = 0;
    else if (model.top(lead.index) + this.#drift < 0) this.#settle();
    this.#upper = this.#first();
    this.#number();
    this.#need(first, last, from, to);
    if (this.#held) this.#held.at = scrollY;
    this.onDrawn();
  }

  /**
   * Brings a run into sight and keeps it there until somebody scrolls. @param {number} run @param {boolean} [mark]
   * @returns {boolean} whether it is in the view
   */
  goTo(run, mark = false) {
    const { model } = this.desk;
    const index = model.indexOf(run);
    if (index < 0) return false;
    if (mark) this.#mark(run);
    this.#held = null;
    const top = this.#rowsTop() + this.#drift + model.top(index) - innerHeight / 4;
    if (!this.#inSight(run)) scrollTo({ top, behavior: "instant" });
    this.#held = { run, until: performance.now() + 3_000, at: scrollY };
    this.draw();
    return true;
  }

  /** @param {number} run @returns {RunGroup | undefined} */
  group(run) {
    return this.#groups.get(run)?.group;
  }

  /** Whether somebody points at it or is in it: what shows of it stays. @param {number} run */
  attended(run) {
    return this.group(run)?.element.matches(":hover, :focus-within") ?? false;
  }

  showDoubt() {
    for (const { group, drawn } of this.#groups.values()) if (drawn) group.showDoubt();
  }

  /** @param {number} run */
  #inSight(run) {
    const rect = this.#groups.get(run)?.group.element.getBoundingClientRect();
    return rect !== undefined && rect.height > 0 && rect.top > 120 && rect.bottom < innerHeight;
  }

  /** @param {number} run */
  #mark(run) {
    const before = this.#marked;
    this.#marked = run;
    for (const one of [before, run]) if (one !== null) attribute(this.#groups.get(one)?.group.element ?? this.#end, "data-marked", one === run);
  }

  /** Where the rows begin, px from the top of the page. */
  #rowsTop() {
    const head = this.table.tHead?.getBoundingClientRect();
    return scrollY + (head?.height ? head.bottom : this.table.getBoundingClientRect().top);
  }

  /** @returns {Element | null} */
  #anchor() {
    if (this.#held && performance.now() < this.#held.until) return this.#groups.get(this.#held.run)?.group.element ?? null;
    return heldRow(this.table);
  }

  /**
   * Makes and draws what is to be shown: first what is in sight, then as much of the rest as one frame allows.
   * @param {number[]} places @param {number} first @param {number} last @returns {number[]} places of the runs to show
   */
  #build(places, first, last) {
    const { model } = this.desk;
    const wanted = new Set(places);
    for (const element of this.table.querySelectorAll(PINNED)) {
      const run = runOf(element);
      const place = run === null ? -1 : model.indexOf(run);
      if (place >= 0) wanted.add(place);
    }
    const end = performance.now() + PER_FRAME;
    /** @type {number[]} */
    const shown = [];
    let left = false;
    const inSight = (/** @type {number} */ place) => place >= first && place < last;
    for (const place of [...wanted].sort((a, b) => Number(inSight(b)) - Number(inSight(a)) || a - b)) {
      const run = model.order[place];
      const held = this.#groups.get(run);
      const due = !held || this.#dirty.has(run);
      if (due && !inSight(place) && performance.now() > end) {
        left = true;
        if (!held) continue;
      } else if (due) this.#show(run);
      shown.push(place);
    }
    if (left) this.ask();
    const keep = new Set(shown.map((place) => model.order[place]));
    for (const [run, { group, gap }] of this.#groups) {
      if (keep.has(run)) continue;
      group.element.remove();
      gap?.remove();
      this.#groups.delete(run);
      this.#dirty.delete(run);
    }
    return shown.sort((a, b) => a - b);
  }

  /** @param {number} run */
  #show(run) {
    const { store, model, view } = this.desk;
    this.#dirty.delete(run);
    const held = this.#groups.get(run) ?? { group: this.make(run), drawn: false, gap: null };
    if (!this.#groups.has(run)) attribute(held.group.element, "data-marked", run === this.#marked);
    this.#groups.set(run, held);
    const row = store.holds(run) ? /** @type {Run | undefined} */ (store.get(`run/${run}`)) : undefined;
    if (row) {
      const jobs = store.jobsOf(run);
      const current = currentOf(jobs);
      const stay = held.filter === view.filter && this.attended(run) ? current.filter(({ definition }) => held.hashes?.has(definition.id)) : [];
      const chosen = chooseLines(row, jobs, view.filter) ?? new Set((stay.length ? stay : current).map((job) => job.id));
      for (const { id } of stay) if (!chosen.has(id) && chosen.add(id)) this.kept.add(run);
      const lines = linesOf(jobs, { chosen, order: lineOrder(view.filter.sort) });
      held.group.element.style.removeProperty("height");
      held.group.show(row, lines, view);
      held.drawn = true;
      held.filter = view.filter;
      held.hashes = new Set(lines.map(({ job }) => job.definition.id));
    } else if (!held.drawn) {
      held.group.showReading();
      held.group.element.rows[0].style.height = `${model.height(run)}px`;
    }
  }

  /**
   * Puts the runs and the gaps between them into the table, moving none that stays.
   * @param {number[]} places ascending @param {number} first place of the first run in sight
   * @returns {Lead | null} the gap that ends above what is in sight
   */
  #arrange(places, first) {
    const { model } = this.desk;
    /** @type {Element[]} */
    const elements = [...this.head];
    const leading = places.findLast((place, i) => place <= first && (i === 0 || places[i - 1] !== place - 1)) ?? places[0];
    let lead = null;
    let next = 0;
    for (const place of places) {
      const held = /** @type {{group: RunGroup, gap: HTMLTableSectionElement | null}} */ (this.#groups.get(model.order[place]));
      if (place > next) {
        held.gap ??= gap();
        const drift = place === leading ? this.#drift : 0;
        setHeight(held.gap, model.top(place) - model.top(next) + drift);
        elements.push(held.gap);
        if (place === leading) lead = { gap: held.gap, index: place, from: next };
      } else if (held.gap) {
        held.gap.remove();
        held.gap = null;
      }
      elements.push(held.group.element);
      next = place + 1;
    }
    setHeight(this.#end, model.total - model.top(next));
    const active = /** @type {HTMLElement | null} */ (document.activeElement);
    arrange(this.table, [...elements, this.#end]);
    if (active && active !== document.activeElement && active.isConnected && this.table.contains(active)) active.focus({ preventScroll: true });
    return (this.#lead = lead);
  }

  #measure() {
    const { model } = this.desk;
    for (const [run, { group, drawn }] of this.#groups) {
      if (drawn) model.measure(run, placeOf(group.element), group.element.rows.length);
    }
  }

  /** What is held has moved by so much: the gap above takes it, or the page scrolls. @param {number} moved px @param {Lead | null} lead */
  #hold(moved, lead) {
    if (Math.abs(moved) < 0.5) return;
    const { model } = this.desk;
    const height = lead ? lead.gap.getBoundingClientRect().height - moved : -1;
    if (!lead || height < 0) return void scrollBy({ top: moved, behavior: "instant" });
    setHeight(lead.gap, height);
    this.#drift = height - (model.top(lead.index) - model.top(lead.from));
  }

  /** The gap above becomes what the model says, and the page scrolls by as much, unless the gap itself is in sight. */
  #settle() {
    const [drift, lead] = [this.#drift, this.#lead];
    if (Math.abs(drift) < 0.5) return;
    this.#drift = 0;
    if (!lead?.gap.isConnected) return;
    const seen = lead.gap.getBoundingClientRect().bottom > innerHeight;
    setHeight(lead.gap, this.desk.model.top(lead.index) - this.desk.model.top(lead.from));
    if (!seen) scrollBy({ top: -drift, behavior: "instant" });
  }

  /** Tells assistive technology which row each is of all, as most are not in the document. */
  #number() {
    const { model } = this.desk;
    const above = this.table.tHead?.rows.length ?? 0;
    attribute(this.table, "aria-rowcount", above + model.rows);
    for (const [run, { group }] of this.#groups) {
      let row = above + model.rowsBefore(model.indexOf(run));
      for (const element of group.element.rows) attribute(element, "aria-rowindex", (row += 1));
    }
  }

  /** Asks for rows that are missing, what is in sight first, and forgets those that are far. @param {number} first @param {number} last @param {number} from @param {number} to */
  #need(first, last, from, to) {
    const { model, store } = this.desk;
    const near = [...model.order.slice(first, last), ...model.order.slice(last, to + (to - last)), ...model.order.slice(Math.max(0, 2 * from - first), first).reverse()];
    const missing = near.filter((run) => !store.holds(run));
    const needed = missing.join();
    if (needed !== this.#seen) this.onNeed(missing);
    this.#seen = needed;
    this.#forgetFar(new Set(near), (first + last) / 2);
  }

  /** @param {Set<number>} near @param {number} middle */
  #forgetFar(near, middle) {
    const { model, store } = this.desk;
    const wanted = store.wanted();
    let jobs = wanted.reduce((sum, run) => sum + store.jobsOf(run).length, 0);
    let count = wanted.length;
    if (count <= KEPT_RUNS && jobs <= KEPT_JOBS) return;
    const distance = (/** @type {number} */ run) => {
      const place = model.indexOf(run);
      return place < 0 ? Infinity : Math.abs(place - middle);
    };
    const far = wanted.filter((run) => !near.has(run) && !this.#groups.has(run)).sort((a, b) => distance(b) - distance(a));
    const gone = far.filter((run) => {
      if (count <= KEPT_RUNS * 0.75 && jobs <= KEPT_JOBS * 0.75) return false;
      count -= 1;
      jobs -= store.jobsOf(run).length;
      return true;
    });
    store.unwant(gone);
  }

  #resized() {
    if (this.#width !== innerWidth) this.relearn();
    else if (this.#height === innerHeight) return;
    [this.#width, this.#height] = [innerWidth, innerHeight];
    this.ask();
  }

  /** Rows are as high as the style makes them: learnt from those that are drawn. */
  #forget() {
    this.#drift = 0;
    this.desk.model.forget(this.#rhythm() ?? { run: 36, line: 28 });
    this.touch(null);
  }

  /** All rows have other heights now; what was at the upper edge stays there. */
  relearn() {
    const place = scrollY > 1 ? this.#upper : null;
    this.#forget();
    if (place) this.#stay(place);
    this.ask();
  }

  /** The next drawing has a run where it was. @param {[run: number, top: number]} place */
  #stay([run, top]) {
    const { model } = this.desk;
    const index = model.indexOf(run);
    if (index < 0) return;
    this.#kept = [run, top];
    setHeight(this.#end, model.total);
    scrollTo({ top: this.#rowsTop() + model.top(index) - top, behavior: "instant" });
  }

  /** @returns {[run: number, top: number]} the first run that can be seen, and where */
  #first() {
    for (const [run, { group }] of this.#groups) {
      const { top, bottom } = group.element.getBoundingClientRect();
      if (top < 200 && bottom > 200) return [run, top];
    }
    return [-1, 0];
  }

  /** Whether rows are as high as those are taken to be that are not drawn. */
  get asEstimated() {
    const [learnt, estimated] = [this.#rhythm(), this.desk.model.rhythm];
    return !learnt || (learnt.run === estimated.run && learnt.line === estimated.line);
  }

  #rhythm() {
    const grid = this.desk.view.mode === "grid";
    const drawn = [...this.#groups.values()].find(({ group, drawn: shown }) => shown && (grid || group.element.rows.length > 1));
    if (!drawn) return grid ? { run: 37, line: 0 } : null;
    const [run, line] = drawn.group.element.rows;
    return { run: run.offsetHeight, line: grid ? 0 : line.offsetHeight };
  }
}

/** @param {Element} element @returns {number | null} */
function runOf(element) {
  const key = element.closest("tbody[data-key^='run/']")?.getAttribute("data-key");
  return key ? Number(key.slice(4)) : null;
}

function gap() {
  return h("tbody", { class: "gap", "aria-hidden": "true" }, h("tr", {}, h("td")));
}

/** @param {HTMLElement} element @param {number} height px */
function setHeight(element, height) {
  const cell = /** @type {HTMLElement} */ (element.firstElementChild);
  const text = `${Math.max(0, Math.round(height * 100) / 100)}px`;
  if (cell.style.height !== text) cell.style.height = text;
}
