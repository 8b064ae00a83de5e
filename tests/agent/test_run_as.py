"""Acting as the user whose job it is, with real Unix users and the sudo rules as they are shipped."""

import base64
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest

from realtime.protocol.agent import CheckPath, Kill
from realtime.protocol.observations import CheckSeen, KillSeen, SubmissionSeen
from realtime.protocol.questions import Question

from .accounts import SUDOERS, Accounts, accounts
from .conftest import AgentProcess, a_request, new_job, processes_of, until
from .farm import Farm
from .hung import hanging_below
from .manager import TOKEN, Manager


def test_the_sudo_rules_are_valid() -> None:
    if (visudo := shutil.which("visudo", path=f"{os.environ['PATH']}:/usr/sbin")) is None:
        pytest.skip("visudo is not installed")
    done = subprocess.run([visudo, "-c", "-f", str(SUDOERS)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def people() -> Iterator[Accounts]:
    with accounts() as made:
        yield made


ASK = """
import asyncio, json, os, sys
from lsf_agent.hands import Hands
from realtime.settings import read
async def main():
    hands = Hands(read(os.environ), os.environ)
    told = []
    for kind, user, *what in json.load(sys.stdin):
        try:
            if kind == "command":
                environ = {**os.environ, "LSF_ENVDIR": "/lsf", "SECRET": "x"}
                told.append(await hands.command(user, what[0], environ, what[1], 4096))
            else:
                told.append(await hands.ask(user, what[0], what[0].get("path", "/"), 2))
        except OSError as error:
            told.append(f"{type(error).__name__}: {error.strerror}")
    print(json.dumps(told))
asyncio.run(main())
"""


def as_service(people: Accounts, *questions: Any) -> list[Any]:
    """What the hands of an agent that runs as the service account answer."""
    done = subprocess.run(
        [people.python, "-c", ASK],
        input=json.dumps(questions),
        env={
            "PATH": os.defpath,
            "BATCHBOARD_RUN_AS": "sudo",
            "BATCHBOARD_RUN_AS_GROUP": people.group,
            "BATCHBOARD_DATA_DIR": "/nowhere",
            "BATCHBOARD_AGENT_TOKEN": "s",
        },
        user=people.service,
        cwd="/",
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 0, done.stderr
    answers: list[Any] = json.loads(done.stdout)
    return answers


def test_private_files_are_seen_by_their_owner_alone(people: Accounts) -> None:
    private = people.folder_of(people.member, "private")
    (private / "log").write_text("mine")
    (private / "submit.sh").write_text("#!/bin/sh\n")
    for name, mode in (("log", 0o600), ("submit.sh", 0o700)):
        people.give(private / name, people.member, mode)
    log = {"do": "read", "path": str(private / "log"), "below": None, "offset": 0, "length": 9}
    look = {"do": "look", "executable": str(private / "submit.sh"), "path": "/bin", "roots": []}
    find = {"do": "find", "path": log["path"], "below": None, "sought": ["min", False, False, None, None, 50, True]}
    read, found, problem, outsider, root = as_service(
        people,
        ("ask", people.member, log),
        ("ask", people.member, find),
        ("ask", people.member, look),
        ("ask", people.outsider, log),
        ("ask", "root", log),
    )
    assert read["size"] == 4 and found["items"] == [[0, "mine"]] and problem is None
    assert outsider == f"PermissionError: {people.outsider} is not in the group {people.group}"
    assert root == "PermissionError: nothing is run as root"
    people.give(private, people.outsider, 0o700)
    assert as_service(people, *(("ask", people.member, one) for one in (log, find, look))) == [
        "PermissionError: Permission denied",
        "PermissionError: Permission denied",
        f"folder cannot be entered: {private}",
    ]


def test_a_file_system_that_hangs_is_left_alone_as_another_user_too(people: Accounts) -> None:
    with hanging_below(people.folder_of(people.member, "mounts", 0o755)) as hung:
        log = {"do": "read", "path": str(hung / "log"), "below": None, "offset": 0, "length": 9}
        hanging, other = as_service(
            people, ("ask", people.member, log), ("ask", people.member, log | {"path": "/etc/hosts"})
        )
    assert hanging == "TimeoutError: None"
    assert other["size"] > 0


def test_sudo_itself_refuses_everything_else(people: Accounts) -> None:
    def refused(*words: str) -> bool:
        done = subprocess.run(
            ["sudo", "-n", *words],
            input="{}\n",
            user=people.service,
            cwd="/",
            capture_output=True,
            text=True,
            timeout=20,
        )
        return done.returncode == 1 and done.stderr.startswith("sudo: ")

    runner = str(people.runner)
    assert refused("-u", people.outsider, "--", runner)
    assert refused("-u", "root", "--", runner)
    assert refused("-u", people.member, "--", runner, "argument")
    assert refused("-u", people.member, "--", "/bin/true")
    assert refused("-u", people.member, "A=b", "--", runner)
    assert not refused("-u", people.member, "--", runner)


def test_a_command_runs_as_the_user_with_what_concerns_the_farm(people: Accounts) -> None:
    script = "id -un; env; echo $HOME >&2"
    (said,) = as_service(people, ("command", people.member, ["sh", "-c", script], 10))
    assert said["code"] == 0 and not said["truncated"]
    user, *lines = base64.b64decode(said["stdout"]).decode().splitlines()
    names = {line.split("=", 1)[0] for line in lines}
    assert user == people.member
    assert {"PATH", "HOME", "LSF_ENVDIR"} <= names
    assert not {name for name in names if name.startswith("BATCHBOARD_")} and "SECRET" not in names
    assert base64.b64decode(said["stderr"]).decode().strip() == pwd.getpwnam(people.member).pw_dir


def test_a_command_that_hangs_or_floods_is_bounded(people: Accounts) -> None:
    hanging, flooding, missing = as_service(
        people,
        ("command", people.member, ["sh", "-c", "sleep 600 & sleep 600"], 0.5),
        ("command", people.member, ["head", "-c", "9000000", "/dev/zero"], 10),
        ("command", people.member, ["no-such-command"], 10),
    )
    assert hanging["code"] is None
    assert flooding["code"] == 0 and flooding["truncated"] and len(flooding["stdout"]) < 6000
    assert missing == "FileNotFoundError: no-such-command is not on PATH"
    uid = pwd.getpwnam(people.member).pw_uid
    left = [path for path in Path("/proc").iterdir() if path.name.isdigit() and path.stat().st_uid == uid]
    assert not [one for one in left if b"sleep" in (one / "cmdline").read_bytes()]


class ServiceAgent(AgentProcess):
    """A batch client that runs as the service account and acts for members."""

    def __init__(self, people: Accounts, farm: Farm, manager: Manager) -> None:
        super().__init__(people.folder_of(people.service, f"agent{new_job()}"), farm, manager)
        self.people = people
        self.settings |= {"RUN_AS": "sudo", "RUN_AS_GROUP": people.group, "SUBMIT_TIMEOUT": "3"}

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [self.people.python, "-m", "lsf_agent"],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                user=self.people.service,
                group=pwd.getpwnam(self.people.service).pw_gid,
                extra_groups=[],
                start_new_session=True,
            )

    def of_member(self, text: str) -> str:
        """A script that only the member may see."""
        folder = self.people.folder_of(self.people.member, f"scripts{new_job()}")
        script = folder / "submit.sh"
        script.write_text(f"#!/bin/sh\n{text}")
        return str(self.people.give(script, self.people.member, 0o700))

    async def submit_as(self, user: str, executable: str) -> str:
        request = msgspec.structs.replace(a_request(new_job(), executable), user=user)
        await self.manager.put(request)
        return request.job

    async def end_of(self, job: str) -> SubmissionSeen:
        await self.manager.until(lambda: self.manager.end_of(job), 20)
        end = self.manager.end_of(job)
        assert end is not None
        return end

    def question(self, job: str, kind: str, lsf_id: str, ended: bool, executable: str) -> Question:
        user = self.people.member
        return Question(
            id=new_job(), kind=kind, job=job, user=user, executable=executable, lsf_ids=[lsf_id], ended=ended
        )


@pytest.fixture
async def service(people: Accounts, manager: Manager) -> AsyncIterator[ServiceAgent]:
    farm = Farm(people.folder / f"farm{new_job()}")
    for command in farm.bin.iterdir():
        command.write_text(command.read_text().replace(sys.executable, people.python, 1))
    for name in ("calls", "counter"):
        (farm.root / name).touch()
    for path in (farm.root, farm.root / "jobs", farm.root / "calls", farm.root / "counter"):
        path.chmod(0o777)
    agent = ServiceAgent(people, farm, manager)
    agent.start()
    yield agent
    agent.clean_up()


async def test_a_script_runs_as_its_user_and_gets_nothing_of_ours(service: ServiceAgent, people: Accounts) -> None:
    script = service.of_member(
        "id -un >who\npwd >>who\nenv >env\nps -eo args >ps\n(umask 077; echo mine >log)\n"
        'exec bsub -q psanaq -o "$PWD/log" sleep 600\n'
    )
    folder = Path(script).parent
    job = await service.submit_as(people.member, script)
    end = await service.end_of(job)
    assert (end.exit_code, end.problem, len(end.lsf_ids)) == (0, None, 1)
    assert (folder / "who").read_text().split() == [people.member, str(folder)]
    told = dict(line.split("=", 1) for line in (folder / "env").read_text().splitlines() if "=" in line)
    assert told["BATCH_JOB_ID"] == job and told["HOME"] == pwd.getpwnam(people.member).pw_dir
    assert told["USER"] == told["LOGNAME"] == people.member
    assert not [name for name in told if name.startswith(("BATCHBOARD_", "SUDO_"))]
    assert (end.host, end.folder) == (socket.gethostname(), str(folder)) and end.environment is not None
    assert end.environment["HOME"] == told["HOME"] and end.environment["USER"] == people.member
    assert end.environment["PATH"] == told["PATH"].partition(":")[2], "without the folder of the shim"
    of_the_shell = {"PWD", "OLDPWD", "SHLVL", "_", "BATCH_JOB_ID", "BATCH_UPDATE_URL"}
    assert set(end.environment) == set(told) - of_the_shell
    assert not [secret for secret in (TOKEN, "127.0.0.1/report") if secret in (folder / "ps").read_text()]
    assert str(service.spool) not in (folder / "ps").read_text(), "not even where its spool is"
    (lsf_id,) = end.lsf_ids
    assert (service.farm.root / "jobs" / lsf_id).owner() == people.member
    assert (folder / "log").owner() == people.member and (folder / "log").stat().st_mode & 0o777 == 0o600
    answer = await service.manager.ask(service.question(job, "log", lsf_id, True, script))
    assert answer.log is not None, answer.error
    assert (answer.log.text, answer.log.source) == ("mine\n", "file"), answer


async def test_a_script_is_ended_at_its_time_limit_as_its_user(service: ServiceAgent, people: Accounts) -> None:
    script = service.of_member("echo $$ >pid\nsleep 600\n")
    end = await service.end_of(await service.submit_as(people.member, script))
    assert end.timed_out and end.exit_code == -signal.SIGTERM
    assert int((Path(script).parent / "pid").read_text()) not in processes_of(Path(script).parent)


async def test_bkill_and_bpeek_are_called_as_the_user(service: ServiceAgent, people: Accounts) -> None:
    script = service.of_member("exec bsub sleep 600\n")
    job = await service.submit_as(people.member, script)
    (lsf_id,) = (await service.end_of(job)).lsf_ids
    fake = service.farm.root / "jobs" / lsf_id
    service.farm.job(lsf_id, output="so far")
    assert fake.owner() == "root"
    answer = await service.manager.ask(service.question(job, "log", lsf_id, False, script))
    assert answer.log is not None and "so far" in answer.log.text and answer.log.source == "bpeek"
    await service.manager.put(Kill(job=job, user=people.member, lsf_ids=[lsf_id], force=False))
    await service.manager.until(lambda: service.manager.kills(job))
    assert service.manager.kills(job)[0].error is None
    assert fake.owner() == people.member, "who killed it has written it"
    await service.manager.until(lambda: "EXIT" in service.manager.statuses(job))


@pytest.mark.parametrize("who", ["outsider", "root", "no-such-user"])
async def test_whoever_may_not_be_acted_for_is_refused_in_words(
    service: ServiceAgent, people: Accounts, who: str
) -> None:
    user = people.outsider if who == "outsider" else who
    reason = {"outsider": "is not in the group", "root": "as root", "no-such-user": "knows no user"}[who]
    script = people.folder / f"{who}{new_job()}.sh"
    script.write_text("#!/bin/sh\nexec bsub true\n")
    script.chmod(0o755)
    end = await service.end_of(await service.submit_as(user, str(script)))
    assert end.problem is not None and end.problem.startswith(f"cannot be run as {user}: ") and reason in end.problem
    await service.manager.put(CheckPath(definition=1, version=1, executable=str(script), user=user))
    await service.manager.until(lambda: service.manager.of(CheckSeen))
    problem = service.manager.of(CheckSeen)[0].check.problem
    assert problem is not None and reason in problem
    service.farm.job("77", status="RUN")
    await service.manager.put(Kill(job=new_job(), user=user, lsf_ids=["77"], force=False))
    await service.manager.until(lambda: service.manager.of(KillSeen))
    error = service.manager.of(KillSeen)[0].error
    assert error is not None and reason in error
    assert not service.farm.calls("bsub") and not service.farm.calls("bkill")


async def test_the_agent_can_end_while_a_command_of_another_user_hangs(service: ServiceAgent, people: Accounts) -> None:
    service.farm.job("77")
    service.farm.faults(bkill={"hang": True})
    await service.manager.put(Kill(job=new_job(), user=people.member, lsf_ids=["77"], force=False))
    await until(lambda: service.farm.calls("bkill"))
    assert await service.end() == 0
    assert "Traceback" not in service.log.read_text() and "Error" not in service.log.read_text()


async def test_a_script_outlives_a_killed_agent_and_is_taken_up(service: ServiceAgent, people: Accounts) -> None:
    script = service.of_member("touch began\nwhile [ ! -e go ]; do sleep 0.05; done\nexec bsub true\n")
    folder = Path(script).parent
    job = await service.submit_as(people.member, script)
    await until(lambda: (folder / "began").exists())
    service.kill()
    service.start()
    (folder / "go").touch()
    end = await service.end_of(job)
    assert (end.exit_code, len(end.lsf_ids)) == (0, 1)
    assert len(service.farm.calls("bsub")) == 1


async def test_a_script_is_tried_as_its_user_and_ended_with_the_agent(service: ServiceAgent, people: Accounts) -> None:
    script = service.of_member("id -un\npwd\nenv >env\nbsub -q psanaq true\n")
    asked = msgspec.structs.replace(service.question(new_job(), "try", "7", False, script), arguments=["xppx12345"])
    answer = await service.manager.ask(msgspec.structs.replace(asked, environment={"BATCH_UPDATE_URL": ""}))
    assert answer.tried is not None, answer.error
    assert answer.tried.stdout.splitlines()[:2] == [people.member, str(Path(script).parent)], answer.tried
    assert [call.arguments for call in answer.tried.bsub] == [["-q", "psanaq", "true"]]
    told = dict(line.split("=", 1) for line in (Path(script).parent / "env").read_text().splitlines() if "=" in line)
    assert told["HOME"] == pwd.getpwnam(people.member).pw_dir and told["BATCH_UPDATE_URL"].startswith(
        "http://127.0.0.1"
    )
    assert not [name for name in told if name.startswith(("BATCHBOARD_", "SUDO_"))]
    private = Path(told["LSF_BINDIR"]).parent
    assert not private.exists() and not service.farm.calls("bsub")
    hanging = service.of_member("touch began\nsetsid sleep 600 &\nsleep 600\n")
    await service.manager.put(msgspec.structs.replace(asked, id=new_job(), executable=hanging))
    await until(lambda: (Path(hanging).parent / "began").exists())
    service.kill()
    uid = pwd.getpwnam(people.member).pw_uid
    await until(lambda: not [one for one in commands_of(uid) if b"sleep" in one])
    outsider = msgspec.structs.replace(asked, id=new_job(), user=people.outsider)
    service.start()
    refused = (await service.manager.ask(outsider)).tried
    assert refused is not None and "is not in the group" in next(x.text for x in refused.checks if x.ok is False)


def commands_of(uid: int) -> list[bytes]:
    """Command lines of a user's processes."""
    found = []
    for path in Path("/proc").iterdir():
        with suppress(OSError):
            if path.name.isdigit() and path.stat().st_uid == uid:
                found.append((path / "cmdline").read_bytes())
    return found
