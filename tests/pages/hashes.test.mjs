import assert from "node:assert/strict";
import { test } from "node:test";
import { findHashes, marksOf, used } from "../../static/pure/hashes.js";

const hash = (id, name, more = {}) => ({ id, name, executable: "/x.sh", archived_at: null, ...more });
const names = (all, text = "", recent = []) => findHashes(all, text, recent).map(({ definition }) => definition.name);

test("those used last come first, then the others by name, numbers by value", () => {
  const all = [hash(1, "zone"), hash(2, "step 10"), hash(3, "step 9"), hash(4, "Calib"), hash(5, "align")];
  assert.deepEqual(names(all, "", [3, 1, 99]), ["step 9", "zone", "align", "Calib", "step 10"]);
  assert.deepEqual(findHashes(all, "", [3, 1]).map(({ recent }) => recent), [true, true, false, false, false]);
});

test("archived hashes and drafts cannot be chosen", () => {
  assert.deepEqual(names([hash(1, "a"), hash(2, "b", { executable: null }), hash(3, "c", { archived_at: "2026" })], "", [3, 2]), ["a"]);
});

test("every word typed is in the name, whatever the case", () => {
  const all = [hash(1, "peak_finder_low"), hash(2, "Peak_finder_HIGH"), hash(3, "indexing")];
  assert.deepEqual(names(all, "high PEAK"), ["Peak_finder_HIGH"]);
  assert.deepEqual(names(all, " peak "), ["Peak_finder_HIGH", "peak_finder_low"]);
  assert.deepEqual(names(all, "nothing"), []);
});

test("the hash of exactly the name typed is first, and beginnings come before the middle", () => {
  const all = [hash(1, "calib-old"), hash(2, "a calib"), hash(3, "calib"), hash(4, "big calib")];
  assert.deepEqual(names(all, "calib", [4]), ["calib", "big calib", "calib-old", "a calib"]);
});

test("what matched is marked once, in order", () => {
  assert.deepEqual(marksOf("Peak_finder", ["find", "PEAK".toLowerCase()]), [[0, 4], [5, 9]]);
  assert.deepEqual(marksOf("aabb", ["ab", "aa"]), [[0, 3]]);
});

test("a hash used again moves to the front, and only the last 20 are kept", () => {
  assert.deepEqual(used([1, 2, 3], 3), [3, 1, 2]);
  assert.equal(used(Array.from({ length: 20 }, (_, i) => i), 99).length, 20);
});
