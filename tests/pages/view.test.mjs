import assert from "node:assert/strict";
import { test } from "node:test";
import { delay, delayAsked } from "../../static/pure/backoff.js";
import { doubts } from "../../static/pure/doubts.js";
import { decide, looksLikeShell, objection, split, splitCommand } from "../../static/pure/edit.js";
import { floorOf, paramColumns, RunWindow } from "../../static/pure/runs.js";
import { isLive, look, remark, tally } from "../../static/pure/status.js";
import { Store } from "../../static/pure/store.js";
import { ago, length, moment } from "../../static/pure/time.js";

const run = (number, params = {}) => ({ key: `run/${number}`, kind: "run", seq: number, number, params });
const job = (id, on, status = "RUN") => ({ key: `job/${id}`, kind: "job", seq: 1, id, run: on, status });

test("runs stand newest first, their jobs in the order they were asked for", () => {
  const store = new Store({ epoch: "e", seq: 9, rows: [run(1), run(3), run(2), job("b", 3), job("a", 3)] });
  const view = new RunWindow(store, null);
  assert.deepEqual(view.runs().map((one) => one.number), [3, 2, 1]);
  assert.deepEqual(view.jobs(3).map((one) => one.id), ["a", "b"]);
});

test("a run below those loaded is not shown before its neighbours are", () => {
  const store = new Store({ epoch: "e", seq: 9, rows: [run(8), run(9)] });
  const view = new RunWindow(store, floorOf(store.all("run"), 2));
  const { changed } = store.apply({ type: "delta", epoch: "e", from: 9, to: 12, put: [{ ...run(3), seq: 12 }], drop: [] });
  view.note(changed);
  assert.deepEqual(view.runs().map((one) => one.number), [9, 8]);
  view.floor = null;
  assert.deepEqual(view.runs().map((one) => one.number), [9, 8, 3]);
});

test("a deleted job leaves the run it stood under", () => {
  const store = new Store({ epoch: "e", seq: 9, rows: [run(1), job("a", 1)] });
  const view = new RunWindow(store, null);
  const { changed } = store.apply({ type: "delta", epoch: "e", from: 9, to: 10, put: [], drop: [["job/a", 10]] });
  assert.deepEqual([...view.note(changed)], [1]);
  assert.deepEqual(view.jobs(1), []);
});

test("parameter columns are the first ones of the newest runs", () => {
  assert.deepEqual(paramColumns([run(3, { a: 1 }), run(2, { b: 1, a: 2 }), run(1, { c: 1, d: 1 })], 3), ["a", "b", "c"]);
});

test("every status of the contract has a shape of its own kind, unknown ones ask for attention", () => {
  const quiet = ["Request Sent", "PEND", "PSUSP", "WAIT", "PROV"].map((status) => look(status).tone);
  assert.deepEqual([...new Set(quiet)], ["quiet"]);
  for (const status of ["EXIT", "Submit failed", "LOST"]) assert.equal(look(status).tone, "failed");
  assert.equal(look("toString").tone, "attention");
  assert.deepEqual(["DONE", "EXIT", "LOST", "Submit failed"].map(isLive), [false, false, false, false]);
  assert.ok(isLive("ZOMBI"));
});

test("counts take every job once", () => {
  const words = ["RUN", "SSUSP", "UNKWN", "PEND", "Persisted", "DONE", "EXIT", "LOST", "Submit failed"];
  assert.deepEqual(tally(words.map((status, i) => job(String(i), 1, status))), { running: 3, pending: 2, failed: 3 });
});

test("a failure says why, a running job is left to its report unless its kill was refused", () => {
  assert.equal(remark({ status: "EXIT", detail: "killed: TERM_MEMLIMIT", reason: null }), "killed: TERM_MEMLIMIT");
  assert.equal(remark({ status: "RUN", detail: "running", reason: null }), null);
  assert.match(remark({ status: "RUN", detail: "running; kill refused: not yours", reason: null }), /not yours/);
});

test("a cell of somebody else's is neither overwritten nor reported without need", () => {
  assert.equal(decide("a", "a", "a"), "nothing");
  assert.equal(decide("a", "b", "a"), "send");
  assert.equal(decide("a", "b", "c"), "conflict");
  assert.equal(decide("a", "b", "b"), "nothing");
  assert.equal(decide("a", "a", "c"), "nothing");
});

test("a command line is split at its first blank, parameters at every one", () => {
  assert.deepEqual(splitCommand(" /a/b.sh  one  two "), { executable: "/a/b.sh", parameters: "one  two" });
  assert.deepEqual(splitCommand("/a/b.sh"), { executable: "/a/b.sh", parameters: null });
  assert.deepEqual(split(' a  "b c"\t$x '), ["a", '"b', 'c"', "$x"]);
  assert.ok(looksLikeShell('"b c"') && looksLikeShell("$HOME") && !looksLikeShell("-q 4 --mask=a,b"));
});

test("values that cannot be saved are refused in words", () => {
  assert.match(objection("executable", "bin/x"), /absolute/);
  assert.equal(objection("executable", ""), null);
  assert.match(objection("name", "x".repeat(65)), /64/);
  assert.match(objection("name", "a\u0007"), /printable/);
  assert.match(objection("parameters", "x".repeat(4001)), /4,000/);
});

test("doubts are said only when true", () => {
  const now = Date.parse("2026-01-01T12:00:00Z");
  const place = { name: "default", agent_connected: true, scheduler: "LSF", scheduler_answered_at: "2026-01-01T11:59:00Z" };
  const silent = { ...place, scheduler_answered_at: "2026-01-01T11:58:00Z" };
  assert.deepEqual(doubts([place], () => true, now), []);
  assert.deepEqual(doubts([silent], () => false, now), []);
  assert.match(doubts([silent], () => true, now)[0].text, /^LSF silent since \d\d:58$/);
  assert.equal(doubts([{ ...silent, agent_connected: false }], () => true, now)[0].text, "Batch client away");
  assert.match(doubts([place, { ...place, name: "far", agent_connected: false }], () => true, now)[0].text, /away \(far\)/);
});

test("coming back takes between half a second and half a minute, growing and spread", () => {
  assert.equal(delay(0, 0), 500);
  assert.ok(delay(0, 0.999) <= 1000);
  assert.ok(delay(20, 0.999) <= 30_000 && delay(20, 0.999) > 29_000);
  assert.equal(delayAsked([0, 5000], 0.5), 2500);
  assert.equal(delayAsked([0, 1e9], 0.99), 30_000);
});

test("lengths and ages read as people say them", () => {
  assert.deepEqual([7e3, 252e3, 3753e3, 90000e3, -5].map(length), ["0:07", "4:12", "1:02:33", "1 d 1:00:00", "0:00"]);
  assert.deepEqual([1e3, 12e3, 240e3, 3 * 3600e3, 50 * 3600e3].map((ms) => ago(0, ms)), ["now", "12 s ago", "4 min ago", "3 h ago", "2 d ago"]);
  assert.match(moment("2026-01-01T12:00:00", Date.parse("2026-01-01T13:00:00")), /^12:00:00$/);
  assert.match(moment("2026-01-01T12:00:00", Date.parse("2026-01-03T13:00:00")), /^1 Jan 12:00$/);
});
