"""What the store has at the end, read from its file, and whether every acknowledged write is in it."""

import json
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine

from realtime.protocol.rows import Transition
from realtime.protocol.wire import encode
from realtime.store import history, rows
from realtime.store.changes import SITE, experiment_scope
from tests.chaos.ledger import Ledger
from tests.chaos.subscriber import RUNS
from tests.chaos.writers import EXPERIMENT, comment_on

SCOPE = experiment_scope(EXPERIMENT)
FARM = ("PEND", "RUN", "DONE", "EXIT")
"""What the agent says; the rest comes from the manager."""

Rows = dict[str, Any]


class Truth:
    """Scope -> seq and rows; and every transition."""

    def __init__(self, database: Path) -> None:
        engine = create_engine(f"sqlite:///{database}")
        self.scopes: dict[str, tuple[int, Rows]] = {}
        with engine.connect() as connection, connection.begin():
            for scope in (SITE, SCOPE):
                seq, entries = rows.snapshot(connection, scope, RUNS)
                self.scopes[scope] = seq, {entry.key: json.loads(entry.raw or b"") for entry in entries}
            self.transitions = history.transitions_since(connection, EXPERIMENT, 0, 1_000_000)
        engine.dispose()

    def write(self, path: Path) -> None:
        """As a file for the crowds."""
        path.write_text(json.dumps({scope: {"seq": seq, "rows": found} for scope, (seq, found) in self.scopes.items()}))

    def missing(self, ledger: Ledger) -> Iterator[str]:
        """Acknowledged writes that are not in the store, in words."""
        held = self.scopes[SCOPE][1]
        for number, params in ledger.runs.items():
            run = held.get(f"run/{number}")
            there = {*run["params"], "ended" if run["ended_at"] else ""} if run else set()
            if run and run["comment"] == comment_on(number) and run["tags"] == ["chaos"]:
                there.add("comment")
            if run is None or not params <= there:
                yield f"run {number} has {there}, acknowledged were {params}"
        if int(held["definition/1"]["parameters"]) < ledger.edits:
            yield f"the hash is {held['definition/1']}, acknowledged was edit {ledger.edits}"
        jobs = {row["id"]: row["run"] for row in held.values() if row["kind"] == "job"}
        wanted = {job: run for job, run in ledger.jobs.items() if job not in ledger.deleted}
        for job in jobs.keys() ^ wanted.keys():
            yield f"job {job} is {'not ' if job in wanted else ''}there, and should {'' if job in wanted else 'not '}be"
        for job in jobs.keys() & wanted.keys():
            row = held[f"job/{job}"]
            counters = {counter["name"] for counter in row["counters"]}
            if row["run"] != wanted[job]:
                yield f"job {job} is of run {row['run']}, acknowledged was {wanted[job]}"
            if lost := ledger.posts.get(job, set()) - counters:
                yield f"job {job} lacks the acknowledged counters {sorted(lost)}"
            if job in ledger.killed and row["kill_requested_at"] is None and row["status"] != "EXIT":
                yield f"job {job} is {row['status']}, a kill was acknowledged"

    def twice_or_never(self, ledger: Ledger, told: list[Transition]) -> Iterator[str]:
        """What is wrong with the transitions; `told`: all that a program has read while they came, in its order."""
        if told != self.transitions:
            here, there = {one.seq for one in self.transitions}, {one.seq for one in told}
            yield f"{len(told)} transitions were told of, {len(self.transitions)} are stored: {sorted(here ^ there)}"
        held = self.scopes[SCOPE][1]
        of_job: dict[str, list[Transition]] = defaultdict(list)
        for one in self.transitions:
            of_job[one.job].append(one)
        for job in ledger.jobs:
            chain = of_job.get(job, [])
            text = f"job {job}: " + ", ".join(f"{one.from_} -> {one.to}" for one in chain)
            if not chain or chain[0].from_ is not None or any(one.to != two.from_ for one, two in pairwise(chain)):
                yield f"{text} does not hang together"
            elif job not in ledger.deleted and held[f"job/{job}"]["status"] != chain[-1].to:
                yield f"{text}, and its row says {held[f'job/{job}']['status']}"
            words = [one.to for one in chain if one.to in FARM and one.to != one.from_ and one.by == "agent"]
            if job not in ledger.deleted and words[: len(said := ledger.words.get(job, []))] != said:
                yield f"{text}, the agent was acknowledged {said}"
            if len(words) != len(set(words)):
                yield f"{text}: a transition twice"


def differs(one: Truth, other: Truth) -> bool:
    """Whether the store has moved."""
    return encode(one.scopes) != encode(other.scopes)
