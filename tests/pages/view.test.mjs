import assert from "node:assert/strict";
import { test } from "node:test";
import { delay, delayAsked } from "../../static/pure/backoff.js";
import { asOf, away, silence } from "../../static/pure/doubts.js";
import { decide, looksLikeShell, objection, split, splitCommand } from "../../static/pure/edit.js";
import { silentWords } from "../../static/pure/log.js";
import { paramColumns } from "../../static/pure/runs.js";
import { doubtOf, isKillStuck, isLive, look, remark, tally } from "../../static/pure/status.js";
import { ago, length, minute, moment } from "../../static/pure/time.js";

const run = (number, params = {}) => ({ key: `run/${number}`, kind: "run", seq: number, number, params });

test("parameter columns are the first ones of the newest runs", () => {
  assert.deepEqual(paramColumns([run(3, { a: 1 }), run(2, { b: 1, a: 2 }), run(1, { c: 1, d: 1 })], 3), ["a", "b", "c"]);
});

test("every status of the contract has a shape of its own kind, unknown ones ask for attention", () => {
  const quiet = ["Request Sent", "PEND", "PSUSP", "WAIT", "PROV"].map((status) => look(status).tone);
  assert.deepEqual([...new Set(quiet)], ["quiet"]);
  for (const status of ["EXIT", "Submit failed", "LOST"]) assert.equal(look(status).tone, "failed");
  assert.equal(look("toString").tone, "attention");
  assert.deepEqual(["DONE", "EXIT", "LOST", "Submit failed"].map(isLive), [false, false, false, false]);
  assert.ok(isLive("ZOMBI"));
});

test("counts take every line of a run once", () => {
  const words = ["RUN", "SSUSP", "UNKWN", "PEND", "Persisted", "DONE", "EXIT", "LOST", "Submit failed"];
  const current = Object.fromEntries(words.map((status, i) => [status, i + 1]));
  assert.deepEqual(tally(current), { lines: 45, running: 6, pending: 9, failed: 24 });
});

test("a failure says why, a running job is left to its report unless its kill was refused", () => {
  assert.equal(remark({ status: "EXIT", detail: "killed: TERM_MEMLIMIT", reason: null }), "killed: TERM_MEMLIMIT");
  assert.equal(remark({ status: "EXIT", exit_code: 3, detail: "exit 3", reason: "exit 3" }), null, "the status says it");
  assert.equal(remark({ status: "EXIT", exit_code: 3, detail: "exit 3", reason: "no beam" }), "no beam");
  assert.equal(remark({ status: "RUN", detail: "running", reason: null }), null);
  assert.match(remark({ status: "RUN", detail: "running; kill refused: not yours", reason: null }), /not yours/);
});

test("a cell of somebody else's is neither overwritten nor reported without need", () => {
  assert.equal(decide("a", "a", "a"), "nothing");
  assert.equal(decide("a", "b", "a"), "send");
  assert.equal(decide("a", "b", "c"), "conflict");
  assert.equal(decide("a", "b", "b"), "nothing");
  assert.equal(decide("a", "a", "c"), "nothing");
});

test("a command line is split at its first blank, parameters at every one", () => {
  assert.deepEqual(splitCommand(" /a/b.sh  one  two "), { executable: "/a/b.sh", parameters: "one  two" });
  assert.deepEqual(splitCommand("/a/b.sh"), { executable: "/a/b.sh", parameters: null });
  assert.deepEqual(split(' a  "b c"\t$x '), ["a", '"b', 'c"', "$x"]);
  assert.ok(looksLikeShell('"b c"') && looksLikeShell("$HOME") && !looksLikeShell("-q 4 --mask=a,b"));
});

test("values that cannot be saved are refused in words", () => {
  assert.match(objection("executable", "bin/x"), /absolute/);
  assert.equal(objection("executable", ""), null);
  assert.match(objection("name", "x".repeat(65)), /64/);
  assert.match(objection("name", "a\u0007"), /printable/);
  assert.match(objection("parameters", "x".repeat(4001)), /4,000/);
});

const now = Date.parse("2026-01-01T12:00:00Z");
const place = { name: "default", agent_connected: true, agent_seen_at: null, scheduler_silent_since: null, scheduler_problem: null, scheduler_answered_at: "2026-01-01T11:56:00Z" };
const silent = { ...place, scheduler_silent_since: "2026-01-01T11:58:00Z", scheduler_problem: "bjobs: no answer after 30 s" };

test("LSF counts as silent only where it does not answer, its batch client is there and jobs are live", () => {
  assert.deepEqual(silence([place], () => true, now), []);
  assert.deepEqual(silence([silent], () => false, now), []);
  assert.deepEqual(silence([{ ...silent, agent_connected: false }], () => true, now), []);
  const [said] = silence([silent], () => true, now);
  assert.match(said.text, /^LSF silent since \d\d:58$/);
  assert.match(said.title, /^LSF has not answered since \d\d:58 \(default\)\. .*\nbjobs: no answer after 30 s$/);
});

test("each silent location is said with its name and time", () => {
  const far = { ...silent, name: "far", scheduler_silent_since: "2026-01-01T11:50:00Z" };
  const texts = silence([silent, place, far], () => true, now).map(({ text }) => text);
  assert.match(texts.join(), /^LSF silent since \d\d:58 \(default\),LSF silent since \d\d:50 \(far\)$/);
  assert.match(silence([far, silent], (name) => name === "far", now)[0].text, /since \d\d:50 \(far\)$/);
});

test("a batch client that is away is named when there are several locations", () => {
  const gone = { ...place, agent_connected: false };
  assert.deepEqual(away([place], now), []);
  assert.equal(away([gone], now)[0].text, "Batch client away");
  assert.match(away([place, { ...gone, name: "far" }], now)[0].text, /away \(far\)/);
});

test("a live job in LSF says how old its status is, only while nobody can tell", () => {
  const one = { status: "RUN", as_of: "2026-01-01T11:40:00Z" };
  assert.equal(asOf(one, place, now), "");
  assert.match(asOf(one, silent, now), /^as of \d\d:56$/);
  assert.match(asOf({ ...one, as_of: "2026-01-01T11:57:00Z" }, { ...place, agent_connected: false }, now), /^as of \d\d:57$/);
  for (const status of ["DONE", "LSF_Slow"]) assert.equal(asOf({ ...one, status }, silent, now), "");
  assert.equal(asOf(one, undefined, now), "");
});

test("a doubt is a job before LSF that says so, and nothing else is", () => {
  assert.equal(doubtOf({ status: "LSF_Slow", detail: "unknown: LSF did not answer" }), "LSF did not answer");
  assert.equal(doubtOf({ status: "LSF_Slow", detail: "agent silent" }), null);
  assert.equal(doubtOf({ status: "EXIT", detail: "unknown: x" }), null);
});

test("a kill is stuck only when it was asked for and LSF has lost the host", () => {
  const asked = "2026-01-01T11:40:00Z";
  assert.ok(isKillStuck({ status: "UNKWN", kill_requested_at: asked }) && isKillStuck({ status: "ZOMBI", kill_requested_at: asked }));
  assert.ok(!isKillStuck({ status: "UNKWN", kill_requested_at: null }) && !isKillStuck({ status: "RUN", kill_requested_at: asked }));
});

test("a log without output says when it comes and where", () => {
  assert.match(silentWords("RUN", "/logs/7"), /output appears when the job ends, in \/logs\/7\./);
  assert.match(silentWords("LSF_Slow", null), /LSF does not have the job/);
  assert.equal(silentWords("DONE", null), "No output was found.");
});

test("coming back takes between half a second and half a minute, growing and spread", () => {
  assert.equal(delay(0, 0), 500);
  assert.ok(delay(0, 0.999) <= 1000);
  assert.ok(delay(20, 0.999) <= 30_000 && delay(20, 0.999) > 29_000);
  assert.equal(delayAsked([0, 5000], 0.5), 2500);
  assert.equal(delayAsked([0, 1e9], 0.99), 30_000);
});

test("lengths and ages read as people say them", () => {
  assert.deepEqual([7e3, 252e3, 3753e3, 90000e3, -5].map(length), ["0:07", "4:12", "1:02:33", "1 d 1:00:00", "0:00"]);
  assert.deepEqual([1e3, 12e3, 240e3, 3 * 3600e3, 50 * 3600e3].map((ms) => ago(0, ms)), ["now", "12 s ago", "4 min ago", "3 h ago", "2 d ago"]);
  assert.match(moment("2026-01-01T12:00:00", Date.parse("2026-01-01T13:00:00")), /^12:00:00$/);
  assert.equal(minute("2026-01-01T12:00:00", Date.parse("2026-01-03T13:00:00")), "1 Jan 12:00");
  assert.equal(minute("2026-01-01T12:00:00"), "12:00");
  assert.match(moment("2026-01-01T12:00:00", Date.parse("2026-01-03T13:00:00")), /^1 Jan 12:00$/);
});
