import assert from "node:assert/strict";
import { test } from "node:test";
import { hits, replaced, suggested, usable } from "../../static/pure/replace.js";

const values = (executable, parameters = "") => ({ executable, parameters });

test("pairs are done one after the other, each everywhere, empty ones not at all", () => {
  const pairs = [{ find: "a", with: "b" }, { find: "", with: "x" }, { find: "bb", with: "c" }];
  assert.equal(replaced("/a/ab", pairs), "/b/c");
  assert.equal(usable(pairs).length, 2);
});

test("signs that mean something in patterns are only themselves", () => {
  assert.equal(replaced("/x.y/$1", [{ find: ".y", with: "$&" }]), "/x$&/$1");
});

test("a pair counts what it finds after the pairs before it", () => {
  const all = [values("/a/a", "a b"), values(null, "b")];
  assert.deepEqual(hits(all, [{ find: "a", with: "b" }, { find: "b", with: "c" }, { find: "", with: "" }]), [3, 5, 0]);
});

test("the names of the experiments and folders of their instruments are suggested where they occur", () => {
  const from = { name: "xppx1", instrument: "XPP" };
  const to = { name: "cxix2", instrument: "CXI" };
  assert.deepEqual(suggested(from, to, [values("/ds/xpp/xppx1/run.sh")]), [
    { find: "xppx1", with: "cxix2" },
    { find: "/xpp/", with: "/cxi/" },
  ]);
  assert.deepEqual(suggested(from, to, [values("/home/run.sh", "--exp xppx1")]), [{ find: "xppx1", with: "cxix2" }]);
  assert.deepEqual(suggested(from, { ...to, instrument: "XPP" }, [values("/ds/xpp/run.sh")]), []);
});
