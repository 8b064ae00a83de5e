// What is shown of why a job failed. Run by: node --test
import assert from "node:assert/strict";
import test from "node:test";

import { inLog, lastLines, oneLine, partWords } from "../../static/pure/explanation.js";

test("the last lines are shown without colours, and the error among them is marked once", () => {
  const text = "step 1\n\x1b[31m  ValueError: no\x1b[0m\r\nValueError: no";
  assert.deepEqual(lastLines(text, { line: "ValueError: no", at: 7 }), [
    { text: "step 1", wrong: false },
    { text: "  ValueError: no", wrong: true },
    { text: "ValueError: no", wrong: false },
  ]);
  assert.ok(lastLines(text, null).every(({ wrong }) => !wrong));
  assert.ok(lastLines(text, { line: "earlier", at: 0 }).every(({ wrong }) => !wrong));
});

test("a line whose byte is known has an address in the log", () => {
  assert.equal(inLog("a", 0), "#job/a/log/@0");
  assert.equal(inLog("a", null), "#job/a/log");
});

test("where logs part is said in words", () => {
  const line = { line: "x", at: 1 };
  assert.equal(partWords({ this: line, that: line, same_lines: 1200 }), "The logs are alike for 1,200 lines; then they part.");
  assert.equal(partWords({ this: null, that: line, same_lines: 1 }), "The logs are alike for 1 line; then this one ends.");
  assert.equal(partWords({ this: line, that: null, same_lines: 2 }), "The logs are alike for 2 lines; then the good one ends.");
  assert.equal(partWords({ this: line, that: line, same_lines: 0 }), "The logs differ from their first line on.");
  assert.equal(partWords({ this: null, that: null, same_lines: 3 }), "The logs do not differ, but for numbers, in 3 lines.");
});

test("parameters that were pasted with line ends are one line", () => {
  assert.equal(oneLine("-M 8G\r\n-W 30\n"), "-M 8G -W 30 ");
});
