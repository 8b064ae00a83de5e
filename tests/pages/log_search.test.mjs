import assert from "node:assert/strict";
import { test } from "node:test";
import { LogSearch } from "../../static/pure/log_search.js";

const SIZE = 1000;

/** The agent over hits at these bytes that looks at 200 bytes at a time. */
function agent(hits, size = SIZE) {
  return ({ from, until, back, limit }) => {
    const begin = Math.min(from ?? (back ? size : 0), size);
    const end = back ? Math.max(until ?? 0, begin - 200) : Math.min(until ?? size, begin + 200);
    const inside = hits.filter((at) => (back ? at < begin && at >= end : at >= begin && at < end));
    const ordered = back ? inside.reverse() : inside;
    const complete = end === (back ? (until ?? 0) : Math.min(until ?? size, size)) && !(limit === 1 && ordered.length);
    return { items: ordered.slice(0, limit).map((at) => ({ at, line: "" })), count: ordered.length, to: end, size, complete };
  };
}

/** Asks until nothing is left to ask; the hits on the way. */
function run(search, ask) {
  const hits = [];
  for (let n = 0; search.question; n += 1) {
    assert.ok(n < 100, "it ends");
    const hit = search.take(ask(search.question));
    if (hit) hits.push(hit.at);
  }
  return hits;
}

test("a search finds the next line from where it begins, and counts them all", () => {
  const search = new LogSearch({ text: "x" }, 500);
  assert.deepEqual(run(search, agent([10, 20, 700, 900])), [700]);
  assert.equal(search.words, "3 of 4");
});

test("on and back, it goes round at both ends", () => {
  const search = new LogSearch({ text: "x" }, 500);
  const ask = agent([10, 20, 700, 900]);
  run(search, ask);
  const walk = (forward) => {
    search.step(forward);
    const [at] = run(search, ask);
    return [at, search.words];
  };
  assert.deepEqual([walk(true), walk(true), walk(true), walk(true)], [
    [900, "4 of 4"], [10, "1 of 4"], [20, "2 of 4"], [700, "3 of 4"],
  ]);
  assert.deepEqual([walk(false), walk(false), walk(false), walk(false)], [
    [20, "2 of 4"], [10, "1 of 4"], [900, "4 of 4"], [700, "3 of 4"],
  ]);
});

test("the only line is found again from itself", () => {
  for (const origin of [0, 300, 600]) {
    const search = new LogSearch({ text: "x" }, origin);
    assert.deepEqual(run(search, agent([300])), [300]);
    for (const forward of [true, false]) {
      search.step(forward);
      assert.deepEqual(run(search, agent([300])), [300]);
      assert.equal(search.words, "1 of 1");
    }
  }
});

test("what is nowhere is told, after every byte was looked at once", () => {
  for (const origin of [0, 500]) {
    const search = new LogSearch({ text: "x" }, origin);
    let asked = 0;
    run(search, (question) => ((asked += 1), agent([])(question)));
    assert.equal(search.words, "Not found");
    assert.ok(asked <= SIZE / 200 + 1);
  }
});

test("while it counts, the count is at least that", () => {
  const search = new LogSearch({ text: "x" }, 0);
  const ask = agent([10, 20, 700, 900]);
  search.take(ask(search.question));
  search.take(ask(search.question));
  assert.equal(search.words, "1 of 2+");
});

test("of errors the first one is looked for, and not one more until it is wanted", () => {
  const search = new LogSearch({ error: 1 }, 0);
  const ask = agent([450, 800]);
  assert.deepEqual(run(search, ask), [450]);
  assert.equal(search.words, "Error 1");
  search.step(true);
  assert.deepEqual(run(search, ask), [800]);
  assert.equal(search.words, "Error 2");
  const none = new LogSearch({ error: 1 }, 0);
  run(none, agent([]));
  assert.equal(none.words, "No error found");
});

test("it says how far it is", () => {
  const search = new LogSearch({ text: "x" }, 500);
  const ask = agent([]);
  const said = [];
  while (search.question) {
    said.push(search.words);
    search.take(ask(search.question));
  }
  assert.deepEqual(said, ["Looking", "Looking, 20 %", "Looking, 40 %", "Looking, 50 %", "Looking, 70 %", "Looking, 90 %"]);
});

test("what a log grows by is counted, too", () => {
  const search = new LogSearch({ text: "x" }, 0);
  run(search, agent([10, 700]));
  assert.equal(search.words, "1 of 2");
  search.grew(1100);
  run(search, agent([10, 700, 1050], 1100));
  assert.equal(search.words, "1 of 3");
  search.grew(1100);
  assert.equal(search.question, null);
});
