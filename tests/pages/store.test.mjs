import assert from "node:assert/strict";
import { test } from "node:test";
import { Store } from "../../static/pure/store.js";

const row = (key, seq, more = {}) => ({ key, kind: key.split("/")[0], seq, ...more });
const open = (...rows) => new Store({ epoch: "e", seq: 10, rows });
const delta = (from, to, put = [], drop = []) => ({ type: "delta", epoch: "e", from, to, put, drop });

test("a delta that follows on is applied and moves the position", () => {
  const store = open(row("job/a", 5));
  const { changed, resume } = store.apply(delta(10, 12, [row("job/a", 11, { status: "RUN" }), row("run/1", 12)]));
  assert.deepEqual([...changed], ["job/a", "run/1"]);
  assert.equal(resume, false);
  assert.equal(store.get("job/a").status, "RUN");
  assert.equal(store.position, "e:12");
});

test("a delta that leaves a gap changes nothing and asks to resume", () => {
  const store = open(row("job/a", 5));
  for (const wrong of [delta(11, 12, [row("job/a", 12)]), { ...delta(10, 12, [row("job/a", 12)]), epoch: "other" }]) {
    assert.equal(store.apply(wrong).resume, true);
  }
  assert.equal(store.get("job/a").seq, 5);
  assert.equal(store.position, "e:10");
});

test("a row that is not newer than the one held is dropped", () => {
  const store = open(row("job/a", 9, { status: "DONE" }));
  for (const seq of [8, 9]) {
    const { changed } = store.apply(delta(store.seq, store.seq + 1, [row("job/a", seq, { status: "RUN" })]));
    assert.equal(changed.size, 0);
  }
  assert.equal(store.get("job/a").status, "DONE");
});

test("a dropped row is gone, and an older page cannot bring it back", () => {
  const store = open(row("job/a", 5, { run: 1 }));
  assert.deepEqual([...store.apply(delta(10, 11, [], [["job/a", 11]])).changed], ["job/a", "run/1"]);
  assert.equal(store.get("job/a"), undefined);
  assert.equal(store.merge({ epoch: "e", items: [row("job/a", 5)] }).size, 0);
  assert.equal(store.get("job/a"), undefined);
  store.apply(delta(11, 12, [row("job/a", 12)]));
  assert.equal(store.get("job/a").seq, 12);
});

test("a drop that is older than the row held does not remove it", () => {
  const store = open(row("job/a", 10));
  assert.equal(store.apply(delta(10, 11, [], [["job/a", 9]])).changed.size, 0);
  assert.equal(store.get("job/a").seq, 10);
});

test("a snapshot takes effect with its last part and forgets what it does not hold", () => {
  const store = open(row("job/old", 5));
  const part = (n, last, rows) => ({ type: "snapshot", epoch: "f", seq: 3, rows, part: n, last, reset: n === 1 });
  assert.equal(store.apply(part(1, false, [row("run/1", 1)])).changed.size, 0);
  assert.equal(store.position, "e:10");
  assert.ok(store.get("job/old"));
  const { changed, reset } = store.apply(part(2, true, [row("run/2", 2)]));
  assert.equal(reset, true);
  assert.deepEqual([...changed].sort(), ["job/old", "run/1", "run/2"]);
  assert.deepEqual([...store.keys()], ["run/1", "run/2"]);
  assert.equal(store.position, "f:3");
});

test("parts of a snapshot that broke off are not mixed into the next", () => {
  const store = open();
  store.apply({ type: "snapshot", epoch: "f", seq: 3, rows: [row("run/1", 1)], part: 1, last: false });
  store.apply({ type: "hello", epoch: "f", seq: 3 });
  const late = { type: "snapshot", epoch: "f", seq: 3, rows: [row("run/2", 2)], part: 2, last: true };
  assert.equal(store.apply(late).resume, true);
  assert.deepEqual([...store.keys()], []);
});

test("a heartbeat moves the position and never back", () => {
  const store = open();
  store.apply({ type: "heartbeat", seq: 14 });
  store.apply({ type: "heartbeat", seq: 12 });
  assert.equal(store.position, "e:14");
});

test("a page of another epoch is refused", () => {
  assert.equal(open().merge({ epoch: "other", items: [row("run/1", 1)] }), null);
});

test("any cut of the same changes ends in the same rows", () => {
  const keys = ["job/a", "job/b", "run/1"];
  let state = 7;
  const random = (n) => (state = (state * 1103515245 + 12345) % 2 ** 31) % n;
  const log = Array.from({ length: 300 }, (_, i) => ({ seq: 11 + i, key: keys[random(3)], gone: random(5) === 0 }));
  const play = (cut) => {
    const store = open();
    for (let at = 0; at < log.length; ) {
      const slice = log.slice(at, at + cut());
      at += slice.length;
      const newest = new Map(slice.map((one) => [one.key, one]));
      const put = [...newest.values()].filter((one) => !one.gone).map((one) => row(one.key, one.seq));
      const drop = [...newest.values()].filter((one) => one.gone).map((one) => [one.key, one.seq]);
      assert.equal(store.apply(delta(store.seq, slice.at(-1).seq, put, drop)).resume, false);
    }
    return new Map([...store.keys()].sort().map((key) => [key, store.get(key).seq]));
  };
  const single = play(() => 1);
  for (let i = 0; i < 20; i += 1) assert.deepEqual(play(() => 1 + random(40)), single);
});
