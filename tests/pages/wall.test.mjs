import assert from "node:assert/strict";
import { test } from "node:test";
import { lastTime, spanQuery } from "../../static/pure/handover.js";
import { nearest, queuesOf, queueText } from "../../static/pure/queues.js";
import { setZone } from "../../static/pure/time.js";
import { behindWords, fits, runWords, shownHashes, totalsOf, wallWord } from "../../static/pure/wall.js";

const NOW = Date.parse("2026-11-22T12:00:00Z");
const queue = (name, pending, running, more = {}) => ({ name, status: "Open:Active", pending, running, suspended: 0, ...more });
const farm = (name, queues, minutes = 0) => ({ name, queues, queues_at: queues && new Date(NOW - minutes * 60_000).toISOString() });

test("a queue is told with what waits and runs in it", () => {
  const [told] = queuesOf([farm("default", [queue("psanaq", 312, 480)])], NOW);
  assert.equal(queueText(told), "psanaq 312 pending, 480 running");
});

test("a queue that takes or starts no jobs says so, and so does old news", () => {
  const queues = [queue("a", 0, 1, { status: "Closed:Active" }), queue("b", 2, 0, { status: "Open:Inact" })];
  assert.deepEqual(queuesOf([farm("default", queues, 5)], NOW).map(queueText), [
    "a 0 pending, 1 running, Closed:Active, 5 min ago",
    "b 2 pending, 0 running, Open:Inact, 5 min ago",
  ]);
});

test("news of more than an hour and locations that told nothing are left out", () => {
  assert.deepEqual(queuesOf([farm("a", [queue("q", 1, 1)], 61), farm("b", null)], NOW), []);
});

test("queues are told with their location where there are several", () => {
  const told = queuesOf([farm("slac", [queue("q", 1, 2)]), farm("nersc", null)], NOW);
  assert.equal(queueText(told[0]), "q (slac) 1 pending, 2 running");
});

test("the queues that jobs went to are near, else the three with the most jobs", () => {
  const queues = queuesOf([farm("default", [queue("a", 1, 0), queue("b", 9, 9), queue("c", 0, 2), queue("d", 5, 0)])], NOW);
  assert.deepEqual(nearest(queues, new Set(["c", "elsewhere"])).map(({ name }) => name), ["c"]);
  assert.deepEqual(nearest(queues, new Set()).map(({ name }) => name), ["b", "d", "c"]);
});

test("as many rows and columns as fit, never none", () => {
  assert.equal(fits(100, 10, 30), 3);
  assert.equal(fits(5, 10, 30), 1);
});

test("the hashes with the most jobs on the runs shown have room first, in their own order", () => {
  const jobs = (...ids) => ids.map((hash) => ({ hash, status: "DONE", exit_code: null, killing: false }));
  const wall = {
    runs: [{ jobs: jobs(1, 3) }, { jobs: jobs(2, 3) }, { jobs: jobs(3, 2) }, { jobs: jobs(4, 4) }],
    hashes: [1, 2, 3, 4].map((id) => ({ id, name: `h${id}` })),
  };
  assert.deepEqual(shownHashes(wall, 3, 2), { shown: [{ id: 2, name: "h2" }, { id: 3, name: "h3" }], more: 1 });
  assert.equal(shownHashes(wall, 3, 9).shown.length, 3);
});

test("words of cells, totals, runs and what is behind", () => {
  assert.equal(wallWord({ status: "EXIT", exit_code: 137 }, false), "EXIT 137");
  assert.equal(wallWord({ status: "RUN", exit_code: null, killing: true }, true), "killing");
  assert.equal(wallWord({ status: "EXIT", exit_code: null, killing: true }, false), "EXIT");
  assert.deepEqual(totalsOf({ RUN: 2, PEND: 1, DONE: 5, EXIT: 1, LOST: 1 }), { running: 2, pending: 1, failed: 2, done: 5 });
  const started_at = "2026-11-22T11:50:00Z";
  assert.equal(runWords({ started_at, ended_at: null }, NOW), "running 10:00");
  assert.equal(runWords({ started_at, ended_at: "2026-11-22T11:56:00Z" }, NOW), "ended 4 min ago, took 6:00");
  assert.deepEqual([behindWords(0, "growing"), behindWords(7, "growing"), behindWords(7, "steady"), behindWords(7, null)],
    ["none behind", "7 behind, growing", "7 behind", "7 behind"]);
});

test("a time of day is the last one in the chosen zone", () => {
  setZone("Europe/Berlin");
  assert.equal(lastTime("06:30", NOW), Date.parse("2026-11-22T05:30:00Z"));
  assert.equal(lastTime("13:30", NOW), Date.parse("2026-11-21T12:30:00Z"));
  assert.equal(lastTime("13:00", NOW), Date.parse("2026-11-21T12:00:00Z"));
  assert.equal(lastTime("", NOW), null);
  setZone("UTC");
  assert.equal(lastTime("06:30", NOW), Date.parse("2026-11-22T06:30:00Z"));
});

test("a span is asked for up to now", () => {
  assert.equal(spanQuery(NOW - 3_600_000, NOW), "from=2026-11-22T11%3A00%3A00.000Z&to=2026-11-22T12%3A00%3A00.000Z");
});
