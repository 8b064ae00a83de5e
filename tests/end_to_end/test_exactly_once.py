"""Hundreds of requests through the worst days of LSF and of the agent: each becomes one job, or none and says why.

Jobs wait until they are let run, at the very end: what then runs is what was really submitted and not killed, and the
scheduler's own history is what was really submitted.
"""

import os
import random
import re
import shutil
import signal
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from lsf_agent.embedded.config import configure
from tests.end_to_end.installation import Installation, installed, until

LOST_ANSWERS: list[dict[str, Any]] = [
    {"answer": "timed out"},
    {"answer": "timed out", "jobs": 3},
    {"answer": "killed"},
    {"answer": "killed", "jobs": 3},
    {"answer": "hang"},
    {"answer": "hang", "jobs": 2},
    {"answer": "nothing"},
    {"answer": "still trying", "jobs": 2},
    {"err": "batch system daemon not responding ... still trying", "jobs": 2},
]
"""bsub has made jobs and does not say so, or says the contrary."""
NO_JOBS: list[dict[str, Any]] = [
    {"refuse": "Failed in an LSF library call: Communication time out. Job not submitted."},
    {"hang": True},
    {"silent": True},
    {"code": 255, "silent": True},
    {"unanswered": True},
]
"""The same answers, but no job was made."""
ODD_ANSWERS: list[dict[str, Any]] = [
    {"swap": True},
    {"out": "Cannot connect to LSF. Please wait ..."},
    {"out": "Verifying job submission parameters, 4711 of them ...", "late": 0.5},
    {"code": 1},
    {"delay": 1.5},
]
LOOKS: list[dict[str, Any]] = [
    {"command": "bjobs", "silent": True, "times": 3},
    {"command": "bjobs", "refuse": "LSF is down. Please wait ...", "times": 3},
    {"command": "bjobs", "out": "Cannot connect to LSF. Please wait ...", "times": 3},
]

SUBMIT = "bsub -q normal -o /dev/null {work} $BATCH_JOB_ID"
SCRIPTS = {
    "plain": f"exec {SUBMIT}.1",
    "keeps": f"answer=$({SUBMIT}.1)\necho submitted",
    "slow": f"sleep 0.3\n{SUBMIT}.1\nsleep 0.3",
    "pair": f"{SUBMIT}.1\n{SUBMIT}.2",
    "refused": f"exec {SUBMIT.replace('normal', 'nosuchq')}.1",
    "without": "echo nothing to do >&2\nexit 3",
}
WORK = """#!/bin/sh
[ -e {go} ] || read -r _ < {gate}
echo "$1 $LSB_JOBID" >> {ran}
"""


AGENTS = ("agent", "spare")
REQUESTS = 200
LEASE = 11.0
"""Seconds after which an agent that was not heard of has lost its lease."""
HELD = "has lost its records of this script"


@dataclass
class Farm:
    """An installation whose jobs wait for `let_run`. `jobs`: request -> the kind of its script; `held`: those that were
    held for a person; `forgotten`: those that had an LSF ID when the spool was lost, and with it what was being found
    out about doubles."""

    installation: Installation
    jobs: dict[str, str] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)
    forgotten: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        folder = self.installation.folder
        self.go, self.gate, self.ran = folder / "go", folder / "gate", folder / "ran"
        os.mkfifo(self.gate)
        self.ran.touch()
        work = self.installation.script("work.sh", WORK.format(go=self.go, gate=self.gate, ran=self.ran))
        scripts = {
            kind: self.installation.script(f"{kind}.sh", f"#!/bin/sh\n{text.format(work=work)}\n")
            for kind, text in SCRIPTS.items()
        }
        self.installation.prepare(runs=8, **scripts)

    def apply(self, kind: str, runs: int) -> None:
        for job in self.installation.apply(kind, f"1-{runs}"):
            self.jobs[job] = kind

    def rows(self) -> dict[str, dict[str, Any]]:
        """The rows of all jobs."""
        items = self.installation.get("/experiments/demo/jobs?limit=500")["items"]
        found = {row["id"]: row for row in items}
        return {job: found[job] for job in self.jobs}

    def waiting(self) -> int:
        """Requests whose script has not begun."""
        return sum(row["status"] in ("Request Sent", "Persisted") for row in self.rows().values())

    def unsettled(self) -> dict[str, str]:
        """Requests of which it is still being found out what became of them."""
        return {
            job: f"{self.jobs[job]}: {row['status']}: {row['detail']}"
            for job, row in self.rows().items()
            if row["status"] in ("Request Sent", "Persisted", "LSF_Slow") and HELD not in (row["detail"] or "")
        }

    def let_run(self) -> None:
        """All jobs, those that wait at the gate and those to come. To be repeated: some may be on their way to it."""
        self.go.touch()
        with suppress(OSError):
            os.close(os.open(self.gate, os.O_WRONLY | os.O_NONBLOCK))

    def made(self) -> dict[str, dict[str, list[str]]]:
        """Request -> call -> LSF IDs, of every job in the scheduler's own history."""
        found: dict[str, dict[str, list[str]]] = {job: {} for job in self.jobs}
        for event in self.installation.submissions():
            job, call = re.findall(r"([0-9a-f]{24})\.(\d)", event["command"])[-1]
            found[job].setdefault(call, []).append(str(event["id"]))
        return found

    def were_run(self) -> Counter[str]:
        """`REQUEST.CALL LSF-ID` -> how often it was run to its end."""
        return Counter(self.ran.read_text().splitlines())

    def processes(self, program: str) -> list[int]:
        """Ids of this installation's runners (`__main__.py`) or shims (`shim.py`)."""
        spool = str(self.installation.agent_dir / "agent" / "spool")
        found = []
        for process in Path("/proc").iterdir():
            with suppress(OSError):
                words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
                if any(word.endswith(f"/runner/{program}") for word in words):
                    about = [*words, str((process / "fd" / "0").readlink())]
                    found += [int(process.name)] if any(word.startswith(spool) for word in about) else []
        return found

    def clean_up(self) -> None:
        """A bsub that was ordered to hang outlives whoever has called it."""
        for process in Path("/proc").iterdir():
            with suppress(OSError):
                words = (process / "cmdline").read_bytes()
                if str(self.installation.folder).encode() in words and b"bsub" in words:
                    os.kill(int(process.name), signal.SIGKILL)


class Chaos:
    """What befalls the farm, by a seed. `done`: what has."""

    def __init__(self, farm: Farm, chance: random.Random) -> None:
        self._farm = farm
        self._chance = chance
        self.done: Counter[str] = Counter()

    def weather(self, hopeless: bool) -> None:
        """The days that the next calls have. `hopeless`: bsub may also make no job at all."""
        bad = LOST_ANSWERS + ODD_ANSWERS + (NO_JOBS if hopeless else [])
        rules = [{"command": "bsub", **rule, "times": 1} for rule in self._chance.sample(bad, 3)]
        rules += self._chance.sample(LOOKS, self._chance.choice([0, 0, 1]))
        self._farm.installation.faults(rules=rules, blind=self._chance.choice([0, 0, 3]))

    def blow(self) -> None:
        """One process dies. Late agents live on: they need a minute to believe LSF that there is no job."""
        what = self._chance.choice(
            ["runner", "shim"] if self.done["spool lost"] else ["agent", "agent", "runner", "shim"]
        )
        self.done[what] += 1
        if what == "agent":
            name = self._chance.choice(AGENTS)
            self._farm.installation.kill(name)
            time.sleep(self._chance.uniform(0, 0.4))
            self._farm.installation.start_agent(name)
        elif what in ("runner", "shim"):
            found = self._farm.processes("__main__.py" if what == "runner" else "shim.py")
            if found:
                with suppress(ProcessLookupError):
                    os.kill(self._chance.choice(found), signal.SIGKILL)

    def stop(self, number: signal.Signals) -> None:
        """Agents hang, or go on."""
        self.done["stopped"] += number == signal.SIGSTOP
        for name in AGENTS:
            os.kill(self._farm.installation.process(name), number)

    def lose_spool(self) -> None:
        """All that the agents remember is gone."""
        self.done["spool lost"] += 1
        for name in AGENTS:
            self._farm.installation.kill(name)
        patience = time.monotonic() + 5

        def ended() -> bool:
            if time.monotonic() > patience:
                self._farm.clean_up()
            return not self._farm.processes("__main__.py")

        until(ended, "the last scripts have ended", 20)
        self._farm.forgotten = {job for job, row in self._farm.rows().items() if row["lsf_ids"]}
        shutil.rmtree(self._farm.installation.agent_dir / "agent" / "spool")
        for name in AGENTS:
            self._farm.installation.start_agent(name)


@pytest.mark.timeout(400)
def test_each_request_becomes_one_job_or_none_and_says_why(tmp_path: Path) -> None:
    with installed(tmp_path, LOCAL_SLOTS="60", SUBMIT_TIMEOUT="2", POLL_INTERVAL="1") as installation:
        installation.lsf_dir.mkdir(parents=True, mode=0o700)
        configure(installation.lsf_dir, pend=0.2, kill_interval=0.3, patience=1.0)
        installation.start_manager()
        farm = Farm(installation)
        chance = random.Random(7)
        for batch in range(REQUESTS // 8):
            kinds = ["plain", "keeps", "slow", "pair"] if batch % 6 else ["refused", "without"]
            farm.apply(chance.choice(kinds), 8)
        try:
            submit_in_bad_weather(farm, chance)
            installation.faults()
            until(lambda: not farm.unsettled(), "all is settled", 150, farm.unsettled)
            let_all_run(farm)
            judge(farm)
        finally:
            farm.clean_up()


def submit_in_bad_weather(farm: Farm, chance: random.Random) -> None:
    """Until each script has begun."""
    chaos = Chaos(farm, chance)
    for name in AGENTS:
        farm.installation.start_agent(name)
    stopped: float | None = None
    while (left := farm.waiting()) or stopped:
        chaos.weather(hopeless=left > REQUESTS * 0.3)
        if stopped is not None:
            if time.monotonic() > stopped + LEASE:
                chaos.stop(signal.SIGCONT)
                stopped = None
        elif left < REQUESTS * 0.6 and not chaos.done["spool lost"]:
            chaos.lose_spool()
        elif left < REQUESTS * 0.15 and not chaos.done["stopped"]:
            chaos.stop(signal.SIGSTOP)
            stopped = time.monotonic()
        else:
            chaos.blow()
        time.sleep(chance.uniform(1, 2))


def let_all_run(farm: Farm) -> None:
    """What waits for a person is killed by one; all the others run to their end."""
    for job, row in farm.rows().items():
        if row["status"] == "LSF_Slow":
            assert HELD in row["detail"]
            farm.held.add(job)
            farm.installation.post(f"/jobs/{job}/kill", {})

    def ended() -> bool:
        farm.let_run()
        return all(row["status"] in ("DONE", "EXIT", "Submit failed") for row in farm.rows().values())

    until(ended, "all have ended", 120, lambda: Counter(row["status"] for row in farm.rows().values()))


def judge(farm: Farm) -> None:
    """By what the scheduler and the jobs themselves have written down."""
    rows, made, ran = farm.rows(), farm.made(), farm.were_run()
    surplus = 0
    for job, row in rows.items():
        told = farm.installation.get(f"/jobs/{job}/submission")
        what = f"{farm.jobs[job]} {job}: {row}, {told}, made {made[job]}"
        ids = [lsf_id for found in made[job].values() for lsf_id in found]
        if job in farm.held:
            assert row["status"] == "EXIT" and not ids, what
            continue
        if not row["lsf_ids"]:
            assert row["status"] == "Submit failed" and row["detail"] and not ids, what
            continue
        assert row["status"] == "DONE", what
        unnamed = set(ids) - {*row["lsf_ids"], *told["surplus"]}
        assert len(ids) == len(set(ids)) and (not unnamed or job in farm.forgotten), what
        for call, found in made[job].items():
            kept = set(found) & set(row["lsf_ids"])
            assert len(kept) == 1 or (not kept and job in farm.forgotten), what
            for lsf_id in found:
                times = ran.pop(f"{job}.{call} {lsf_id}", 0)
                assert times == (lsf_id in kept) or job in farm.forgotten, what
        reasons = str([item["reason"] for item in farm.installation.get(f"/jobs/{job}/transitions")["items"]])
        assert all(lsf_id in reasons for lsf_id in told["surplus"]), f"{what}: {reasons}"
        surplus += len(told["surplus"])
    assert not ran, "a surplus job was run"
    assert surplus > 10 and len(rows) >= REQUESTS
