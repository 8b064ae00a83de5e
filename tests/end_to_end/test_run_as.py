"""The main job where the batch client's account is nobody's: it acts by sudo as the user whose jobs they are."""

import os
import pwd
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.agent.accounts import DROP_INS, Accounts, accounts
from tests.end_to_end.installation import PACKAGES, Installation, until

COMMANDS = ("bsub", "bjobs", "bkill", "bpeek", "bhist", "lsid")
INSTALL = "import pathlib, sys; from lsf_agent import embedded; embedded.install(pathlib.Path(sys.argv[1]), 4)"
WRAPPER = """#!/bin/sh
[ "$(id -un)" = {member} ] && exec {command} "$@"
exec sudo -n -u {member} -- {command} "$@"
"""


class Apart(Installation):
    """The manager and the scheduler belong to the member, the batch client to the service account.

    A real LSF tells everybody about everybody's jobs. This one does not, so the client's looks at it go by sudo, too.
    """

    def __init__(self, people: Accounts) -> None:
        folder = people.folder_of(people.member, "main-job", 0o755)
        super().__init__(folder, agent_user=people.member, agent_python=people.python)
        self.people = people
        self.agent_dir = people.folder_of(people.service, "client")
        self.lsf_dir = folder / "lsf"
        self.bin = folder / "bin"
        for path in (self.scripts, *self.scripts.iterdir()):
            people.give(path, people.member, 0o700)
        # The Redis client wants this backport with Pythons before 3.11.3, such as Debian's.
        backport = next((people.folder / "installation" / "lib").glob("python*/site-packages")) / "async_timeout.py"
        backport.write_text("from asyncio import timeout\n\n__all__ = ['timeout']\n")
        self._install_scheduler()

    def _install_scheduler(self) -> None:
        subprocess.run(
            [self.people.python, "-c", INSTALL, str(self.lsf_dir)], check=True, cwd="/", **_as(self.people.member)
        )
        self.bin.mkdir(mode=0o755)
        for name in COMMANDS:
            wrapper = self.bin / name
            wrapper.write_text(WRAPPER.format(member=self.people.member, command=self.lsf_dir / "bin" / name))
            wrapper.chmod(0o755)
        commands = ", ".join(str(self.lsf_dir / "bin" / name) for name in COMMANDS)
        rule = f"{self.people.service} ALL = ({self.people.member}) NOPASSWD: {commands}\n"
        self.drop_in.touch(0o440)
        self.drop_in.write_text(rule)

    @property
    def drop_in(self) -> Path:
        return DROP_INS / f"{self.people.group}-commands"

    def start_manager(self) -> None:
        settings = {"BATCHBOARD_DATA_DIR": str(self.manager_dir)}
        self._spawn("manager", [self.people.python, "-m", "realtime", "serve"], settings, self.people.member)
        until(lambda: self._answers(), "the manager answers", 30, lambda: self.log("manager"))

    def start_agent(self, name: str = "agent") -> None:
        settings = {
            "PATH": f"{self.bin}:{os.environ['PATH']}",
            "BATCHBOARD_DATA_DIR": str(self.agent_dir),
            "BATCHBOARD_POLL_INTERVAL": "1",
            "BATCHBOARD_RUN_AS": "sudo",
            "BATCHBOARD_RUN_AS_GROUP": self.people.group,
        }
        self._spawn(name, [self.people.python, "-m", "lsf_agent"], settings, self.people.service)

    def private_script(self, name: str, text: str) -> str:
        path = self.script(name, text)
        self.people.give(Path(path), self.people.member, 0o700)
        return path

    def close(self) -> None:
        super().close()
        self.drop_in.unlink()


def _as(user: str) -> dict[str, Any]:
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "env": {"PATH": os.defpath, "PYTHONPATH": PACKAGES}}


@pytest.fixture
def apart() -> Iterator[Apart]:
    with accounts() as people:
        running = Apart(people)
        try:
            running.start()
            yield running
        finally:
            running.close()


@pytest.mark.timeout(120)
def test_apply_log_and_kill_as_the_user_whose_job_it_is(apart: Apart) -> None:
    example = apart.scripts / "submit.sh"
    apart.prepare(
        runs=2,
        example=str(example),
        who=apart.private_script(
            "who.sh", "#!/bin/sh\nid -un >who\nenv >env\nexec bsub -q normal -o out 'umask 077; id -un; sleep 300'\n"
        ),
    )
    member = apart.people.member
    (job,) = apart.apply("example")
    apart.until_status(job, "RUN", seconds=40)
    log = until(lambda: _with(apart, job, "Step: 1"), "bpeek shows the log", 15)
    assert log["source"] == "bpeek"
    (long,) = apart.apply("who", 2)
    apart.until_status(long, "RUN", seconds=40)
    assert apart.job(long)["user"] == member
    assert (apart.scripts / "who").read_text().strip() == member
    names = {line.split("=", 1)[0] for line in (apart.scripts / "env").read_text().splitlines()}
    assert "BATCH_UPDATE_URL" in names and not {name for name in names if name.startswith(("BATCHBOARD_", "SUDO_"))}
    peeked = until(lambda: _with(apart, long, member), "bpeek runs as the user", 15)
    assert peeked["source"] == "bpeek"
    apart.post(f"/jobs/{long}/kill")
    assert apart.until_status(long, "EXIT", seconds=40)["reason"]
    row = apart.until_status(job, "DONE", seconds=40)
    assert row["counters"][0]["value"] == 10
    log = until(lambda: _complete(apart, job), "the agent reads the file", 15)
    assert log["source"] == "file" and Path(log["path"]).owner() == member
    assert Path(log["path"]).is_relative_to(apart.scripts), "which the client's account cannot enter"
    assert f"Job <{row['lsf_id']}>" in apart.get(f"/jobs/{job}/details")["text"]
    checks = {one["name"]: one["check"] for one in apart.get("/experiments/demo/definitions")["items"]}
    assert checks["example"]["ok"] and checks["who"]["ok"]
    assert len(apart.submissions()) == 2


def _with(apart: Apart, job: str, text: str) -> dict[str, Any] | None:
    log: dict[str, Any] = apart.get(f"/jobs/{job}/log")
    return log if text in str(log["text"]) else None


def _complete(apart: Apart, job: str) -> dict[str, Any] | None:
    log: dict[str, Any] = apart.get(f"/jobs/{job}/log")
    return log if log["complete"] else None
