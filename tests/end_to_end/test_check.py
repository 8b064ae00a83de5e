"""`batchboard check` over a whole installation: what it says when all is well, and when something is not."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.installation import AGENT_TOKEN, PACKAGES, TOKEN, Installation, installed, until


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Manager, agent and scheduler at work."""
    with installed(tmp_path_factory.mktemp("installation"), SCRIPT_ROOTS="/") as made:
        made.start()
        until(lambda: agent_is_there(made), "the agent is there", 30)
        yield made


def agent_is_there(installation: Installation) -> bool:
    answer = installation.api.get(f"{installation.url}/readyz").json()
    return any(row["agent_connected"] and row["scheduler"] for row in answer["locations"])


def check(installation: Installation, *options: str, **settings: str) -> tuple[int, str]:
    """Exit code and output of the command on the installation's one host."""
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(installation.folder),
        "PYTHONPATH": PACKAGES,
        "BATCHBOARD_PORT": str(installation.port),
        "BATCHBOARD_TOKEN": TOKEN,
        "BATCHBOARD_AGENT_TOKEN": AGENT_TOKEN,
        "BATCHBOARD_DATA_DIR": str(installation.manager_dir),
        "BATCHBOARD_SCHEDULER": "local",
        **{f"BATCHBOARD_{name}": value for name, value in settings.items()},
    }
    command = [sys.executable, "-m", "realtime", "check", *options]
    done = subprocess.run(command, env=environ, cwd="/", capture_output=True, text=True, timeout=50, check=False)
    assert done.stderr == ""
    assert TOKEN not in done.stdout and AGENT_TOKEN not in done.stdout
    return done.returncode, done.stdout


def found(installation: Installation, *options: str, **settings: str) -> dict[str, list[dict[str, Any]]]:
    code, text = check(installation, "--json", *options, **settings)
    sides: dict[str, list[dict[str, Any]]] = json.loads(text)
    assert code == (0 if all(checked["ok"] for side in sides.values() for checked in side) else 1)
    return sides


def failures(sides: dict[str, list[dict[str, Any]]]) -> set[str]:
    return {
        f"{side}: {checked['name']}" for side, all_of_it in sides.items() for checked in all_of_it if not checked["ok"]
    }


def test_a_tiny_job_goes_through_everything_and_is_removed(installation: Installation) -> None:
    for _ in range(2):
        sides = found(installation)
        assert failures(sides) == set(), sides
        assert sides.keys() == {"manager", "agent", "job"}
        (job,) = sides["job"]
        assert all(word in job["found"] for word in ("LSF ", "submitted after", "reported after", "DONE after")), job
    assert installation.get("/experiments/batchboard-check/jobs")["items"] == []
    assert [row["name"] for row in installation.get("/experiments/batchboard-check/definitions")["items"]] == ["check"]


def test_for_people_it_is_a_line_for_each_thing_and_the_cure_beneath(installation: Installation) -> None:
    code, text = check(installation, "--no-job", AGENT_TOKEN="wrong")
    assert code == 1
    assert text.startswith("manager:\n  ok    settings: ")
    assert "\nagent:\n  ok    account: " in text
    assert "  FAIL  agent token: the manager at" in text
    assert "        -> copy DATA_DIR/agent.token" in text


def test_sides_can_be_left_out(installation: Installation) -> None:
    assert found(installation, "--manager-only", "--no-job").keys() == {"manager"}
    assert found(installation, "--agent-only").keys() == {"agent"}
    assert check_refused(installation)


def check_refused(installation: Installation) -> bool:
    command = [sys.executable, "-m", "realtime", "check", "--agent-only", "--manager-only"]
    done = subprocess.run(command, cwd="/", env={"PYTHONPATH": PACKAGES}, capture_output=True, text=True, check=False)
    return done.returncode == 2 and "exclude each other" in done.stderr


@pytest.mark.parametrize(
    ("side", "settings", "expected"),
    [
        ("manager", {"TOKEN": "wrong"}, "login"),
        ("manager", {"REDIS_URL": "unix:///nowhere/redis.sock"}, "redis"),
        ("manager", {"PUBLIC_URL": "http://127.0.0.1:1"}, "report address"),
        ("manager", {"MANAGER_URL": "http://127.0.0.1:1"}, "manager"),
        ("agent", {"AGENT_TOKEN": "wrong"}, "agent token"),
        ("agent", {"MANAGER_URL": "http://127.0.0.1:1"}, "manager"),
        ("agent", {"SCRIPT_ROOTS": "/nowhere/scripts"}, "script folder"),
        ("agent", {"LSF_PROFILE": "/nowhere/profile.lsf"}, "profile"),
        ("agent", {"RUN_AS": "sudo", "RUN_AS_GROUP": "no-such-group"}, "sudo"),
    ],
)
def test_what_is_wrong_is_told_with_its_cure(
    installation: Installation, side: str, settings: dict[str, str], expected: str
) -> None:
    sides = found(installation, f"--{side}-only", **settings)
    assert failures(sides) == {f"{side}: {expected}"}, sides
    assert all(checked["cure"] for checked in sides[side] if not checked["ok"])
    assert "job" not in sides or sides["job"][0]["found"] == "not tried"


def test_commands_that_are_not_there(installation: Installation) -> None:
    sides = found(installation, "--agent-only", SCHEDULER="lsf")
    assert "agent: commands" in failures(sides)


def test_a_script_that_submits_nothing_and_one_that_is_not_there(installation: Installation) -> None:
    script = installation.script("nothing.sh", "#!/bin/sh\necho no bsub today >&2\nexit 3\n")
    (failed,) = found(installation, "--script", script)["job"]
    assert not failed["ok"] and "the submit script failed" in failed["found"] and script in failed["cure"]
    (gone,) = found(installation, "--script", "/nowhere/check.sh")["job"]
    assert not gone["ok"] and "not there" in gone["found"]


def test_a_job_that_cannot_report_or_does_not_come_to_an_end(installation: Installation) -> None:
    mute = installation.script("mute.sh", "#!/bin/sh\nBATCH_UPDATE_URL= exec bsub -o /dev/null sh -c 'exit 93'\n")
    (silent,) = found(installation, "--script", mute)["job"]
    assert not silent["ok"] and "environment" in silent["cure"]
    slow = installation.script("slow.sh", "#!/bin/sh\nexec bsub -o /dev/null sleep 300\n")
    (late,) = found(installation, "--script", slow, "--wait", "1")["job"]
    assert not late["ok"] and "not done after 1 s, killed" in late["found"]


def test_the_shipped_script_takes_a_queue(installation: Installation) -> None:
    (wrong,) = found(installation, "--queue", "no-such-queue")["job"]
    assert not wrong["ok"] and "the submit script failed" in wrong["found"]
    assert Path(wrong["cure"].split()[-3]).name == "check.sh"
