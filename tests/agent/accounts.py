"""Real Unix users, and an installation of the batch client that may act as some of them. Made for a test, then removed.

Needs root, sudo, and a checkout that other users can read; a test that cannot have it is skipped.
"""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.end_to_end.installation import CHECKOUT, PACKAGES, python_for

SUDOERS = CHECKOUT / "lsf_agent" / "deploy" / "batchboard.sudoers"
DROP_INS = Path("/etc/sudoers.d")
RUNNER = """#!{python}
import sys
from lsf_agent.runner.__main__ import main
sys.exit(main())
"""


@dataclass(frozen=True, kw_only=True)
class Accounts:
    """`service` runs the batch client; `member` is in `group`, `outsider` is not. `folder` is open to all three."""

    folder: Path
    group: str
    service: str
    member: str
    outsider: str
    python: str

    @property
    def runner(self) -> Path:
        return Path(self.python).with_name("batchboard-runner")

    def give(self, path: Path, user: str, mode: int) -> Path:
        os.chown(path, pwd.getpwnam(user).pw_uid, -1)
        path.chmod(mode)
        return path

    def folder_of(self, user: str, name: str, mode: int = 0o700) -> Path:
        path = self.folder / name
        path.mkdir()
        return self.give(path, user, mode)


def _remove(name: str) -> None:
    """What was killed may still be there for a moment: userdel refuses with 8 until it is gone."""
    for _ in range(50):
        if subprocess.run(["userdel", name], check=False, capture_output=True).returncode != 8:
            break
        time.sleep(0.1)
    if name in {user.pw_name for user in pwd.getpwall()}:
        subprocess.run(["userdel", name], check=True)


@contextmanager
def accounts() -> Iterator[Accounts]:
    for command in ("sudo", "useradd", "userdel", "groupadd", "groupdel"):
        if shutil.which(command) is None:
            pytest.skip(f"{command} is not installed")
    if os.geteuid() != 0:
        pytest.skip("needs root, who can make Unix users")
    tag = f"bb{secrets.token_hex(3)}"
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="batchboard-")))
        folder.chmod(0o755)
        subprocess.run(["groupadd", tag], check=True)
        stack.callback(subprocess.run, ["groupdel", tag], check=True)
        names = [f"{tag}{kind}" for kind in "smo"]
        for name in names:
            home = folder / name
            home.mkdir(mode=0o700)
            groups = ["-G", tag] if name.endswith("m") else []
            subprocess.run(["useradd", "-M", "-N", "-d", str(home), "-s", "/bin/sh", *groups, name], check=True)
            stack.callback(_remove, name)
            stack.callback(end_processes_of, pwd.getpwnam(name).pw_uid)
            os.chown(home, pwd.getpwnam(name).pw_uid, -1)
        service, member, outsider = names
        base = python_for(service)
        if base is None:
            pytest.skip("needs an interpreter and a checkout that other users can read")
        python = installed_in(folder / "installation", base)
        stack.enter_context(allowed(service, tag, Path(python).parent))
        yield Accounts(folder=folder, group=tag, service=service, member=member, outsider=outsider, python=python)


def installed_in(folder: Path, base: str) -> str:
    """A virtual environment that finds the checkout, with the command that sudo is to start; its interpreter."""
    subprocess.run([base, "-m", "venv", "--without-pip", str(folder)], check=True)
    packages = next((folder / "lib").glob("python*/site-packages"))
    (packages / "checkout.pth").write_text(PACKAGES.replace(os.pathsep, "\n"))
    python = folder / "bin" / "python"
    runner = folder / "bin" / "batchboard-runner"
    runner.write_text(RUNNER.format(python=python))
    runner.chmod(0o755)
    return str(python)


@contextmanager
def allowed(service: str, group: str, programs: Path) -> Iterator[None]:
    """The shipped rules, for these names."""
    rules = SUDOERS.read_text().replace("Defaults:batchboard ", f"Defaults:{service} ")
    rules = rules.replace("\nbatchboard ALL", f"\n{service} ALL").replace("(%batchboard-users,", f"(%{group},")
    rules = rules.replace("/opt/batchboard/bin", str(programs))
    drop_in = DROP_INS / group
    drop_in.touch(0o440)
    try:
        drop_in.write_text(rules)
        subprocess.run(["visudo", "-c", "-q", "-f", str(drop_in)], check=True)
        yield
    finally:
        drop_in.unlink()


def end_processes_of(uid: int) -> None:
    """Nobody but the test's own processes has this user."""
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            with suppress(FileNotFoundError, ProcessLookupError):
                if path.stat().st_uid == uid:
                    os.kill(int(path.name), signal.SIGKILL)
