/** Ranges of runs, groups and words for many, tags, and how far an order is. */
import assert from "node:assert/strict";
import test from "node:test";
import { grouped, jobsOf, runsOf } from "../../static/pure/many.js";
import { progress, stateOf, undone } from "../../static/pure/outgoing.js";
import { between, collapse, parseRanges, spoken, within, written } from "../../static/pure/ranges.js";
import { addTags } from "../../static/pure/tags.js";

test("what people type as runs is read, whatever blanks and commas stand around it", () => {
  assert.deepEqual(parseRanges("1-20,25"), { ranges: [[1, 20], [25, 25]], problem: null });
  assert.deepEqual(parseRanges(" 7 ; 3 - 5,, 4\u20136 , ").ranges, [[7, 7], [3, 5], [4, 6]]);
});

test("the last ones are the newest runs that there are, however they are numbered", () => {
  assert.deepEqual(parseRanges("last 3, 2", [9, 2, 7, 4, 8]), { ranges: [[7, 9], [2, 2]], problem: null });
  assert.deepEqual(parseRanges("LAST 2", new Set([3, 1, 9])).ranges, [[3, 3], [9, 9]]);
  assert.deepEqual(parseRanges("last 50", [1, 2]).ranges, [[1, 2]]);
  assert.match(parseRanges("last 3").problem, /neither a run number/);
  assert.match(parseRanges("last 0", [1, 2]).problem, /neither a run number/);
});

test("what cannot be read says which part is wrong and why", () => {
  const problem = (text) => parseRanges(text).problem;
  assert.match(problem("1-20,2x"), /“2x” is neither a run number nor a range/);
  assert.match(problem("20-1"), /“20-1” goes backwards: write 1-20/);
  assert.match(problem("0-4"), /begin at 1/);
  assert.match(problem("1-3000000000"), /too large/);
  assert.match(problem("-5"), /neither a run number/);
  assert.match(problem(" , "), /type run numbers/);
  assert.deepEqual(parseRanges("1,x").ranges, []);
});

test("numbers collapse into ranges that do not touch", () => {
  assert.deepEqual(collapse([5, 3, 4, 9, 1, 4]), [[1, 1], [3, 5], [9, 9]]);
  assert.equal(written([25, ...Array.from({ length: 20 }, (_, i) => 20 - i)]), "1-20,25");
  assert.equal(written([]), "");
});

test("what is written is read as the same runs", () => {
  const numbers = [1, 2, 3, 7, 9, 10, 400];
  assert.deepEqual(within(Array.from({ length: 500 }, (_, i) => i + 1), parseRanges(written(numbers)).ranges), numbers);
});

test("many ranges are cut short, and the runs that follow are counted", () => {
  assert.equal(spoken([1, 2, 3, 5, 7]), "1-3, 5, 7");
  assert.equal(spoken([1, 3, 5, 6, 7, 9], 2), "1, 3 and 4 more");
});

test("a range reaches from the last one to this one in the order of the view", () => {
  const order = [9, 2, 7, 4, 1];
  assert.deepEqual(between(order, 2, 4), [2, 7, 4]);
  assert.deepEqual(between(order, 4, 2), [2, 7, 4]);
  assert.deepEqual(between(order, null, 7), [7]);
  assert.deepEqual(between(order, 99, 7), [7]);
});

test("groups keep the order of their first ones", () => {
  assert.deepEqual([...grouped([3, 1, 4, 6], (n) => (n % 2 ? "odd" : "even"))], [["odd", [3, 1]], ["even", [4, 6]]]);
  assert.deepEqual([jobsOf(1), jobsOf(3, "running"), jobsOf(1200), runsOf(1), runsOf(5000)], ["1 job", "3 running jobs", "1,200 jobs", "1 run", "5,000 runs"]);
});

test("a job is to go until LSF has it, and what ended before that failed or was cancelled", () => {
  const state = (status, lsf_id = null) => stateOf({ status, lsf_id });
  assert.deepEqual(["Request Sent", "Persisted", "LSF_Slow"].map((status) => state(status)), ["waiting", "waiting", "waiting"]);
  assert.deepEqual(["PEND", "RUN", "DONE", "EXIT"].map((status) => state(status, "731")), ["in", "in", "in", "in"]);
  assert.deepEqual(["Submit failed", "LOST", "EXIT"].map((status) => state(status)), ["failed", "failed", "cancelled"]);
});

test("progress says what is in LSF, what failed and what is to go", () => {
  const jobs = Array.from({ length: 40 }, (_, i) => String(i));
  const states = new Map(jobs.slice(0, 33).map((id, i) => [id, i < 32 ? "in" : "failed"]));
  assert.equal(progress(jobs, states).text, "32 of 40 in LSF, 1 submit failed, 7 to go");
  assert.equal(progress(jobs.slice(0, 32), states).text, "32 of 32 in LSF");
});

test("undo tells what LSF had already from what had ended", () => {
  const skipped = [{ job: "a", reason: "LSF has it: 731885" }, { job: "b", reason: "it has ended: Submit failed" }];
  assert.deepEqual(undone({ jobs: [1, 2], skipped }), { had: ["a"], text: "2 cancelled, 1 LSF had already" });
  assert.deepEqual(undone({ jobs: [1], skipped: [] }), { had: [], text: "1 cancelled" });
});

test("tags are added once, and one that cannot be says why", () => {
  assert.deepEqual(addTags(" bad  beam, dark,", ["dark"]), { tags: ["dark", "bad beam"], problem: null });
  assert.match(addTags("x".repeat(41), []).problem, /at most 40/);
  assert.match(addTags("a", Array.from({ length: 20 }, (_, i) => `t${i}`)).problem, /at most 20/);
  assert.match(addTags("a\u0007b", []).problem, /printable/);
});
