"""What `batchboard check` says of the agent's host: each failure by name, with its cure."""

import getpass
import grp
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from lsf_agent import check
from lsf_agent.hands import Hands
from lsf_agent.lsf.adapter import Lsf
from lsf_agent.lsf.commands import Commands
from lsf_agent.scheduler import Scheduler
from realtime.domain.fitness import Checked
from realtime.protocol.wire import decode
from realtime.settings import Settings, read
from tests.check.answering import answering
from tests.ports import free_port

from .farm import Farm

CALL = "/agent/v1/observations"


def refusing(status: int, code: str) -> dict[str, tuple[int, Any, dict[str, str]]]:
    return {CALL: (status, {"error": {"code": code, "message": "no"}}, {"Date": "Sun, 22 Nov 2026 10:42:00 GMT"})}


def settings_for(folder: Path, **settings: str) -> Settings:
    return read({"BATCHBOARD_DATA_DIR": str(folder), **{f"BATCHBOARD_{k}": v for k, v in settings.items()}})


def scheduler(environment: Mapping[str, str], hands: Hands) -> Scheduler:
    return Lsf(Commands(environment, hands))


async def of_the_manager(
    folder: Path, answers: dict[str, tuple[int, Any, dict[str, str]]], token: str | None = "t"
) -> dict[str, Checked]:
    with answering(answers) as url:
        async with httpx.AsyncClient(trust_env=False) as client:
            settings = settings_for(folder, MANAGER_URL=url)
            return {checked.name: checked async for checked in check.manager(settings, token, client)}


async def test_a_manager_that_takes_the_token_is_told_by_a_call_that_changes_nothing(tmp_path: Path) -> None:
    found = await of_the_manager(tmp_path, refusing(409, "no_lease"))
    assert found["manager"].ok and "takes the agent's token" in found["manager"].found
    assert set(found) == {"manager", "clock"}


async def test_a_clock_that_differs_from_the_managers(tmp_path: Path) -> None:
    answers = refusing(409, "no_lease")
    answers[CALL][2]["Date"] = "Sun, 22 Nov 2015 10:42:00 GMT"
    found = await of_the_manager(tmp_path, answers)
    assert not found["clock"].ok and "NTP" in str(found["clock"].cure)


async def test_a_token_that_is_wrong_or_missing(tmp_path: Path) -> None:
    wrong = await of_the_manager(tmp_path, refusing(401, "unauthorized"))
    assert not wrong["agent token"].ok and "refuses it" in wrong["agent token"].found
    missing = await of_the_manager(tmp_path, refusing(401, "unauthorized"), None)
    assert not missing["agent token"].ok and "BATCHBOARD_AGENT_TOKEN_FILE" in str(missing["agent token"].cure)


async def test_a_manager_of_another_version_or_something_else(tmp_path: Path) -> None:
    other = await of_the_manager(tmp_path, refusing(422, "invalid"))
    assert not other["manager"].ok and "same version" in str(other["manager"].cure)
    none = await of_the_manager(tmp_path, {CALL: (200, "hello", {})})
    assert not none["manager"].ok and "is not Batchboard" in none["manager"].found


async def test_a_manager_that_is_away(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, MANAGER_URL=f"http://127.0.0.1:{free_port()}")
    async with httpx.AsyncClient(trust_env=False) as client:
        (checked,) = [checked async for checked in check.manager(settings, "t", client)]
    assert not checked.ok and "does not answer" in checked.found


def test_a_spool_that_cannot_be_written() -> None:
    checked = check.spool(Path("/proc/self"))
    assert not checked.ok and "BATCHBOARD_DATA_DIR" in str(checked.cure)


def test_a_spool_is_looked_at_before_it_is_made(tmp_path: Path) -> None:
    assert check.spool(tmp_path / "var").ok
    assert not (tmp_path / "var").exists()


async def test_script_folders_that_are_there_and_not(tmp_path: Path) -> None:
    there, gone = [checked async for checked in check.script_roots((tmp_path, tmp_path / "gone"))]
    assert there.ok and not gone.ok
    assert "BATCHBOARD_SCRIPT_ROOTS" in str(gone.cure)


async def test_a_script_folder_that_hangs_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = tmp_path / "python"
    hanging.write_text("#!/bin/sh\nexec sleep 60\n")
    hanging.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(hanging))
    monkeypatch.setattr(check, "LOOK_LIMIT", 0.2)
    (checked,) = [checked async for checked in check.script_roots((Path("/reg/d"),))]
    assert not checked.ok and checked.found == "/reg/d does not answer"


def test_commands_that_are_missing_are_named(farm: Farm) -> None:
    (checked,) = check.commands({"PATH": str(farm.bin)}, False)
    assert checked.ok and str(farm.bin / "bsub") in checked.found
    (farm.bin / "bhist").unlink()
    _, warned = check.commands({"PATH": str(farm.bin)}, False)
    assert warned.ok and "not on PATH: bhist" in warned.found and "LOST" in str(warned.cure)
    (farm.bin / "bsub").unlink()
    (failed,) = check.commands({"PATH": str(farm.bin)}, False)
    assert not failed.ok and failed.found == "not on PATH: bsub" and "BATCHBOARD_LSF_PROFILE" in str(failed.cure)


async def asked(farm: Farm, folder: Path) -> Checked:
    environment = {**os.environ, "PATH": f"{farm.bin}:{os.environ['PATH']}"}
    lsf = scheduler(environment, Hands(settings_for(folder), environment))
    (checked,) = [checked async for checked in check.batch_system(lsf)]
    return checked


async def test_an_lsf_that_answers_is_named_with_its_version_and_format(farm: Farm, tmp_path: Path) -> None:
    checked = await asked(farm, tmp_path)
    assert checked.ok and "10.1" in checked.found and "bjobs is asked by json" in checked.found
    assert not farm.calls("bsub") and not farm.calls("bkill")


async def test_an_lsf_that_does_not_answer(farm: Farm, tmp_path: Path) -> None:
    silence = {"stderr": "LSF daemon (LIM) not responding ... still trying\n", "code": 255}
    farm.faults(bjobs=silence, lsid={"stderr": "ls_getclustername(): LIM is down; try later\n", "code": 255})
    checked = await asked(farm, tmp_path)
    assert not checked.ok and "LIM" in checked.found


def test_a_profile_that_is_read_and_one_that_is_not(tmp_path: Path) -> None:
    path = tmp_path / "profile.lsf"
    path.write_text("export LSF_ENVDIR=/lsf\n")
    environment, read_it = check.profile(settings_for(tmp_path, LSF_PROFILE=str(path)), {"PATH": "/bin"})
    assert read_it is not None and read_it.ok and read_it.found.endswith("sets LSF_ENVDIR")
    assert environment["LSF_ENVDIR"] == "/lsf"
    _, failed = check.profile(settings_for(tmp_path, LSF_PROFILE=f"{path}.no"), {"PATH": "/bin"})
    assert failed is not None and not failed.ok and "BATCHBOARD_LSF_PROFILE" in str(failed.cure)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs to be root")
def test_root_is_refused_unless_the_scheduler_is_our_own(tmp_path: Path) -> None:
    refused = check.account(settings_for(tmp_path))
    assert not refused.ok and "root" in refused.found
    assert check.account(settings_for(tmp_path, SCHEDULER="local")).ok


async def acting(settings: Settings) -> list[Checked]:
    return [checked async for checked in check.acting(settings, Hands(settings, dict(os.environ)))]


async def test_the_runner_is_started_as_this_account(tmp_path: Path) -> None:
    (checked,) = await acting(settings_for(tmp_path))
    assert checked.ok and checked.found == f"scripts can be run as {getpass.getuser()}"


async def test_sudo_without_its_group_is_told(tmp_path: Path) -> None:
    (checked,) = await acting(settings_for(tmp_path, RUN_AS="sudo", RUN_AS_GROUP="no-such-group"))
    assert not checked.ok and "there is no group no-such-group" in checked.found


async def test_a_member_that_nothing_is_run_as_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grp, "getgrnam", lambda name: SimpleNamespace(gr_mem=["root"], gr_gid=0))
    (checked,) = await acting(settings_for(tmp_path, RUN_AS="sudo", RUN_AS_GROUP="root"))
    assert not checked.ok and checked.found == "nothing is run as root"


def test_all_of_it_is_told_in_lines_of_json_and_nothing_is_taken(farm: Farm, tmp_path: Path) -> None:
    now = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
    answers = refusing(409, "no_lease")
    answers[CALL][2]["Date"] = now
    with answering(answers) as url:
        environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("BATCHBOARD_")},
            "PATH": f"{farm.bin}:{os.environ['PATH']}",
            "BATCHBOARD_DATA_DIR": str(tmp_path / "var"),
            "BATCHBOARD_MANAGER_URL": url,
            "BATCHBOARD_AGENT_TOKEN": "hush-hush",
        }
        command = [sys.executable, "-m", "lsf_agent", "check"]
        ended = subprocess.run(command, env=environ, capture_output=True, timeout=30, check=False)
    assert ended.stderr == b""
    found = [decode(line, Checked) for line in ended.stdout.splitlines()]
    assert {"account", "spool", "manager", "clock", "commands", "LSF", "runner"} == {checked.name for checked in found}
    assert {checked.name for checked in found if not checked.ok} == ({"account"} if os.geteuid() == 0 else set())
    assert ended.returncode == (1 if os.geteuid() == 0 else 0)
    assert not (tmp_path / "var").exists()
    assert b"hush-hush" not in ended.stdout
    assert json.loads(ended.stdout.splitlines()[0])["name"] == "account"
