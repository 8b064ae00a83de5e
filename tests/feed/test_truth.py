"""Whatever users, scripts and agents do: who has followed the deltas sees exactly what a new snapshot shows."""

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from realtime.domain.errors import BatchboardError
from realtime.domain.report import parse
from realtime.domain.status import FROM_LSF, Status
from realtime.feed import Log, read_news
from realtime.protocol.agent import AgentState, LeaseRequest
from realtime.protocol.observations import CheckSeen, KillSeen, LsfSeen, PostSeen, SubmissionSeen
from realtime.protocol.rows import Check
from realtime.service import agents, applying, claims, definitions, experiments, jobs, reports
from realtime.service.observations import observe
from realtime.service.work import hand_out
from realtime.settings import Settings
from realtime.store import history, locations, rows
from realtime.store.changes import SITE, experiment_scope
from realtime.store.tx import Tx
from realtime.web.context import House

SCOPES = (SITE, experiment_scope("e"))


class Follower:
    """Rows by key, changed by deltas alone."""

    def __init__(self) -> None:
        self.rows: dict[str, Any] = {}
        self.seq = 0

    def take(self, message: bytes) -> None:
        said = json.loads(message)
        assert said["from"] == self.seq
        self.rows |= {row["key"]: row for row in said["put"]}
        for key, _ in said["drop"]:
            self.rows.pop(key, None)
        self.seq = said["to"]


class World:
    """Somebody does something, by the service as everyone."""

    def __init__(self, house: House, chance: random.Random) -> None:
        self.rules = house.rules
        self.chance = chance
        self.generation = 0
        self.n = 0

    def something(self) -> Callable[[Tx], object]:
        once = [self.run, self.end_run, self.define, self.edit, self.archive, self.kill, self.resubmit]
        once += [self.lease, self.work, self.claim, self.killed, self.check, self.silence, self.adopt]
        often = [self.apply, self.delete, self.submitted, self.look, self.report, self.verified]
        deeds = once + often * 3
        return self.chance.choice(deeds)

    def any_of(self, tx: Tx, kind: str) -> Any:
        _, entries = rows.snapshot(tx.conn, SCOPES[1], 1000)
        found = [json.loads(e.raw or b"") for e in entries if e.key.startswith(kind + "/")]
        if not found:
            raise BatchboardError("nothing there yet")
        return self.chance.choice(found)

    def seen(self) -> dict[str, Any]:
        self.n += 1
        return {"n": self.n, "at": datetime.now(UTC)}

    def observe(self, tx: Tx, observation: Any) -> None:
        observe(tx, self.rules, "default", self.generation, [observation])

    def run(self, tx: Tx) -> None:
        experiments.start_run(tx, "e", None, None, {"Sample": self.chance.choice("ab")}, "ana")

    def end_run(self, tx: Tx) -> None:
        experiments.change_run(tx, "e", self.any_of(tx, "run")["number"], {"ended_at": tx.now}, "ana")

    def define(self, tx: Tx) -> None:
        name = self.chance.choice("abcde")
        values = {"name": name, "executable": "/x", "parameters": "", "location": "default"}
        definitions.create_definition(tx, "e", values, "ana")

    def edit(self, tx: Tx) -> None:
        row = self.any_of(tx, "definition")
        definitions.change_definition(tx, "e", row["id"], {"parameters": self.chance.choice("pqr")}, None, "ana")

    def archive(self, tx: Tx) -> None:
        definitions.delete_definition(tx, "e", self.any_of(tx, "definition")["id"], "ana")

    def apply(self, tx: Tx) -> None:
        row = self.any_of(tx, "definition")
        applying.apply(tx, self.rules, "e", row["id"], self.any_of(tx, "run")["number"], "all", None, "ana")

    def kill(self, tx: Tx) -> None:
        jobs.kill(tx, self.rules, self.any_of(tx, "job")["id"], "ben", force=self.chance.random() < 0.2)

    def adopt(self, tx: Tx) -> None:
        claims.adopt(tx, self.rules, self.any_of(tx, "job")["id"], self.chance.choice("78"), "ben")

    def verified(self, tx: Tx) -> None:
        work = hand_out(tx, self.rules, "default", 0, [])
        if not work.verify:
            raise BatchboardError("nothing claimed")
        asked = self.chance.choice(work.verify)
        problem = self.chance.choice([None, "refused"])
        verdict: dict[str, Any] = {
            "lsf_id": asked.lsf_id,
            "log_file": asked.log_file,
            "lsf_problem": problem,
            "log_problem": problem,
        }
        self.observe(tx, PostSeen(**self.seen(), job=asked.job, **verdict))

    def delete(self, tx: Tx) -> None:
        jobs.delete(tx, self.any_of(tx, "job")["id"], "ana")

    def resubmit(self, tx: Tx) -> None:
        applying.resubmit(tx, self.rules, self.any_of(tx, "job")["id"], "ana")

    def lease(self, tx: Tx) -> None:
        request = LeaseRequest(location="default", agent="a", version="1", scheduler="LSF", scheduler_version="10")
        self.generation = agents.lease(tx, self.rules, request, "e")

    def work(self, tx: Tx) -> None:
        answered = datetime.now(UTC) + timedelta(seconds=self.chance.randrange(60))
        silent_since = self.chance.choice([None, answered])
        agents.hear(tx, "default", self.generation, AgentState(answered_at=answered, silent_since=silent_since))
        hand_out(tx, self.rules, "default", 3, [])

    def claim(self, tx: Tx) -> None:
        agents.claim(tx, self.rules, "default", self.any_of(tx, "job")["id"])

    def submitted(self, tx: Tx) -> None:
        ids = self.chance.choice([[], ["7"], ["7", "8"]])
        found = {
            "job": self.any_of(tx, "job")["id"],
            "ended_at": datetime.now(UTC) if self.chance.random() < 0.5 else None,
            "doubt": self.chance.choice([None, None, "LSF did not answer"]),
            "adopted": ids[:1] if self.chance.random() < 0.3 else [],
            "surplus": self.chance.choice([[], [], ["9"], ["9", "10"]]),
        }
        self.observe(tx, SubmissionSeen(**self.seen(), **found, lsf_ids=ids, exit_code=1))

    def look(self, tx: Tx) -> None:
        status = self.chance.choice([*sorted(FROM_LSF), Status.LOST])
        job = self.any_of(tx, "job")["id"]
        lsf_id = self.chance.choice("78")
        elements = self.chance.choice([{}, {"DONE": 3, "RUN": 4}])
        seen = LsfSeen(**self.seen(), job=job, lsf_id=lsf_id, status=status, host="node7", elements=elements)
        self.observe(tx, seen)

    def killed(self, tx: Tx) -> None:
        error = self.chance.choice([None, "User permission denied"])
        self.observe(tx, KillSeen(**self.seen(), job=self.any_of(tx, "job")["id"], error=error))

    def report(self, tx: Tx) -> None:
        bodies = ['{"counters": {"A": [1, "red"]}}', "[]", '{"counters": {"A": null, "B": "x"}}']
        body = self.chance.choice([*bodies, '{"lsf_id": 7}', '{"log_file": "/x/7.log"}'])
        post = reports.Received(job=self.any_of(tx, "job")["id"], body=body, post=parse(body.encode()))
        reports.accept_reports(tx, [post] * self.chance.choice([1, 2]))

    def check(self, tx: Tx) -> None:
        row = self.any_of(tx, "definition")
        found = Check(ok=self.chance.random() < 0.5, problem=None, at=tx.now)
        self.observe(tx, CheckSeen(**self.seen(), definition=row["id"], version=row["version"], check=found))

    def silence(self, tx: Tx) -> None:
        locations.note(tx, "default", {"heard_at": datetime.now(UTC) - timedelta(hours=1)})
        rules = type(self.rules)(
            slow_after=self.rules.slow_after,
            up_since=datetime.now(UTC) - timedelta(hours=2),
            public_url="",
            secret=b"",
        )
        agents.notice_silence(tx, rules)
        jobs.relabel(tx, rules)


@pytest.fixture
def settings(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An application that does nothing by itself between two looks at it."""
    monkeypatch.setattr("realtime.app.LABEL_EVERY", 3600)
    return settings


@pytest.mark.parametrize("seed", range(4))
async def test_following_the_deltas_is_seeing_the_truth(house: House, seed: int) -> None:
    chance = random.Random(seed)
    logs = {scope: Log(house.store.epoch, 0) for scope in SCOPES}
    followers = {scope: Follower() for scope in SCOPES}
    told: list[int] = []

    def on_news(topic: str, message: bytes) -> None:
        scope = SITE if topic == SITE else SCOPES[1]
        assert logs[scope].apply(read_news(message, scope)[1]), "no commit is missing between two that are told of"

    def on_transition(topic: str, message: bytes) -> None:
        told.append(json.loads(message)["seq"])

    for topic, heard in ((SITE, on_news), ("changes:e", on_news), ("transitions:e", on_transition)):
        house.bus.listen(topic, heard, lambda: None)
    await house.store.write(lambda tx: experiments.create_experiment(tx, "e", "XPP", "", "ana"))
    world = World(house, chance)
    done = 0
    for _ in range(160):
        try:
            await house.store.write(world.something())
            done += 1
        except BatchboardError:
            continue
        for scope in SCOPES:
            if chance.random() < 0.4:
                await compare(house, scope, logs[scope], followers[scope])
    assert done > 60
    for scope in SCOPES:
        await compare(house, scope, logs[scope], followers[scope])
    kept = await house.store.read(partial(history.transitions_since, experiment="e", since=0, limit=10_000))
    assert told == [transition.seq for transition in kept], "every transition is told of once, in order"


async def compare(house: House, scope: str, log: Log, follower: Follower) -> None:
    frames = log.since(follower.seq)
    assert frames is not None
    for frame in frames:
        follower.take(frame.payload)
    seq, entries = await house.store.read(partial(rows.snapshot, scope=scope, newest_runs=1000))
    assert follower.rows == {entry.key: json.loads(entry.raw or b"") for entry in entries}
    assert follower.seq == seq
