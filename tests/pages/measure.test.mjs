// What counts as a number is the same here as for the manager: tests/measure_cases.json.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { measure } from "../../static/pure/measure.js";

const cases = JSON.parse(readFileSync(new URL("../measure_cases.json", import.meta.url), "utf8"));

test("a counter's value is read as a number in the same way as by the manager", () => {
  for (const { value, measure: expected } of cases) assert.deepEqual(measure(value), expected, JSON.stringify(value));
});
