/** What the parts of the page Batch control give each other. */

/** [run number, chosen lines, of these running, pending, failed] */
type IndexEntry = [number, number, number, number, number];

/** Which runs are in a view, in its order; as of a position of the feed. */
interface TableIndex {
  epoch: string;
  seq: number;
  runs: IndexEntry[];
}

/** All jobs of some runs; as of a position of the feed. `runs`: those that the rows are complete of. */
interface TableRows {
  epoch: string;
  seq: number;
  items: Row[];
  runs: number[];
}

/** A line of the table: a current job, and the earlier ones of its hash that are folded under it. */
interface Line {
  job: Job;
  /** newest first */
  earlier: Job[];
}

type Filter = import("./pure/filter.js").Filter;
type Column = import("./pure/columns.js").Column;
type Columns = import("./pure/columns.js").Columns;

/** What is shown, and how. Replaced as a whole, never changed in place. */
interface View {
  filter: Filter;
  mode: "list" | "grid";
  /** of the list; made by columnsOf(chosen or kept choice, newest runs) */
  columns: Columns;
  /** the counter that the cells of the grid show; "": none */
  counter: string;
  /** across the grid; made by gridHashes() of pure/view.js */
  hashes: Definition[];
}

/** What the parts of the page get from pages/control.js. */
interface Desk {
  readonly page: Page;
  readonly store: import("./pure/store.js").Store;
  /** order of the runs in the view, totals */
  readonly model: import("./pure/table.js").TableModel;
  readonly view: View;
  /** Another filter, mode or choice of columns: the address says so, and the table is read and drawn accordingly. `typing`: more may follow at once. */
  setView(change: Partial<View>, typing?: boolean): void;
  /** Brings a run into view and marks it; when it is not in the view, false. */
  goTo(run: number): boolean;
  /** Draws these runs again (null: all that are in the DOM) in the next frame. */
  redraw(runs: number[] | null): void;
  /** What stands in a run's row beside its number (the box that selects it), null: nothing. */
  box(run: number): HTMLElement | null;
  /** Fills the cell of a run's comment and tags; `show` is called with every state of the run. */
  notes(cell: HTMLElement, run: Run): { show(run: Run): void } | null;
  /** Opens the choice of a hash for a run, at its button; `place` shows problems. */
  applyTo(run: Run, button: HTMLElement, place: HTMLElement): void;
}

/** One run in the table: parts/run_rows.js (list), parts/grid_rows.js (grid). Made as `new X(desk, number)`. */
interface RunGroup {
  /** has data-key="run/N"; stays the same element as long as the run is near the view */
  readonly element: HTMLTableSectionElement;
  /** Draws it, in place: cells that are the same stay untouched. `lines` in order, those not chosen left out. */
  show(run: Run, lines: Line[], view: View): void;
  /** The run is not read yet: its number and "reading". Not called any more once `show` was. */
  showReading(): void;
  /** What depends on the time or on locations; every second, and when a location changed. */
  showDoubt(): void;
}
