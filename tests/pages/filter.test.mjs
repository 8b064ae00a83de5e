import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { chooseLines, conditionsOf, lineOrder, NO_FILTER, parseFilter, toQuery } from "../../static/pure/filter.js";

const CASES = JSON.parse(readFileSync(new URL("../filter_cases.json", import.meta.url), "utf8"));

test("the page chooses what the server chooses", () => {
  assert.ok(CASES.length > 90);
  for (const { name, run, jobs, query, chosen, lines, error } of CASES) {
    const { filter, problems } = parseFilter(new URLSearchParams(query));
    assert.deepEqual(Object.keys(problems), error ? [error] : [], name);
    if (error) continue;
    const found = chooseLines(run, jobs, filter);
    assert.deepEqual(found && [...found].sort(), chosen && [...chosen].sort(), `${name}: ${query}`);
    const stand = jobs.filter((job) => found?.has(job.id)).sort(lineOrder(filter.sort));
    assert.deepEqual(stand.map((job) => job.id), lines ?? [], `${name}: ${query}`);
  }
});

test("a filter comes back from its query as it went in", () => {
  const filter = { text: "LaB6 +&=", runs: "1-20,25", hash: ["calib", "a b"], status: ["Request Sent"], user: "ana", tag: ["bad beam"], failed: true, sort: "-counter:Hit rate", of: "calib" };
  assert.deepEqual(parseFilter(toQuery(filter)).filter, filter);
  assert.equal(toQuery(parseFilter(new URLSearchParams("sort=-run&runs=&text=++&hash=")).filter).toString(), "");
});

test("ranges are kept in one way of writing, what cannot be read is left out and named", () => {
  const { filter, problems } = parseFilter(new URLSearchParams("runs=+1+-+20%3B25,&text=a"));
  assert.deepEqual([filter.runs, problems], ["1-20,25", {}]);
  const wrong = parseFilter(new URLSearchParams("runs=20-1&sort=colour&text=a"));
  assert.deepEqual(wrong.filter, { ...NO_FILTER, text: "a" });
  assert.match(wrong.problems.runs, /backwards/);
  assert.match(wrong.problems.sort, /colour/);
});

test("conditions that are set are named, blanks and sorting are none", () => {
  assert.deepEqual(conditionsOf({ ...NO_FILTER, sort: "run", text: "  " }), []);
  assert.deepEqual(conditionsOf({ ...NO_FILTER, text: "a", tag: ["dark"], failed: true }), ["text", "tag", "failed"]);
});
