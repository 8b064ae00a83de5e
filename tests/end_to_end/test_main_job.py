"""The main job over the API, with real processes: the seed's example, failures, kill, log, bad days of the farm."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import websockets

from tests.end_to_end.installation import AGENT_TOKEN, TOKEN, Installation, installed, until


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Installation]:
    with installed(tmp_path) as installation:
        installation.start()
        yield installation


def test_the_example_runs_and_reports_to_its_end(running: Installation) -> None:
    running.prepare(example=str(running.scripts / "submit.sh"))
    (job,) = running.apply("example")
    row = running.until_status(job, "RUN")
    until(lambda: running.job(job)["counters"], "the script reports", 10)
    log = running.until_log(job, "Step: 1")
    assert log["source"] == "bpeek" and not log["complete"]
    said = asyncio.run(_follow_log(running, job))
    pieces = "".join(one["text"] for one in said if one["type"] == "log" and one["source"] == "bpeek")
    assert all(f"Step: {number}, " in pieces for number in range(1, 8)), "lines come as they are printed"
    row = running.until_status(job, "DONE")
    reset = [one["type"] for one in said].index("reset")
    assert said[reset]["source"] == "file" and "Sender: LSF System" in said[reset + 1]["text"]
    assert said[-1] == {"type": "end", "status": "DONE", "source": "file"}
    assert running.history(job) == ["Request Sent", "PEND", "RUN", "DONE"]
    counters = {counter["name"]: (counter["value"], counter["color"]) for counter in row["counters"]}
    assert counters["Example Counter"] == (10, "red")
    assert len(counters["Random Char"][0]) == 1
    log = running.until_log(job, whole=True)
    assert log["source"] == "file" and log["path"] == str(running.scripts / "logs" / row["lsf_id"])
    assert "Param 2: demo\nParam 3: 1\nParam 4: one\nParam 5: two\nStep: 1, " in log["text"]
    assert "Successfully completed." in log["text"]
    piece = running.get(f"/jobs/{job}/log?offset=8&limit=10")
    assert (piece["text"], piece["offset"], piece["next"]) == ("LSF System", 8, 18)
    assert f"Job <{row['lsf_id']}>" in running.get(f"/jobs/{job}/details")["text"]
    submission = running.get(f"/jobs/{job}/submission")
    assert submission["exit_code"] == 0 and f"Job <{row['lsf_id']}> is submitted to queue" in submission["stdout"]
    assert running.api.delete(f"/jobs/{job}").status_code == 204
    printed = running.log("agent") + running.log("manager").replace(f"?token={TOKEN}", "", 1)
    assert not any(secret in printed for secret in (TOKEN, AGENT_TOKEN, "replace_counters/demo")), (
        "secrets are not logged"
    )


async def _follow_log(running: Installation, job: str) -> list[dict[str, Any]]:
    url = f"{running.url.replace('http', 'ws')}/api/v1/jobs/{job}/log/live"
    async with websockets.connect(url, additional_headers={"Authorization": f"Bearer {TOKEN}"}) as socket:
        return [json.loads(text) async for text in socket]


def test_what_fails_says_why(running: Installation) -> None:
    running.prepare(
        exits=running.script("exits.sh", "#!/bin/sh\nbsub -q normal -o /dev/null 'exit 3'\n"),
        refused=running.script("refused.sh", "#!/bin/sh\nbsub -q nosuchq true\n"),
        nothing=running.script("nothing.sh", "#!/bin/sh\necho hello\nexit 4\n"),
        missing=str(running.scripts / "not_there.sh"),
        windows=running.script("windows.sh", "#!/bin/sh\r\nbsub true\r\n"),
    )
    jobs = {name: running.apply(name)[0] for name in ("exits", "refused", "nothing", "missing", "windows")}
    exits = running.until_status(jobs["exits"], "EXIT")
    assert (exits["exit_code"], exits["reason"]) == (3, "exit 3")
    reasons = {
        name: running.until_status(job, "Submit failed")["reason"] for name, job in jobs.items() if name != "exits"
    }
    assert "nosuchq: No such queue. Job not submitted." in reasons["refused"]
    assert "exit code 4" in reasons["nothing"]
    assert "not there" in reasons["missing"]
    assert "Windows line ends" in reasons["windows"]
    checks = {
        row["name"]: row["check"] and row["check"]["problem"]
        for row in running.get("/experiments/demo/definitions")["items"]
    }
    assert checks["exits"] is None
    assert checks["missing"] == "not there"
    assert checks["windows"] == "Windows line ends"


def test_kill_ends_running_pending_and_hanging_jobs(running: Installation) -> None:
    running.prepare(
        runs=6,
        sleeps=running.script("sleeps.sh", "#!/bin/sh\nexec bsub -q normal -o /dev/null sleep 300\n"),
        hangs=running.script("hangs.sh", "#!/bin/sh\nsleep 4\nexec bsub -q normal -o /dev/null sleep 300\n"),
    )
    made = running.apply("sleeps", "1-5")
    until(lambda: running.get("/experiments/demo/jobs?status=RUN")["items"][3:], "four jobs run", 20)
    jobs = sorted(made, key=lambda job: running.job(job)["status"], reverse=True)
    assert [running.job(job)["status"] for job in jobs] == ["RUN"] * 4 + ["PEND"]
    (late,) = running.apply("hangs", 6)
    until(lambda: running.get(f"/jobs/{late}/submission")["began_at"], "the script runs", 10)
    for job in (jobs[0], jobs[4], late):
        assert running.post(f"/jobs/{job}/kill")["kill_requested_at"]
    for job in (jobs[0], jobs[4], late):
        row = running.until_status(job, "EXIT")
        assert "TERM_OWNER" in row["reason"]
    assert {running.job(job)["status"] for job in jobs[1:4]} == {"RUN"}


def test_a_farm_on_a_bad_day_changes_nothing_but_the_time_it_takes(tmp_path: Path) -> None:
    with installed(tmp_path) as slow:
        slow.faults(delay=3.0, blind=5.0)
        slow.start()
        slow.prepare(runs=2, sleeps=slow.script("s.sh", "#!/bin/sh\nexec bsub -q normal -o s.log 'echo hi; sleep 1'\n"))
        jobs = slow.apply("sleeps", "1-2")
        for job in jobs:
            slow.until_status(job, "DONE", seconds=60)
            assert slow.history(job)[0] == "Request Sent" and slow.history(job)[-1] == "DONE"
            assert not {"LOST", "EXIT", "Submit failed"} & set(slow.history(job))
        assert len(slow.submissions()) == 2
