import assert from "node:assert/strict";
import { test } from "node:test";
import { Counts } from "../../static/pure/counts.js";
import { lineOrder } from "../../static/pure/filter.js";
import { linesOf } from "../../static/pure/lines.js";
import { differences, quietOf } from "../../static/pure/quiet.js";
import { mayMove, placeIn } from "../../static/pure/order.js";
import { Store } from "../../static/pure/store.js";
import { askable, TableModel } from "../../static/pure/table.js";

const run = (number, seq = 1, current = {}) => ({ key: `run/${number}`, kind: "run", seq, number, current, params: {}, tags: [] });
const job = (id, on, seq = 1, more = {}) => ({ key: `job/${id}`, kind: "job", seq, id, run: on, number: 1, status: "RUN", definition: { id: 1, name: "a" }, ...more });
const open = (rows = []) => new Store({ epoch: "e", seq: 10, rows, table: {} });
const delta = (from, to, put = [], drop = []) => ({ type: "delta", epoch: "e", from, to, put, drop });
const dice = (state) => (n) => (state = (state * 1103515245 + 12345) % 2 ** 31) % n;

test("rows of runs that are not wanted are passed by, and their counts kept", () => {
  const store = open([run(9), job("a", 9)]);
  assert.ok(store.holds(9));
  const { changed, passed } = store.apply(delta(10, 12, [job("b", 3, 11), run(3, 12, { RUN: 1 }), job("a", 9, 12)]));
  assert.deepEqual([[...changed], [...passed]], [["job/a"], [3]]);
  assert.equal(store.get("job/b"), undefined);
  assert.deepEqual(store.counts.get(3), { seq: 12, lines: 1, running: 1, pending: 0, failed: 0 });
});

test("a run read before it was wanted is not taken: what came in between would be missing", () => {
  const store = open();
  store.want([3]);
  assert.equal(store.merge({ epoch: "e", seq: 9, items: [run(3), job("a", 3)], runs: [3] }).size, 0);
  assert.ok(!store.holds(3));
  assert.deepEqual([...store.merge({ epoch: "e", seq: 10, items: [run(3), job("a", 3)], runs: [3] })], ["run/3", "job/a"]);
  assert.ok(store.holds(3));
});

test("news of a wanted run outlives rows that were read before it", () => {
  const store = open();
  store.want([3]);
  store.apply(delta(10, 13, [job("a", 3, 12, { status: "DONE" })], [["job/gone", 13]]));
  store.merge({ epoch: "e", seq: 11, items: [run(3, 2), job("a", 3, 5), job("gone", 3, 6)], runs: [3] });
  assert.equal(store.get("job/a").status, "DONE");
  assert.deepEqual(store.jobsOf(3).map(({ id }) => id), ["a"]);
});

test("rows of runs that nobody wants any more are forgotten", () => {
  const store = open([run(9), job("a", 9), { key: "definition/1", kind: "definition", seq: 1 }]);
  store.unwant([9]);
  assert.deepEqual([...store.keys()], ["definition/1"]);
  assert.deepEqual([...store.apply(delta(10, 11, [job("a", 9, 11)])).passed], [9]);
});

test("after a reset only wanted runs that came with it are held, and the counts begin anew", () => {
  const store = open([run(9), job("a", 9), run(8)]);
  store.counts.start({ seq: 10, runs: [[9, 1, 1, 0, 0], [8, 0, 0, 0, 0]] });
  const rows = [run(9, 3, { DONE: 2 }), job("b", 9, 3), run(10, 3)];
  const { reset } = store.apply({ type: "snapshot", epoch: "f", seq: 3, rows, part: 1, last: true, reset: true });
  assert.ok(reset && store.holds(9) && !store.holds(8) && !store.holds(10));
  assert.deepEqual([...store.keys()].sort(), ["job/b", "run/9"]);
  assert.ok(!store.counts.complete && store.counts.totals.lines === 2);
});

test("what is held of wanted runs is what the server has, however rows and news cross", () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    const random = dice(seed * 7919);
    /* The server: rows by key at each seq, as a log of changes. */
    const log = [];
    const state = new Map();
    const change = () => {
      const on = 1 + random(6);
      const key = `job/${on}-${random(4)}`;
      const seq = 11 + log.length;
      const gone = state.has(key) && random(3) === 0;
      if (gone) state.delete(key);
      else state.set(key, job(key.slice(4), on, seq));
      log.push({ seq, key, gone, row: state.get(key) });
    };
    const at = (seq) => {
      const rows = new Map();
      for (const one of log) if (one.seq <= seq) one.gone ? rows.delete(one.key) : rows.set(one.key, one.row);
      return rows;
    };
    const store = open();
    const asked = [];
    for (let step = 0; step < 200; step += 1) {
      for (let i = random(3); i > 0; i -= 1) change();
      const act = random(6);
      const number = 1 + random(6);
      if (act === 0) {
        store.want([number]);
        /* Read now, or from a server that has not seen the newest yet; the answer comes later. */
        const seq = 10 + log.length - random(3);
        asked.push({ epoch: "e", seq, runs: [number], items: [run(number, 1), ...[...at(seq).values()].filter((row) => row.run === number)] });
      } else if (act === 1) store.unwant([number]);
      else if (act === 2 && asked.length) store.merge(asked.splice(random(asked.length), 1)[0]);
      else {
        const to = Math.min(10 + log.length, store.seq + random(4));
        const newest = new Map(log.filter(({ seq }) => seq > store.seq && seq <= to).map((one) => [one.key, one]));
        const put = [...newest.values()].filter(({ gone }) => !gone).map(({ row }) => row);
        const drop = [...newest.values()].filter(({ gone }) => gone).map(({ key, seq }) => [key, seq]);
        if (to > store.seq) assert.equal(store.apply(delta(store.seq, to, put, drop)).resume, false);
      }
    }
    const rest = new Map(log.filter(({ seq }) => seq > store.seq).map((one) => [one.key, one]));
    const put = [...rest.values()].filter(({ gone }) => !gone).map(({ row }) => row);
    store.apply(delta(store.seq, 10 + log.length, put, [...rest.values()].filter(({ gone }) => gone).map(({ key, seq }) => [key, seq])));
    let held = 0;
    for (let number = 1; number <= 6; number += 1) {
      const ours = store.jobsOf(number).map(({ key, seq }) => `${key}@${seq}`).sort();
      const theirs = [...state.values()].filter((row) => row.run === number).map(({ key, seq }) => `${key}@${seq}`).sort();
      if (store.holds(number)) assert.deepEqual(ours, theirs, `seed ${seed}, run ${number}`);
      else if (!store.wanted().includes(number)) assert.deepEqual(ours, []);
      held += store.holds(number);
    }
    if (seed === 1) assert.ok(held > 0);
  }
});

test("totals are those of the newest word about each run", () => {
  const counts = new Counts();
  counts.put(run(2, 20, { RUN: 2, EXIT: 1 }));
  counts.start({ seq: 10, runs: [[1, 3, 1, 1, 1], [2, 1, 0, 0, 0], [3, 1, 1, 0, 0]] });
  assert.deepEqual(counts.totals, { lines: 7, running: 4, pending: 1, failed: 2 });
  counts.put(run(1, 5, { PEND: 9 }));
  counts.put(run(3, 21, { DONE: 1 }));
  counts.drop(1, 22);
  assert.deepEqual(counts.totals, { lines: 4, running: 2, pending: 0, failed: 1 });
  counts.start({ seq: 30, runs: [[3, 1, 0, 0, 1]] });
  assert.deepEqual([counts.size, counts.totals.failed], [1, 1]);
});

const order = lineOrder("");
const shown = (lines) => lines.map(({ job: one, earlier }) => [one.id, earlier.map(({ id }) => id)]);
const of = (definition, number, status = "DONE") => job(`${definition}.${number}`, 1, 1, { number, status, definition: { id: definition, name: "" } });

test("the newest job of each hash and every live one is a line, the others are folded under the newest", () => {
  const jobs = [of(2, 1), of(1, 2), of(1, 3, "RUN"), of(1, 4), of(1, 5, "EXIT")];
  assert.deepEqual(shown(linesOf(jobs, { chosen: null, order })), [["1.5", ["1.4", "1.2"]], ["1.3", []], ["2.1", []]]);
});

test("earlier jobs stay reachable under the line of their hash that was chosen", () => {
  const jobs = [of(1, 1), of(1, 2, "RUN"), of(1, 3)];
  assert.deepEqual(shown(linesOf(jobs, { chosen: new Set(["1.2"]), order })), [["1.2", ["1.1"]]]);
});

test("places and heights agree with a plain count whatever comes, goes and is measured", () => {
  const random = dice(4711);
  const model = new TableModel("");
  model.rhythm = { run: 40, line: 10 };
  /** @type {Map<number, {lines: number, height: number}>} */
  const plain = new Map();
  for (let step = 0; step < 2000; step += 1) {
    const number = 1 + random(60);
    const lines = random(9);
    if (random(4) === 0) {
      model.remove(number);
      plain.delete(number);
    } else if (random(2) && plain.has(number)) {
      model.measure(number, 100 + lines, 1 + lines);
      plain.get(number).height = 100 + lines;
    } else {
      const height = plain.get(number)?.height;
      model.put(number, lines);
      plain.set(number, { lines, height: height ?? null });
    }
  }
  const height = (number) => plain.get(number).height ?? 40 + 10 * plain.get(number).lines;
  const expected = [...plain.keys()].sort((a, b) => b - a);
  assert.deepEqual(model.order, expected);
  let top = 0;
  expected.forEach((number, i) => {
    assert.equal(model.indexOf(number), i);
    assert.equal(model.top(i), top);
    assert.deepEqual(model.range(top, top + 1), [i, i + 1]);
    top += height(number);
  });
  assert.equal(model.total, top);
  assert.deepEqual(model.range(-500, 1e9), [0, expected.length]);
});

test("a new run comes in at its place, and counts as not seen when it is the newest", () => {
  const model = new TableModel("");
  model.take([[9, 1, 0, 0, 0], [5, 1, 0, 0, 0]], "");
  for (const number of [10, 7, 12]) model.put(number, 0);
  assert.deepEqual([model.order, [...model.fresh], model.stale], [[12, 10, 9, 7, 5], [10, 12], false]);
  model.remove(10);
  assert.deepEqual([...model.fresh], [12]);
  model.take([[5, 1, 0, 0, 0], [9, 1, 0, 0, 0]], "run");
  model.put(7, 0);
  assert.deepEqual(model.order, [5, 7, 9]);
});

test("otherwise sorted the order stays that of the last reading, and says when it is out of date", () => {
  const model = new TableModel("-length");
  model.take([[5, 1, 0, 0, 0], [9, 1, 0, 0, 0], [7, 1, 0, 0, 0], [8, 1, 0, 0, 0]], "-length");
  for (const [run, length] of [[5, 60], [9, 50], [7, 40]]) model.put(run, 1, length);
  for (const [run, length] of [[9, 55], [9, 40], [5, 1_000], [9, 60 - 1]]) model.put(run, 1, length);
  assert.ok(!model.stale, "no run has passed another");
  model.put(7, 1, 40);
  assert.ok(!model.stale);
  model.put(7, 1, 39);
  assert.ok(model.stale, "it is not known how long the next one was");
  model.take([[5, 1, 0, 0, 0], [9, 1, 0, 0, 0]], "-length");
  for (const [run, length] of [[5, 60], [9, 60]]) model.put(run, 1, length);
  model.put(5, 1, 61);
  assert.ok(!model.stale);
  model.put(5, 1, 60);
  assert.ok(model.stale, "of equal ones the newest stands first");
  model.take([[5, 1, 0, 0, 0]], "-length");
  model.put(10, 1);
  assert.deepEqual([model.order, model.stale, model.fresh.size], [[5, 10], true, 0]);
});

const counted = (number, name, value, at = null) => ({ kind: "job", number, definition: { id: number, name }, counters: [{ name: "Events", value, at }] });

test("a run is sorted by the best of its chosen lines, of one hash when one is named", () => {
  const run = { started_at: "2026-01-01T12:00:00Z", ended_at: null, params: { T: "12.5 K" } };
  const jobs = [counted(1, "calib", "7/20"), counted(2, "peaks", 9)];
  const place = (sort, of = "") => placeIn(run, jobs, { sort, of });
  assert.deepEqual([place("-counter:Events"), place("counter:Events"), place("-counter:Events", "calib")], [9, 7, 7]);
  assert.deepEqual([place("counter:Events", "none"), place("counter:Rate"), place("-length")], [null, null, null]);
  assert.deepEqual([place("param:T"), place("started"), place(""), place("run")], [12.5, Date.parse(run.started_at), undefined, undefined]);
});

test("of rows that are not here only a counter that is sorted by, and is newer than the order, may change it", () => {
  const at = "2026-01-01T12:00:00Z";
  const may = (row, filter) => mayMove(row, { sort: "-counter:Events", of: "", ...filter }, Date.parse(at));
  assert.ok(may(counted(1, "calib", 7, at)) && may(counted(1, "calib", 7, at), { of: "calib" }));
  for (const [row, filter] of [
    [counted(1, "calib", 7, "2026-01-01T11:59:59Z")],
    [counted(1, "calib", 7, at), { of: "peaks" }],
    [counted(1, "calib", 7, at), { sort: "counter:Rate" }],
    [counted(1, "calib", 7, at), { sort: "" }],
    [{ kind: "run", number: 1 }],
  ]) assert.ok(!may(row, filter));
});

test("the server is not asked about runs that the filter's own range leaves out", () => {
  assert.deepEqual(askable([1, 5, 30], "1-20,25"), [1, 5]);
  assert.deepEqual(askable(new Set([1, 30]), ""), [1, 30]);
});

const now = Date.parse("2026-01-01T12:00:00Z");
const counting = (at, status = "RUN") => ({ status, counters: [{ at: "2026-01-01T10:00:00Z" }, { at }] });

test("a running job is quiet when its newest number is older than is usual for its hash", () => {
  assert.equal(quietOf(counting("2026-01-01T11:58:30Z"), { quiet_after: 80 }, now).text, "quiet 1 min");
  assert.match(quietOf(counting("2026-01-01T11:48:00Z"), { quiet_after: 80 }, now).title, /12:00.*within 40 s/);
  assert.equal(quietOf(counting("2026-01-01T11:59:00Z"), { quiet_after: 80 }, now), null);
  for (const [one, hash] of [[counting(null), null], [counting("2026-01-01T09:00:00Z", "DONE"), { quiet_after: 80 }], [{ status: "RUN", counters: [] }, { quiet_after: 80 }]]) {
    assert.equal(quietOf(one, hash ?? undefined, now), null);
  }
});

test("a line says what it was run with when its hash says something else now", () => {
  const hash = { executable: "/a", parameters: "-q 4" };
  assert.deepEqual(differences(hash, hash), { parameters: null, edited: false });
  assert.deepEqual(differences({ ...hash, parameters: "" }, hash), { parameters: "no parameters", edited: true });
  assert.deepEqual(differences({ ...hash, executable: "/b" }, hash), { parameters: null, edited: true });
  assert.deepEqual(differences(hash, undefined), { parameters: null, edited: false });
});
