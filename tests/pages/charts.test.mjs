import assert from "node:assert/strict";
import { test } from "node:test";
import { cut, endLabels, nearest } from "../../static/pure/chart.js";
import { counterByRun, counterInWords } from "../../static/pure/chart_counter.js";
import { sharesByHash, sharesHeight, sharesInWords, timesByHash, timesInWords } from "../../static/pure/chart_hashes.js";
import { behindInWords, jobsInWords, jobsOverTime, runsInWords, runsOverTime, stepName } from "../../static/pure/chart_time.js";
import { amount, lengths, numbers, times } from "../../static/pure/scale.js";
import { setZone } from "../../static/pure/time.js";

setZone("UTC");

const texts = (scale) => scale.ticks.map(({ text }) => text);

function history(more = {}) {
  return {
    from: "2026-11-22T10:00:00Z", to: "2026-11-22T10:25:00Z", step: 600,
    at: ["2026-11-22T10:00:00Z", "2026-11-22T10:10:00Z", "2026-11-22T10:20:00Z"],
    waiting: [1, 2.5, 3], running: [0, 4, 12], done: [0, 5, 7], failed: [0, 1, 0],
    runs: [10, 12, 14], processed: [8, 8, 9], behind: 5, trend: "growing", ...more,
  };
}

/** Everything of a scene is within it, and every number is one. */
function sound({ width, height, shapes, marks }) {
  const places = shapes.flatMap((shape) => {
    if (shape.points) return shape.points;
    assert.ok(shape.kind !== "rect" || (shape.width >= 0 && shape.height >= 0));
    return shape.kind === "rect" ? [[shape.x, shape.y], [shape.x + shape.width, shape.y + shape.height]] : [[shape.x, shape.y]];
  });
  for (const [x, y] of [...places, ...marks.map(({ x, y }) => [x, y])]) {
    assert.ok(x >= -0.5 && x <= width + 0.5, `x ${x} of ${width}`);
    assert.ok(y >= -0.5 && y <= height + 0.5, `y ${y} of ${height}`);
  }
}

test("numbers on an axis are round and reach over all values", () => {
  assert.deepEqual(texts(numbers(0, 17, 100, 0, 4)), ["0", "5", "10", "15", "20"]);
  assert.deepEqual(texts(numbers(0, 1, 100, 0, 4, "", true)), ["0", "1"]);
  assert.deepEqual(texts(numbers(0.32, 0.41, 0, 1, 3, " %")), ["0.30 %", "0.35 %", "0.40 %", "0.45 %"]);
  assert.deepEqual(texts(numbers(-12000, 3000, 0, 1, 3)), ["−15 000".replace(" ", "\u202f"), "−10\u202f000", "−5\u202f000", "0", "5\u202f000"]);
  for (const same of [0, 7, -3, 1e12]) {
    const scale = numbers(same, same, 0, 100, 4);
    assert.ok(scale.ticks.length > 1 && Number.isFinite(scale.at(same)), String(same));
  }
});

test("amounts are grouped as everywhere", () => {
  assert.deepEqual([24310, 0.5, -1234.25, 3e12].map((value) => amount(value)), ["24\u202f310", "0.5", "−1\u202f234.25", "3e+12"]);
});

test("times on an axis are round in the zone that is chosen, and midnight is a day", () => {
  const [from, to] = [Date.parse("2026-11-21T20:10:00Z"), Date.parse("2026-11-22T09:30:00Z")];
  assert.deepEqual(texts(times(from, to, 0, 700, 6)), ["21:00", "22 Nov", "03:00", "06:00", "09:00"]);
  setZone("Asia/Kolkata");
  assert.deepEqual(texts(times(from, to, 0, 700, 6)), ["03:00", "06:00", "09:00", "12:00", "15:00"]);
  setZone("America/Los_Angeles");
  const winter = times(Date.parse("2026-10-31T12:00:00Z"), Date.parse("2026-11-03T12:00:00Z"), 0, 700, 5);
  assert.deepEqual(texts(winter), ["1 Nov", "2 Nov", "3 Nov"]);
  setZone("UTC");
});

test("lengths of time stand each some ten times as far as the one before", () => {
  const scale = lengths(3, 500, 0, 300);
  assert.deepEqual(texts(scale), ["1 s", "10 s", "1 min", "10 min"]);
  assert.ok(scale.at(0) === 0 && scale.at(600) === 300 && scale.at(9e9) === 300);
});

test("labels beside lines never stand on each other, and stay in their order", () => {
  const placed = endLabels([{ y: 98, text: "a", tone: "run" }, { y: 97, text: "b", tone: "done" }, { y: 99, text: "c", tone: "text" }], 0, 0, 100);
  assert.deepEqual(placed.map(({ text }) => text), ["b", "a", "c"]);
  placed.forEach(({ y }, i) => assert.ok(y <= 104 && (i === 0 || y - placed[i - 1].y >= 15)));
});

test("names are cut in their middle", () => {
  assert.equal(cut("short", 100), "short");
  assert.match(cut("calib_epix10ka_quad0_v1_fast", 100), /^calib_.*…ast$/);
});

test("the nearest mark is the one meant", () => {
  const marks = [{ x: 0, y: 0, text: "a" }, { x: 50, y: 0, text: "b" }, { x: 50, y: 90, text: "c" }];
  assert.equal(nearest({ marks, near: "xy" }, 45, 80), 2);
  assert.equal(nearest({ marks, near: "x" }, 10, 80), 0);
  assert.equal(nearest({ marks, near: "y" }, 0, 80), 2);
  assert.equal(nearest({ marks: [], near: "x" }, 0, 0), -1);
});

test("jobs over time: running stands at the base, waiting on it, and what ended below", () => {
  for (const width of [300, 700]) {
    const scene = jobsOverTime(history(), width);
    sound(scene);
    const [running, stacked] = scene.shapes.filter(({ kind }) => kind === "area").map(({ points }) => points);
    assert.ok(stacked[1][1] < running[1][1]);
    const ended = scene.shapes.filter(({ kind }) => kind === "rect");
    assert.deepEqual(ended.map(({ tone }) => tone), ["done", "done", "failed"]);
    assert.ok(ended[2].y >= ended[0].y + ended[0].height, "failed stands below done");
    assert.equal(scene.marks[1].text, "10:10 to 10:20\n4 running, 2.5 waiting\n5 done, 1 failed");
    assert.equal(stepName(history(), 2), "10:20 to 10:25");
  }
  assert.equal(jobsInWords(history()), "12 running and 3 waiting now; 13 ended in this time, 1 of them failed (8 %).");
  sound(jobsOverTime(history({ at: ["2026-11-22T10:20:00Z"], waiting: [0], running: [0], done: [0], failed: [0] }), 400));
});

test("a step that has only begun has its bar in the picture as well", () => {
  sound(jobsOverTime(history({ to: "2026-11-22T10:20:00.010Z" }), 300));
});

test("runs over time: what is behind lies between the lines, and is said", () => {
  const scene = runsOverTime(history(), 500);
  sound(scene);
  assert.equal(scene.marks[2].text, "10:25\n14 taken, 9 processed\n5 behind");
  assert.equal(behindInWords(history()), "5 behind, growing");
  assert.equal(behindInWords({ behind: 0, trend: "steady" }), "none behind");
  assert.equal(runsInWords(history(), "calib"), "9 of 14 runs have a job DONE of calib: 5 behind, growing.");
});

const hash = (name, current, missing = 0) => ({ id: 1, name, archived: false, current, missing, median_wait: null, median_run: null });

test("success by hash: all together, then each, and its runs are where it leads", () => {
  const hashes = [hash("calib", { DONE: 8, EXIT: 2 }), hash("index_with_quite_a_long_name", { RUN: 1, DONE: 1 }, 8), hash("none", {})];
  for (const width of [320, 700]) {
    const scene = sharesByHash(hashes, width, (name) => `/x?hash=${name}`);
    sound(scene);
    assert.deepEqual(scene.marks.map(({ text }) => text), ["All hashes\n9 done, 1 running, 2 failed, 8 missing", "calib\n8 done, 2 failed", "index_with_quite_a_long_name\n1 done, 1 running, 8 missing", "none\nno runs"]);
    assert.deepEqual(scene.marks.map(({ href }) => href).slice(0, 2), [undefined, "/x?hash=calib"]);
    assert.deepEqual(scene.shapes.filter(({ kind, text }) => kind === "text" && / %$/.test(text)).map(({ text }) => text), ["81 %", "80 %", "100 %"]);
  }
  assert.equal(sharesByHash(hashes, 700, String).height, sharesHeight(3));
  assert.equal(sharesInWords(hashes), "calib fails most often: 2 of 10 that ended (20 %).");
  assert.match(sharesInWords([...hashes, hash("new", { EXIT: 1 })]), /^calib fails/);
  assert.match(sharesInWords([hash("new", { EXIT: 1, RUN: 7 })]), /^new fails most often: 1 of 1 that ended \(100 %\)/);
  assert.equal(sharesInWords([hash("calib", { DONE: 3 })]), "Of no hash has a newest job failed.");
});

test("times by hash: waiting and running of each, and the longest is named", () => {
  const spread = (median) => ({ n: 9, low5: median / 4, q1: median / 2, median, q3: median * 2, high95: median * 4 });
  const told = [{ id: 1, name: "calib", wait: spread(40), run: spread(300) }, { id: 2, name: "index", wait: null, run: spread(3000) }, { id: 3, name: "quick", wait: spread(0), run: null }];
  for (const width of [320, 700]) {
    const scene = timesByHash(told, width);
    sound(scene);
    assert.equal(scene.marks[0].text, "calib\nwaiting 0:40 (0:10 to 2:40)\nrunning 5:00 (1:15 to 20:00)");
    assert.equal(scene.marks[1].text.split("\n")[1], "waiting not known");
  }
  assert.match(timesInWords(told), /index runs longest: median 50:00/);
  assert.equal(timesInWords([]), "No job is DONE yet.");
});

test("a counter by run: a shape for each end, a line when there are many, each point leads to its job", () => {
  const items = Array.from({ length: 40 }, (_, i) => ({ run: i + 1, value: i === 3 ? null : i, text: i === 3 ? "no" : `${i} %`, status: i === 39 ? "RUN" : i % 5 ? "DONE" : "EXIT", job: `j${i}` }));
  const told = { id: 1, name: "calib", counter: "Hits", percent: true, counters: ["Hits"], items };
  const scene = counterByRun(told, 600, (job) => `#job/${job}`);
  sound(scene);
  const points = scene.shapes.filter(({ kind }) => kind === "points");
  assert.deepEqual(points.map(({ shape, points: { length } }) => [shape, length]), [["dot", 30], ["ring", 1], ["cross", 8]]);
  assert.deepEqual(scene.marks.at(-1), { ...scene.marks.at(-1), text: "Run 40, RUN\n39 %", href: "#job/j39" });
  assert.ok(scene.shapes.some(({ kind, tone, points: { length } = [] }) => kind === "line" && tone === "text" && length === 39));
  assert.equal(counterInWords(told), "39 runs, the newest 40 with 39 %; a cross: failed (8); the line: the median of 11 runs.");
  assert.equal(counterInWords({ ...told, items: [] }), "No job of calib has reported a number yet.");
  sound(counterByRun({ ...told, items: items.slice(0, 1) }, 300, String));
});
