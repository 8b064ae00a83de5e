import assert from "node:assert/strict";
import { test } from "node:test";
import { moved, pinned, toggled } from "../../static/pure/column_choice.js";
import { columnsOf, hashWidth, readChoice, sameColumns, usualChoice } from "../../static/pure/columns.js";
import { asksFor, NO_FILTER, turned } from "../../static/pure/filter.js";
import { age, gridHashes, readAddress, writeAddress } from "../../static/pure/view.js";

const runs = [{ number: 2, params: { Sample: "LaB6", Events: 5 } }, { number: 1, params: { Events: 4, Energy: 9, More: 1 } }];
const choice = { run: ["started", "param:A"], job: ["lsf", "counter:B", "user"], pins: { run: 0, job: 1 } };

test("while nobody has chosen, the first run parameters show", () => {
  assert.deepEqual(usualChoice(runs).run, ["started", "length", "param:Sample", "param:Events", "param:Energy"]);
  const { run, chosen } = columnsOf(null, runs);
  assert.deepEqual(run.map(({ number }) => number), [false, true, false, true, true]);
  assert.equal(chosen, null);
});

test("run columns and job columns share tracks as wide as the wider of both", () => {
  const { widths } = columnsOf({ run: ["comment"], job: ["lsf"], pins: { run: 0, job: 0 } }, []);
  assert.deepEqual(widths, [200, 152, 104]);
});

test("a column shows last when it is ticked and is gone with its pin when it is not", () => {
  assert.deepEqual(toggled(choice, "job", "queue").job, ["lsf", "counter:B", "user", "queue"]);
  assert.deepEqual(toggled(choice, "job", "lsf"), { ...choice, job: ["counter:B", "user"], pins: { run: 0, job: 0 } });
});

test("a column moves among its own kind: pinned ones stay before the others", () => {
  assert.deepEqual(moved(choice, "job", "user", 1).job, ["lsf", "user", "counter:B"]);
  assert.deepEqual(moved(choice, "job", "user", 0).job, ["lsf", "user", "counter:B"]);
  assert.deepEqual(moved(choice, "job", "lsf", 2).job, choice.job);
  assert.equal(moved(choice, "job", "host", 0), choice);
});

test("a column that is pinned joins the pinned ones as the last and leaves them again", () => {
  const once = pinned(choice, "job", "user");
  assert.deepEqual([once.job, once.pins.job], [["lsf", "user", "counter:B"], 2]);
  const again = pinned(once, "job", "lsf");
  assert.deepEqual([again.job, again.pins.job], [["user", "lsf", "counter:B"], 1]);
});

test("what was kept is read as far as it is a choice", () => {
  for (const nothing of [null, 7, "run", {}, { run: "x" }, []]) assert.equal(readChoice(nothing), null);
  const kept = { run: ["started", "started", 5, "nothing", "constructor", "param:", "param:<b>"], pins: { run: 9, job: "x" } };
  assert.deepEqual(readChoice(kept), { run: ["started", "param:<b>"], job: [], pins: { run: 2, job: 0 } });
  const { chosen } = columnsOf(readChoice(kept), runs);
  assert.ok(sameColumns(columnsOf(chosen, runs), columnsOf(chosen, runs)));
});

test("an address comes back as it was written, names with signs in them too", () => {
  const chosen = { run: ["param:a,b&c"], job: ["counter:100 %"], pins: { run: 0, job: 0 } };
  const address = { filter: { ...NO_FILTER, hash: ["a b"], sort: "-counter:Hit rate", of: "calib" }, mode: "grid", counter: "Hit rate", chosen };
  const { problems, ...read } = readAddress(writeAddress(address));
  assert.deepEqual([read, problems], [address, {}]);
  assert.equal(writeAddress({ filter: NO_FILTER, mode: null, counter: "", chosen: null }), "");
});

test("a group of statuses is asked for besides others and no longer", () => {
  const failed = turned(NO_FILTER, "failed");
  assert.deepEqual([failed.failed, failed.status], [true, []]);
  const both = turned(failed, "running");
  assert.ok(!both.failed && asksFor(both, "failed") && asksFor(both, "running") && !asksFor(both, "pending"));
  const left = turned(both, "running");
  assert.ok(asksFor(left, "failed") && !asksFor(left, "running"));
  assert.deepEqual(turned(left, "failed").status, []);
  assert.deepEqual(turned(turned({ ...NO_FILTER, status: ["DONE"] }, "failed"), "failed").status, ["DONE"]);
});

test("across the grid stand hashes in use, archived ones with jobs in sight, or those looked for", () => {
  const hash = (id, more = {}) => ({ id, name: `h${id}`, executable: "/a", archived_at: null, ...more });
  const all = [hash(3), hash(1), hash(2, { archived_at: "2026" }), hash(4, { archived_at: "2026" }), hash(5, { executable: null })];
  const ids = (used, wanted) => gridHashes(all, new Set(used), wanted).map(({ id }) => id);
  assert.deepEqual(ids([2], []), [1, 2, 3]);
  assert.deepEqual(ids([2], ["h4", "h3"]), [3, 4]);
});

test("an age is short", () => {
  const at = (seconds) => age(new Date(1e12 - seconds * 1000).toISOString(), 1e12);
  assert.deepEqual([at(-5), at(59), at(180), at(7200), at(200000)], ["0 s", "59 s", "3 min", "2 h", "2 d"]);
});

test("the hash column is as wide as its names need, within limits", () => {
  assert.equal(hashWidth([], 1440), 144);
  assert.equal(hashWidth(["calib", "index"], 1440), 144);
  assert.equal(hashWidth(["calib_epix10ka_quad_0", "calib_epix10ka_quad_1"], 1440), 16 + 8 * 21);
  assert.equal(hashWidth(["x".repeat(80)], 1440), 320);
  assert.equal(hashWidth(["x".repeat(80)], 1024), 196);
  assert.equal(hashWidth(["x".repeat(80)], 1920), 400);
});

test("what all names end with takes no room, unless the window is wide", () => {
  const names = ["peakfind_jungfrau4M_pede_v2", "calib_epix10k_gain_v3"].map((name) => `${name}-beamtime_2026-11`);
  assert.equal(hashWidth(names, 1440), 16 + 8 * ("peakfind_jungfrau4M_pede_v2".length + 1));
  assert.equal(hashWidth(names, 1920), 16 + 8 * names[0].length);
});
