"""The main job over the API, with real processes: the seed's example, failures, kill, log, bad days of the farm."""

import asyncio
import json
import os
import pwd
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets

from tests.end_to_end.installation import AGENT_TOKEN, TOKEN, Installation, installed, python_for, until


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
    log = until(lambda: _with_text(running, job), "the log shows what is printed", 10)
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
    log = until(lambda: _complete(running, job), "the whole log is there", 10)
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


def _with_text(running: Installation, job: str) -> dict[str, Any] | None:
    log: dict[str, Any] = running.get(f"/jobs/{job}/log")
    return log if "Step: 1" in str(log["text"]) else None


def _complete(running: Installation, job: str) -> dict[str, Any] | None:
    log: dict[str, Any] = running.get(f"/jobs/{job}/log")
    return log if log["complete"] else None


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


@contextmanager
def two_unix_users_on_a_slow_farm(**settings: str) -> Iterator[Installation]:
    """Not started yet: a manager of two processes and an agent without a shared data directory, news over Redis; 3 s a
    command, output only at the end, `not found` after bsub."""
    user = "nobody"
    python = python_for(user) if os.getuid() == 0 else None
    if python is None:
        pytest.skip("needs root, and an interpreter and a checkout that the user nobody can read")
    with tempfile.TemporaryDirectory(prefix="batchboard-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with installed(folder, agent_user=user, agent_python=python, PROCESSES="2", **settings) as apart:
            for path in (apart.scripts, *apart.scripts.iterdir()):
                os.chown(path, pwd.getpwnam(user).pw_uid, -1)
            apart.faults(**SLOW)
            yield apart


SLOW: dict[str, Any] = {"delay": 3.0, "blind": 5.0}


@pytest.mark.timeout(150)
def test_the_main_job_with_two_unix_users_without_a_shared_data_directory_on_a_slow_farm() -> None:
    with two_unix_users_on_a_slow_farm() as apart:
        apart.start()
        apart.prepare(runs=2, example=str(apart.scripts / "submit.sh"), progress=str(apart.scripts / "progress.sh"))
        (long,) = apart.apply("progress", 2)
        (example,) = apart.apply("example", 1)
        apart.until_status(example, "RUN", seconds=40)
        log = until(lambda: _with_text(apart, example), "bpeek shows the log", 15)
        assert log["source"] == "bpeek"
        row = apart.until_status(example, "DONE", seconds=40)
        assert row["counters"][0]["value"] == 10
        log = until(lambda: _complete(apart, example), "the agent reads the file", 15)
        assert log["source"] == "file" and Path(str(log["path"])).owner() == "nobody"
        apart.until_status(long, "RUN", seconds=40)
        assert f"Job <{apart.job(long)['lsf_id']}>" in apart.get(f"/jobs/{long}/details")["text"]
        apart.post(f"/jobs/{long}/kill")
        assert "TERM_OWNER" in apart.until_status(long, "EXIT", seconds=40)["reason"]
        assert len(apart.submissions()) == 2
        assert not (apart.manager_dir / "agent").exists()


@pytest.mark.timeout(200)
def test_doubles_a_silent_lsf_a_doubt_and_a_lost_host_with_two_unix_users_on_a_slow_farm() -> None:
    timed_out = {"command": "bsub", "times": 1, "answer": "timed out"}
    with two_unix_users_on_a_slow_farm() as apart:
        apart.start()
        apart.prepare(
            runs=2,
            sleeps=apart.script("sleeps.sh", "#!/bin/sh\nexec bsub -q normal -o /dev/null sleep 300\n"),
            named=apart.script("named.sh", "#!/bin/sh\nexec bsub -J mine -q normal -o /dev/null sleep 300\n"),
        )
        apart.faults(**SLOW, rules=[timed_out | {"jobs": 3}])
        (tripled,) = apart.apply("sleeps", 1)
        row = apart.until_status(tripled, "PEND", "RUN", seconds=40)
        (kept,), surplus = row["lsf_ids"], apart.get(f"/jobs/{tripled}/lsf-jobs")["surplus"]
        assert sorted([kept, *surplus]) == ["1", "2", "3"]
        reasons = [item["reason"] or "" for item in apart.get(f"/jobs/{tripled}/transitions")["items"]]
        assert any(f"LSF {kept} found by its tag" in reason and "killed" in reason for reason in reasons)

        apart.faults(**SLOW, rules=[timed_out])
        (named,) = apart.apply("named", 2)
        until(lambda: "named its job 'mine'" in apart.job(named)["detail"], "a person is asked", 40)
        assert apart.job(named)["status"] == "LSF_Slow"
        apart.post(f"/jobs/{named}/adopt", {"lsf_id": "4"})
        assert apart.until_status(named, "PEND", "RUN", seconds=40)["lsf_ids"] == ["4"]

        apart.until_status(tripled, "RUN", seconds=40)
        apart.faults(**SLOW, silent=["bjobs"])
        until(lambda: _location(apart)["scheduler_silent_since"], "LSF is said to be silent", 40)
        assert apart.job(tripled)["status"] == "RUN", "statuses keep their last value"
        apart.faults(**SLOW, away=[kept])
        apart.until_status(tripled, "UNKWN", seconds=60)
        until(lambda: not _location(apart)["scheduler_silent_since"], "back to normal by itself", 20)
        apart.post(f"/jobs/{tripled}/kill")
        apart.until_status(tripled, "ZOMBI", seconds=40)
        apart.post(f"/jobs/{tripled}/kill", {"force": True})
        assert "TERM_FORCE_OWNER" in apart.until_status(tripled, "EXIT", seconds=40)["reason"]
        assert len(apart.submissions()) == 4


def _location(running: Installation) -> dict[str, Any]:
    (location,) = httpx.get(f"{running.url}/readyz").json()["locations"]
    return dict(location)
