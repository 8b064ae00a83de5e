"""10,000 live LSF jobs: what the agent spends on following them, beside the driver of a peer on the same jobs."""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from lsf_agent.following.follower import CHUNK, CHUNKS_AT_ONCE
from lsf_agent.following.rounds import Rounds
from lsf_agent.following.tracker import Tracker
from lsf_agent.lsf import bjobs, elements
from lsf_agent.lsf.adapter import Lsf
from lsf_agent.lsf.commands import Commands, Output
from realtime.protocol.agent import Followed
from tests.agent.manager import TOKEN, Manager
from tests.bench import peers
from tests.bench.farm_commands import FarmCommands

JOBS = 10_000
FIRST = 1_000_000
POLLS = 5
FOLLOWED_FOR = 30.0
"""Seconds of real time."""
INTERVAL = 10.0
PEER = "psij-python==0.9.11"


async def measure() -> None:
    """Print a line for one poll, one for an agent at work, and one for jobs that are quiet."""
    with tempfile.TemporaryDirectory(prefix="batchboard-bench-") as folder:
        farm = FarmCommands(Path(folder))
        remembering = Remembering({"PATH": f"{farm.bin}:{os.environ['PATH']}"})
        parsing, _, _ = await _poll(remembering, farm)
        _forget_rows()
        _, all_new, _ = await _poll(remembering, farm)
        ours, _, commands = await _poll(Commands({"PATH": f"{farm.bin}:{os.environ['PATH']}"}), farm)
        peer = await asyncio.to_thread(_peer, Path(folder), farm)
        line = {
            "bench": "one poll of live LSF jobs",
            "jobs": JOBS,
            "cpu_ms_parsed_to_observations": parsing,
            "cpu_ms_when_all_are_new": all_new,
            "target_cpu_ms": 150,
            "cpu_ms_with_starting_commands": ours,
            "commands": commands,
            **peer,
        }
        if "peer_cpu_ms" in peer:
            line["ratio_cpu"] = round(ours / peer["peer_cpu_ms"], 2)
        print(json.dumps(line), flush=True)
        print(json.dumps(await _at_work(Path(folder), farm)), flush=True)
    print(json.dumps(_quiet()), flush=True)


def _forget_rows() -> None:
    """As in an agent that has just started."""
    for module in (bjobs, elements):
        for remembered in vars(module).values():
            if hasattr(remembered, "cache_clear"):
                remembered.cache_clear()


class Remembering(Commands):
    """Answers from what the commands printed the first time."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        super().__init__(environ)
        self._outputs: dict[tuple[str, ...], Output] = {}

    async def run(self, *argv: str, limit: float, user: str | None = None) -> Output:
        """The output; the command is not called again."""
        if argv not in self._outputs:
            self._outputs[argv] = await super().run(*argv, limit=limit, user=user)
        return self._outputs[argv]


async def _poll(commands: Commands, farm: FarmCommands) -> tuple[float, float, int]:
    """(CPU milliseconds of our process, the same of the first poll, commands): from the commands to observations, of
    which only the first poll has any."""
    lsf = Lsf(commands)
    tracker = Tracker()
    ids = [str(number) for number in range(FIRST, FIRST + JOBS)]
    for lsf_id in ids:
        tracker.follow(f"{int(lsf_id):024x}", lsf_id, datetime.now(UTC))
    spent: list[float] = []
    calls = 0
    for _ in range(POLLS + 1):
        calls = farm.calls()
        before = time.process_time()
        changes = tracker.looked(await lsf.look(ids))
        spent.append((time.process_time() - before) * 1000)
        assert len(changes) == (0 if len(spent) > 1 else JOBS)
    return round(statistics.median(spent[1:]), 1), round(spent[0], 1), farm.calls() - calls


def _peer(folder: Path, farm: FarmCommands) -> dict[str, float]:
    """The same poll by the driver of PSI/J, in an environment of its own; empty-handed when it cannot be installed."""
    python = peers.interpreter(PEER)
    if python is None:
        return {}
    calls = farm.calls()
    program = [str(python), str(Path(__file__).with_name("peer_psij.py"))]
    environment = {**os.environ, "PATH": f"{farm.bin}:{os.environ['PATH']}", "HOME": str(folder)}
    said = subprocess.run(
        [*program, str(FIRST), str(JOBS), str(POLLS)],
        env=environment, check=True, timeout=180, capture_output=True, text=True,
    )  # fmt: skip
    found = json.loads(said.stdout.splitlines()[-1])
    assert found["active"] == JOBS, said.stderr
    return {
        "peer_cpu_ms": found["ms"],
        "peer_commands": (farm.calls() - calls) / POLLS,
        "peer_interval_s": found["interval_s"],
    }


async def _at_work(folder: Path, farm: FarmCommands) -> dict[str, object]:
    """A real agent whose jobs are all new to it, which is when it looks most often; after they have been told."""
    manager = Manager(hold=5.0)
    manager.follow = [
        Followed(job=f"{number:024x}", user="bench", lsf_ids=[str(number)]) for number in range(FIRST, FIRST + JOBS)
    ]
    await manager.start()
    settings = {
        "DATA_DIR": str(folder / "var"),
        "MANAGER_URL": manager.url,
        "AGENT_TOKEN": TOKEN,
        "POLL_INTERVAL": f"{INTERVAL:g}",
    }
    environment = {k: v for k, v in os.environ.items() if not k.startswith("BATCHBOARD_")}
    environment |= {f"BATCHBOARD_{name}": value for name, value in settings.items()}
    environment["PATH"] = f"{farm.bin}:{environment['PATH']}"
    agent = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "lsf_agent", env=environment, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        began = time.monotonic()
        await manager.until(lambda: len(manager.seen) >= JOBS, 300)
        told = time.monotonic() - began
        await asyncio.sleep(5.0)
        calls, cpu, since = farm.calls(), _cpu(agent.pid), time.monotonic()
        await asyncio.sleep(FOLLOWED_FOR)
        seconds = time.monotonic() - since
        return {
            "bench": "an agent that follows live LSF jobs",
            "jobs": JOBS,
            "seconds": round(seconds, 1),
            "all_told_after_s": round(told, 1),
            "cpu_percent_of_a_core": round((_cpu(agent.pid) - cpu) / seconds * 100, 2),
            "target_cpu_percent": 10,
            "rss_mb": round(_rss(agent.pid) / 2**20, 1),
            "target_rss_mb": 200,
            "commands_a_minute": round((farm.calls() - calls) / seconds * 60, 1),
            "target_commands_a_minute": 60,
        }
    finally:
        agent.terminate()
        await agent.wait()
        await manager.stop()


def _cpu(pid: int) -> float:
    """Seconds of the process itself, without its children."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _rss(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _quiet() -> dict[str, object]:
    """Commands a minute in simulated time: quiet jobs, and ten that change in each interval; after half an hour."""
    rounds = Rounds(INTERVAL)
    for number in range(FIRST, FIRST + JOBS):
        rounds.add(str(number), 0.0)
    minutes: list[int] = []
    for minute in range(45):
        commands = 0
        for tick in range(6):
            now = minute * 60 + tick * INTERVAL
            for number in range(10):
                rounds.add(str(FIRST + (minute * 60 + tick * 10 + number) * 7 % JOBS), now)
            commands += -(-len(rounds.take(now, CHUNK * CHUNKS_AT_ONCE, CHUNK)) // CHUNK)
        minutes.append(commands)
    return {
        "bench": "commands for quiet LSF jobs, 10 of them changing every 10 s, simulated",
        "jobs": JOBS,
        "commands_a_minute": round(statistics.mean(minutes[-15:]), 1),
        "most_in_a_minute": max(minutes),
        "target_commands_a_minute": 60,
    }
