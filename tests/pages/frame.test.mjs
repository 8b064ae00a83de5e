import assert from "node:assert/strict";
import { test } from "node:test";
import { deedFilter, deedQuery, isWanted, joined } from "../../static/pure/activity.js";
import { byFavour, isFound } from "../../static/pure/experiments.js";
import { countsOf, shares, shownHashes, statusesOf } from "../../static/pure/overview.js";
import { clock, full, minute, moment, setZone, zone } from "../../static/pure/time.js";
import { iconFor, titleWith } from "../../static/pure/title.js";
import { endQuery, filterWords, hasEndedSince, notices, watching } from "../../static/pure/watches.js";

const AT = "2026-01-15T06:30:05Z";

test("all times are in the chosen zone, and so is the day they are on", () => {
  setZone("America/Los_Angeles");
  assert.equal(clock(AT), "22:30:05");
  assert.equal(zone(AT), "PST");
  assert.equal(moment(AT, Date.parse("2026-01-15T12:00:00Z")), "14 Jan 22:30");
  setZone("UTC");
  assert.equal(moment(AT, Date.parse("2026-01-15T12:00:00Z")), "06:30:05");
  assert.equal(minute(AT), "06:30");
  assert.equal(full(AT), "Thu, 15 Jan 2026, 06:30:05 UTC");
  setZone("Europe/Paris");
  assert.equal(zone(AT), "CET");
  assert.equal(zone("2026-07-15T00:00:00Z"), "CEST");
  setZone("Asia/Tokyo");
  assert.equal(`${clock(AT)} ${zone(AT)}`, "15:30:05 GMT+9");
});

test("midnight is 00, and a zone that nobody knows is the own one", () => {
  setZone("UTC");
  assert.equal(clock("2026-01-15T00:00:00Z"), "00:00:00");
  setZone(null);
  const own = clock(AT);
  setZone("Nowhere/Nothing");
  assert.equal(clock(AT), own);
});

test("the title of a tab says what runs and what failed, and its icon shows which", () => {
  assert.equal(titleWith({ running: 3, failed: 1 }, "x · Batchboard"), "3 running, 1 failed · x · Batchboard");
  assert.equal(titleWith({ running: 0, failed: 2 }, "x"), "2 failed · x");
  assert.equal(titleWith({ running: 0, failed: 0 }, "x"), "x");
  assert.deepEqual(
    [[0, 0], [3, 0], [0, 1], [2, 2]].map(([running, failed]) => iconFor({ running, failed })),
    ["favicon.svg", "favicon-running.svg", "favicon-failed.svg", "favicon-running-failed.svg"],
  );
});

const experiment = (name, more = {}) => ({ name, instrument: "XPP", description: "melting of LaB6", last_activity_at: null, ...more });

test("favourites come first, the others by name or the last active first", () => {
  const rows = [experiment("c"), experiment("a", { last_activity_at: "2026-01-01T00:00:00Z" }), experiment("b", { last_activity_at: AT })];
  const names = (found) => found.map(({ name }) => name).join("");
  assert.equal(names(byFavour(rows, new Set(["c"]), "name")), "cab");
  assert.equal(names(byFavour(rows, new Set(), "activity")), "bac");
});

test("a search finds an experiment by all its words, wherever they stand", () => {
  assert.ok(isFound(experiment("xppx12345"), "lab6 XPPX"));
  assert.ok(isFound(experiment("xppx12345"), " "));
  assert.ok(!isFound(experiment("xppx12345"), "lab6 mfx"));
});

const deed = (seq, more = {}) => ({ seq, at: AT, by: "silke", action: "apply", text: "applied calib to run 3", run: 3, job: null, definition: 1, ...more });

test("the filter of the activity is in the address, and all of it must hold", () => {
  const filter = deedFilter(new URLSearchParams("?by=silke&text=CALIB+3&odd=1"));
  assert.equal(deedQuery(filter), "?by=silke&text=CALIB+3");
  assert.equal(deedQuery(deedFilter(new URLSearchParams())), "");
  assert.ok(isWanted(deed(1), filter));
  assert.ok(!isWanted(deed(1, { by: "opr" }), filter));
  assert.ok(!isWanted(deed(1, { text: "killed" }), filter));
});

test("deeds that come twice are held once, newest first", () => {
  assert.deepEqual(joined([deed(3), deed(1)], [deed(2), deed(3)]).map(({ seq }) => seq), [3, 2, 1]);
});

const hash = (current, more = {}) => ({ id: 1, name: "calib", archived: false, current, missing: 0, median_wait: null, median_run: null, ...more });

test("the overview counts jobs of all hashes, shares add up, and what never occurs has no column", () => {
  const hashes = [hash({ EXIT: 2, DONE: 5, RUN: 1 }, { missing: 2 }), hash({ DONE: 1, PEND: 3, LOST: 0 })];
  assert.deepEqual(statusesOf(hashes), ["DONE", "RUN", "PEND", "EXIT"]);
  const { running, pending, failed } = countsOf({ hashes });
  assert.deepEqual({ running, pending, failed }, { running: 1, pending: 3, failed: 2 });
  assert.deepEqual(shares(hashes[0]).map(({ tone, count }) => `${tone} ${count}`), ["done 5", "run 1", "failed 2", "missing 2"]);
});

test("an archived hash is shown while it has jobs", () => {
  const shown = shownHashes({ hashes: [hash({}, { archived: true }), hash({ DONE: 1 }, { archived: true, id: 2 }), hash({}, { id: 3 })] });
  assert.deepEqual(shown.map(({ id }) => id), [2, 3]);
});

const job = (id, more = {}) => ({
  id, run: 141, experiment: "xppx12345", status: "DONE", definition: { id: 1, name: "indexing" }, exit_code: null, detail: "", reason: null,
  ended_at: AT, as_of: AT, kill_requested_at: null, ...more,
});

test("a job has ended when its row says so, and not again when its report changes later", () => {
  assert.ok(hasEndedSince(job("a"), Date.parse(AT) - 1));
  assert.ok(!hasEndedSince(job("a"), Date.parse(AT)));
  assert.ok(!hasEndedSince(job("a", { status: "RUN", ended_at: null }), 0));
});

test("a watch is for one job, the jobs of a run, or those of a filter", () => {
  const watches = [{ kind: "job", of: "a" }, { kind: "run", of: "141" }, { kind: "filter", of: "failed=1" }];
  const kinds = (of, chosen) => watching(of, watches, () => chosen).map(({ kind }) => kind);
  assert.deepEqual(kinds(job("a"), false), ["job", "run"]);
  assert.deepEqual(kinds(job("b", { run: 9 }), true), ["filter"]);
});

test("a notice says what ended and why", () => {
  const [one] = notices([job("a", { status: "EXIT", exit_code: 137, detail: "killed: ran out of memory (TERM_MEMLIMIT)" })]);
  assert.equal(one.title, "indexing on run 141: EXIT 137");
  assert.equal(one.body, "killed: ran out of memory (TERM_MEMLIMIT) · xppx12345");
  assert.equal(one.place, "#job/a");
});

test("many jobs that end together are one notice, with the first failure", () => {
  const jobs = ["a", "b", "c", "d"].map((id, i) => job(id, { run: 140 + i }));
  jobs[2] = job("c", { status: "LOST", detail: "LSF has forgotten it", run: 142 });
  const said = notices(jobs);
  assert.equal(said.length, 1);
  assert.equal(said[0].title, "4 jobs ended on runs 140 to 143, 1 failed");
  assert.match(said[0].body, /First failed: indexing on run 142: LOST\. LSF has forgotten it/);
});

test("a filter that is watched asks for nothing that only live jobs have, nor for how rows are shown", () => {
  const query = endQuery(new URLSearchParams("status=RUN&status=EXIT&hash=calib&sort=-length&columns=a&text="));
  assert.equal(query, "status=EXIT&hash=calib");
  assert.equal(filterWords(query), "Jobs of this filter: status EXIT, hash calib");
  assert.equal(filterWords(""), "Every job of this experiment");
});
