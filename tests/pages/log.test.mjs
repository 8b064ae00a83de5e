import assert from "node:assert/strict";
import { test } from "node:test";
import { lineAt, linesIn, LogReading, shareWords, sizeWords } from "../../static/pure/log.js";

const piece = (offset, next, size, more = {}) => ({ text: "", source: "file", offset, next, size, path: "/x", complete: false, ...more });

test("a log opens at its end and goes on from there", () => {
  const log = new LogReading();
  assert.equal(log.take(piece(900, 1000, 1000)), "replace");
  assert.equal(log.take(piece(1000, 1050, 1200)), "append");
  assert.equal(log.next, 1050);
  assert.ok(log.behind);
  assert.deepEqual(log.earlier(500), { offset: 400, limit: 500 });
  assert.ok(log.takeEarlier(piece(400, 900, 1200)));
  assert.deepEqual(log.earlier(500), { offset: 0, limit: 400 });
});

test("another source, a shorter file or another place starts the reading anew", () => {
  for (const odd of [piece(1000, 1010, 2000, { source: "bpeek" }), piece(1000, 1000, 10), piece(0, 10, 2000)]) {
    const log = new LogReading();
    log.take(piece(900, 1000, 1000));
    assert.equal(log.take(odd), "again");
    assert.equal(log.next, null);
    assert.equal(log.take(piece(0, 10, 10, { source: "bpeek" })), "replace");
  }
});

test("without a source the end is asked for again", () => {
  const log = new LogReading();
  assert.equal(log.take(piece(0, 0, 0, { source: "none", path: null })), "replace");
  assert.equal(log.next, null);
  assert.equal(log.take(piece(0, 5, 5)), "replace");
});

test("a complete log is complete only when all of it was read", () => {
  const log = new LogReading();
  log.take(piece(0, 10, 20, { complete: true }));
  assert.equal(log.complete, false);
  log.take(piece(10, 20, 20, { complete: true }));
  assert.equal(log.complete, true);
});

test("opened at a place it begins somewhat before it and goes on from there", () => {
  const log = new LogReading(100_000);
  assert.deepEqual(log.request(500), { offset: 100_000 - 16 * 1024, limit: 500 });
  assert.equal(log.take(piece(83_616, 90_000, 200_000)), "replace");
  assert.deepEqual(log.request(500), { offset: 90_000, limit: 500 });
  assert.deepEqual(new LogReading(10).request(500), { offset: 0, limit: 500 });
});

test("a place that the log does not have opens its end and is told", () => {
  const log = new LogReading(100);
  assert.equal(log.take(piece(84, 50, 50)), "again");
  assert.equal(log.missed, 100);
  assert.deepEqual(log.request(500), { limit: 500 });
  assert.equal(log.take(piece(0, 50, 50)), "replace");
});

test("lines know the byte at which they begin", () => {
  assert.deepEqual(linesIn("äb\n\nc", 10), [{ at: 10, text: "äb\n" }, { at: 14, text: "\n" }, { at: 15, text: "c" }]);
  assert.deepEqual(linesIn("", 3), []);
  assert.deepEqual([13, 14, 15, 99, 9].map((byte) => lineAt([10, 14, 15], byte)), [0, 1, 2, 2, -1]);
});

test("a line ends with a line feed or with what a progress bar writes", () => {
  const lines = (text, begins) => linesIn(text, 0, begins).map(({ at, text }) => [at, text]);
  assert.deepEqual(lines("10%\r20%\r\nend\n"), [[0, "10%\r"], [4, "20%\r\n"], [9, "end\n"]]);
  assert.deepEqual(lines("a\ufffd\nb\n", [0, 3]), [[0, "a\ufffd\n"], [3, "b\n"]], "told where they begin");
});

test("what was let go at the end is read again from there", () => {
  const log = new LogReading();
  log.take(piece(900, 1000, 1000, { complete: true }));
  assert.ok(log.complete && log.shows(950) && !log.shows(1000) && !log.shows(899));
  log.endsAt(950);
  assert.ok(log.behind && !log.complete && !log.shows(950));
  assert.deepEqual(log.request(50), { offset: 950, limit: 50 });
});

test("another place is opened somewhat before it", () => {
  const log = new LogReading();
  log.take(piece(900, 1000, 100_000));
  log.toPlace(50_000);
  assert.deepEqual(log.request(50), { offset: 50_000 - 16 * 1024, limit: 50 });
});

test("sizes and places in few words", () => {
  assert.deepEqual([0, 999, 1000, 498_337, 2_147_483_656, 3e15].map(sizeWords), ["0 bytes", "999 bytes", "1.0 kB", "498 kB", "2.1 GB", "3000 TB"]);
  assert.deepEqual([[0, 0], [0, 9], [1, 1000], [5, 10], [999, 1000]].map((pair) => shareWords(...pair)), ["0 %", "0 %", "0.1 %", "50 %", "99 %"]);
});
