"""kill -9 of the agent and of the manager at any moment: every job reaches its true end, nothing is submitted twice."""

import asyncio
import json
import random
import time
from pathlib import Path
from typing import Any

import pytest
import websockets

from tests.end_to_end.installation import TOKEN, Installation, installed

SLOW_SUBMIT = """#!/bin/sh
echo "Submitting for $EXPERIMENT run $RUN_NUM"
sleep 0.4
bsub -q normal -o /dev/null "sleep 1; exit $(( RUN_NUM % 2 ))"
sleep 0.4
"""


@pytest.mark.parametrize("seed", [1, 2])
def test_every_job_ends_as_it_should_and_was_submitted_once(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    with installed(tmp_path, LOCAL_SLOTS="20") as crashing:
        crashing.start()
        crashing.prepare(runs=24, odd=crashing.script("slow.sh", SLOW_SUBMIT))
        jobs = []
        for run in range(1, 25, 4):
            jobs += crashing.apply("odd", f"{run}-{run + 3}")
            time.sleep(chance.uniform(0, 1.2))
            name = chance.choice(["agent", "agent", "manager"])
            crashing.kill(name)
            time.sleep(chance.uniform(0, 0.5))
            crashing.start_agent() if name == "agent" else crashing.start_manager()
        for run, job in enumerate(jobs, 1):
            crashing.until_status(job, "EXIT" if run % 2 else "DONE", seconds=60)
        assert len(crashing.submissions()) == len(jobs) == 24
        for job in jobs:
            row = crashing.job(job)
            assert len(row["lsf_ids"]) == 1
            assert crashing.get(f"/jobs/{job}/submission")["exit_code"] == 0


def test_scripts_under_way_outlive_the_agent_and_are_adopted(tmp_path: Path) -> None:
    with installed(tmp_path) as crashing:
        crashing.start()
        script = "#!/bin/sh\nsleep 2\nbsub -q normal -o /dev/null true\nsleep 1\n"
        crashing.prepare(late=crashing.script("late.sh", script))
        (job,) = crashing.apply("late")
        crashing.until_status(job, "LSF_Slow", "Request Sent")
        _until_began(crashing, job)
        crashing.kill("agent")
        time.sleep(4)
        assert len(crashing.submissions()) == 1, "the script has gone on without the agent"
        crashing.start_agent()
        crashing.until_status(job, "DONE")
        assert len(crashing.submissions()) == 1


def _until_began(crashing: Installation, job: str) -> None:
    while not crashing.get(f"/jobs/{job}/submission")["began_at"]:
        time.sleep(0.05)


def test_requests_made_while_the_agent_is_away_go_out_when_it_returns(tmp_path: Path) -> None:
    with installed(tmp_path) as away:
        away.start_manager()
        away.prepare(quick=away.script("quick.sh", "#!/bin/sh\nexec bsub -q normal -o /dev/null true\n"))
        (job,) = away.apply("quick")
        away.until_status(job, "Persisted", seconds=15)
        away.start_agent()
        away.until_status(job, "DONE")
        assert away.history(job)[:3] == ["Request Sent", "Persisted", "Request Sent"]


def test_open_sockets_catch_up_by_themselves_after_the_manager_is_killed(tmp_path: Path) -> None:
    with installed(tmp_path) as crashing:
        crashing.start()
        crashing.prepare(quick=crashing.script("quick.sh", "#!/bin/sh\nexec bsub -q normal -o /dev/null sleep 3\n"))
        job, seen = asyncio.run(_watch_over_a_crash(crashing))
        row = crashing.job(job)
        assert seen == row and row["status"] == "DONE"


async def _watch_over_a_crash(crashing: Installation) -> tuple[str, dict[str, Any]]:
    """Follow a job by the protocol with a client of others, while the manager dies; the job and its last row."""
    view: dict[str, Any] = {}
    position = job = epoch = ""
    base = crashing.url.replace("http", "ws") + "/api/v1/experiments/demo/live"
    headers = {"Authorization": f"Bearer {TOKEN}"}
    connections = 0
    while True:
        try:
            async with websockets.connect(base + position, additional_headers=headers) as socket:
                connections += 1
                async for text in socket:
                    said = json.loads(text)
                    assert not said.get("reset"), "the position outlives the manager"
                    for row in [*said.get("rows", []), *said.get("put", [])]:
                        view[row["key"]] = row
                    if said["type"] in ("snapshot", "delta"):
                        seq = said["seq"] if said["type"] == "snapshot" else said["to"]
                        position = f"?since={epoch}:{seq}"
                    elif said["type"] == "hello":
                        epoch = said["epoch"]
                    if not job and said["type"] == "snapshot":
                        (job,) = await asyncio.to_thread(crashing.apply, "quick")
                    shown = view.get(f"job/{job}", {}).get("status")
                    if connections == 1 and shown == "RUN":
                        await asyncio.to_thread(crashing.kill, "manager")
                    if shown == "DONE":
                        assert connections == 2
                        return job, view[f"job/{job}"]
        except (OSError, websockets.ConnectionClosed):
            if connections == 1 and "manager" not in crashing.running():
                await asyncio.to_thread(crashing.start_manager)


def test_the_manager_ends_quickly_with_open_sockets(tmp_path: Path) -> None:
    with installed(tmp_path) as ending:
        ending.start_manager()
        ending.prepare()
        said, seconds = asyncio.run(_watch_the_end(ending))
        assert (said["type"], said["code"]) == ("bye", 1012)
        assert seconds < 3
        assert "Traceback" not in ending.log("manager")


async def _watch_the_end(ending: Installation) -> tuple[dict[str, Any], float]:
    base = ending.url.replace("http", "ws") + "/api/v1/live"
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with websockets.connect(base, additional_headers=headers) as socket:
        assert socket.protocol.extensions == [], "compression is offered and declined"
        await socket.recv()
        await socket.recv()
        stopping = asyncio.create_task(asyncio.to_thread(ending.terminate, "manager"))
        said = json.loads(await socket.recv())
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1012
        return said, await stopping


def test_two_scripts_of_the_same_job_never_run(tmp_path: Path) -> None:
    """A new agent on an emptied spool asks the manager, who does not hand out what was claimed."""
    with installed(tmp_path) as emptied:
        emptied.start()
        emptied.prepare(quick=emptied.script("quick.sh", "#!/bin/sh\nexec bsub -q normal -o /dev/null sleep 2\n"))
        (job,) = emptied.apply("quick")
        emptied.until_status(job, "PEND", "RUN")
        emptied.kill("agent")
        spool = emptied.agent_dir / "agent" / "spool" / job
        for path in sorted(spool.rglob("*"), reverse=True):
            path.unlink() if not path.is_dir() else path.rmdir()
        spool.rmdir()
        emptied.start_agent()
        emptied.until_status(job, "DONE")
        assert len(emptied.submissions()) == 1
