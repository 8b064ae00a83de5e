import assert from "node:assert/strict";
import { test } from "node:test";
import { diffWords } from "../../static/pure/diff.js";

const told = (before, after) => diffWords(before, after).map(({ kind, text }) => ({ same: text, gone: `[-${text}-]`, new: `[+${text}+]` })[kind]).join("");

test("equal texts have one piece, empty ones none", () => {
  assert.deepEqual(diffWords("/a/b c", "/a/b c"), [{ kind: "same", text: "/a/b c" }]);
  assert.deepEqual(diffWords("", ""), []);
});

test("a changed folder of a path is the only difference", () => {
  assert.equal(told("/ds/xpp/xppx123/run.sh", "/ds/xpp/xppx456/run.sh"), "/ds/xpp/[-xppx123-][+xppx456+]/run.sh");
});

test("words that come, go and change are told apart", () => {
  assert.equal(told("", "a b"), "[+a b+]");
  assert.equal(told("a b", ""), "[-a b-]");
  assert.equal(told("a c", "a b c"), "a [+b +]c");
  assert.equal(told("--sigma 4 --mask a.npy", "--sigma 6 --mask a.npy"), "--sigma [-4-][+6+] --mask a.npy");
});

test("two changes with a blank between them are one", () => {
  assert.equal(told("x one two y", "x three four y"), "x [-one two-][+three four+] y");
});

test("what is same and gone is the old text, what is same and new the new one", () => {
  const texts = ["", "a", "/a/b", "/a/c b", "a  b /c", "c a b", "/a/b/c/d e f g", "/a/x/c/y g f e", "b b b a", "a b a b"];
  for (const before of texts) {
    for (const after of texts) {
      const pieces = diffWords(before, after);
      const without = (kind) => pieces.filter((piece) => piece.kind !== kind).map(({ text }) => text).join("");
      assert.equal(without("new"), before);
      assert.equal(without("gone"), after);
    }
  }
});
