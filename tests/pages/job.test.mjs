import assert from "node:assert/strict";
import test from "node:test";
import { estimate, inWords } from "../../static/pure/estimate.js";
import { memory, memoryUse } from "../../static/pure/memory.js";
import { curl, pretty, quoted, reasons, verdict } from "../../static/pure/posts.js";
import { grown, leading, share } from "../../static/pure/samples.js";
import { drawn, inSentence, number } from "../../static/pure/sparkline.js";
import { lasted, spans, steps } from "../../static/pure/timeline.js";

const at = (seconds) => new Date(Date.UTC(2026, 10, 22, 14) + 1000 * seconds).toISOString().replace(".000", "");
const ms = (seconds) => Date.parse(at(seconds));
const change = (seq, seconds, from, to, more = {}) => ({ seq, at: at(seconds), from, to, by: "agent", reason: null, lsf_id: "7", ...more });
const life = [
  change(1, 0, null, "Request Sent", { by: "mona", lsf_id: null }),
  change(2, 1, "Request Sent", "PEND"),
  change(3, 40, "PEND", "RUN"),
  change(4, 50, "RUN", "RUN", { reason: "job 9 is of another user" }),
  change(5, 300, "RUN", "EXIT", { reason: "exit 3" }),
];

test("a status lasts until the next one, a remark no time, and what has ended it none", () => {
  const all = steps(life);
  assert.deepEqual(all.map(({ status, remark }) => [status, remark]), [["Request Sent", false], ["PEND", false], ["RUN", false], ["RUN", true], ["EXIT", false]]);
  assert.deepEqual(spans(all).map((one) => [one.status, lasted(one, ms(999)) / 1000]), [["Request Sent", 1], ["PEND", 39], ["RUN", 260]]);
});

test("what still lasts grows with the time", () => {
  const running = spans(steps(life.slice(0, 3)));
  assert.equal(lasted(running[2], ms(100)), 60_000);
  assert.equal(lasted(running[2], ms(161)), 121_000);
});

test("who did it is said in words, and an LSF ID where it is new", () => {
  assert.deepEqual(steps(life).map(({ by, reason }) => [by, reason]), [
    ["mona", ""],
    ["batch client", "LSF ID 7"],
    ["batch client", ""],
    ["batch client", "job 9 is of another user"],
    ["batch client", "exit 3"],
  ]);
});

test("clocks that go back make nothing last less than no time", () => {
  const [first] = spans(steps([change(1, 9, null, "Request Sent"), change(2, 5, "Request Sent", "PEND")]));
  assert.equal(lasted(first, ms(20)), 0);
});

const counter = (name, value, seconds) => ({ name, value, at: at(seconds), color: null });
const progress = (...values) => ({ name: "Progress", percent: false, of: 20, points: values.map((value, i) => [at(10 * i), value]) });

test("a series grows by what the row says, once", () => {
  const [one] = grown([progress(1, 2)], [counter("Progress", "3/20", 20)]);
  assert.deepEqual(one.points.map(([, value]) => value), [1, 2, 3]);
  assert.equal(grown([one], [counter("Progress", "3/20", 20)])[0].points.length, 3);
  const [again] = grown([one], [counter("Progress", "4/20", 20)]);
  assert.deepEqual(again.points.map(([, value]) => value), [1, 2, 4]);
});

test("a number that is new begins a series, a text none, and one that is gone ends", () => {
  const all = grown([progress(1)], [counter("Events", 812, 3), counter("Phase", "indexing", 3)]);
  assert.deepEqual(all.map(({ name, points }) => [name, points.length]), [["Events", 1]]);
});

test("a series of any length stays short, and keeps its newest point", () => {
  let held = [];
  for (let i = 0; i < 2000; i += 1) held = grown(held, [counter("Events", i, i)]);
  assert.ok(held[0].points.length <= 240);
  assert.equal(held[0].points.at(-1)[1], 1999);
});

test("what tells how far the job is never falls: a hit rate does", () => {
  const rate = { name: "Hit rate", percent: true, of: null, points: [[at(0), 50], [at(1), 60], [at(2), 40]] };
  assert.equal(leading([rate]), null);
  assert.equal(leading([rate, progress(1, 2)])?.name, "Progress");
  assert.equal(leading([{ ...rate, points: rate.points.slice(0, 2) }]), null);
  const climbing = { name: "Indexed", percent: true, of: null, points: [[at(0), 5], [at(1), 8], [at(2), 9]] };
  assert.equal(leading([climbing])?.name, "Indexed");
  assert.equal(share({ value: 30, of: 20, percent: false }), 1);
  assert.equal(share({ value: 30, of: null, percent: false }), null);
});

const run = (status = "RUN", more = {}) => ({ status, requested_at: at(-30), submitted_at: at(-20), started_at: at(0), ended_at: null, ...more });
const usual = { jobs: 12, run: { low: 370, median: 400, high: 460 }, wait: { low: 5, median: 20, high: 60 } };

test("the end is estimated from the pace of the progress, beside what is usual", () => {
  const told = estimate(run(), [progress(0, 5, 10)], usual, ms(20));
  assert.deepEqual(told, { text: "About 20 s left", more: "usually 6:10 to 7:40 (12 jobs)", late: false });
  assert.equal(estimate(run(), [progress(0, 5, 10)], usual, ms(30))?.text, "About 10 s left");
});

test("the pace is the latest one: a slow beginning does not count", () => {
  const points = [[at(0), 0], [at(300), 1], [at(310), 5], [at(320), 10]];
  const told = estimate(run(), [{ ...progress(), points }], null, ms(320));
  assert.equal(told?.text, "About 20 s left");
});

test("a progress that stands still gives no estimate but says so", () => {
  const told = estimate(run(), [progress(1, 2, 3)], usual, ms(140));
  assert.equal(told?.text, "No progress for 2:00");
  assert.equal(told?.late, true);
  assert.equal(estimate(run(), [progress(18, 20)], null, ms(11))?.text, "Progress is at its end");
});

test("without progress the usual time alone tells, and past it that it is longer", () => {
  assert.equal(estimate(run(), [], usual, ms(242))?.text, "Usually done after 6:40");
  assert.match(estimate(run(), [], usual, ms(242))?.more ?? "", /^now 4:02; 6:10 to 7:40 is usual/);
  assert.deepEqual(estimate(run(), [], usual, ms(552)), { text: "Longer than usual", more: "now 9:12, 6:10 to 7:40 is usual (12 jobs)", late: true });
  assert.equal(estimate(run(), [], { jobs: 0, run: null, wait: null }, ms(9)), null);
});

test("a job that waits is told when it usually starts, an ended one how long it ran", () => {
  const waits = run("PEND", { started_at: null });
  assert.equal(estimate(waits, [], usual, ms(0))?.text, "Usually starts after 0:20");
  assert.equal(estimate(waits, [], usual, ms(60))?.text, "Waits longer than usual");
  assert.equal(estimate(run("DONE", { ended_at: at(400) }), [progress(1)], usual, ms(900))?.text, "Ran 6:40");
  assert.equal(estimate(run("Request Sent", { started_at: null }), [], usual, ms(0)), null);
});

test("a time to come is as coarse as it is known", () => {
  assert.deepEqual([1, 42, 55, 150, 3600, 7900, 50_000].map((seconds) => inWords(1000 * seconds)), ["5 s", "40 s", "1 min", "3 min", "1 h", "2 h 10 min", "14 h"]);
});

test("a small line goes from the left to the right, high values above", () => {
  assert.deepEqual(drawn([[at(0), 1], [at(5), 3], [at(10), 1]], 104, 24), { path: "M2 22L52 2L102 22", x: 102, y: 22 });
  assert.equal(drawn([[at(0), 1], [at(5), 1]], 104, 24)?.path, "M2 12L102 12");
  assert.equal(drawn([[at(0), 1]], 104, 24), null);
  assert.equal(inSentence("Events", [[at(0), 0], [at(5), 2400]]), "Events over time: 2 values from 0 to 2,400, last 2,400");
  assert.deepEqual([12.3456, 0.00012, 1e17, -3].map(number), ["12.346", "1.20e-4", "1.00e+17", "-3"]);
});

test("memory is told in LSF's units, and beside its limit in the limit's", () => {
  assert.equal(memory(7.9 * 2 ** 30), "7.9 GB");
  assert.equal(memoryUse(7.9 * 2 ** 30, 8 * 2 ** 30), "peak 7.9 of 8 GB");
  assert.equal(memoryUse(300 * 2 ** 20, 8 * 2 ** 30), "peak 0.29 of 8 GB");
  assert.equal(memoryUse(2 ** 20, 8 * 2 ** 30), "peak 1 MB of 8 GB");
  assert.deepEqual([memoryUse(null, null), memoryUse(2 ** 20, null), memoryUse(null, 2 ** 30)], ["", "peak 1 MB", "limit 1 GB"]);
});

test("a post says what became of it", () => {
  const post = (accepted, ...skipped) => ({ n: 1, at: at(0), body: "", accepted, skipped: skipped.map((key) => ({ key, reason: "odd" })) });
  assert.deepEqual([post(3), post(2, "A"), post(0, ""), post(0, "A"), post(0)].map(verdict), ["3 taken", "2 taken, 1 not", "refused", "nothing taken", "0 taken"]);
  assert.deepEqual(reasons(post(0, "", "A")), ["odd", "A: odd"]);
  assert.equal(pretty('{"a":1}'), '{\n  "a": 1\n}');
  assert.equal(pretty('{"a":'), '{"a":');
});

test("a line to copy is one that a shell reads as it is meant", () => {
  assert.equal(quoted("https://a/b?c=d&e"), "'https://a/b?c=d&e'");
  assert.equal(quoted("it's"), "'it'\\''s'");
  assert.ok(curl('"$BATCH_UPDATE_URL"').endsWith(' "$BATCH_UPDATE_URL"'));
});
