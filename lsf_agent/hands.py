"""Does what must be done as the user whose job it is, and what may hang in a file system: in children, the runner."""

import asyncio
import errno
import grp
import json
import os
import pwd
import re
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from lsf_agent.children import kill_group, read_bounded
from lsf_agent.mounts import mount_of
from lsf_agent.slots import Slots
from realtime.settings import Settings

AFTER_THE_LIMIT = 1.0
"""Seconds for a runner to say that what it runs for us has not ended in time."""
ANSWER_LIMIT = 32 * 1024 * 1024
OF_THE_FARM = re.compile(r"(?:LSF|LSB|LS|XLSF|EGO|LC)_.*|PATH|LD_LIBRARY_PATH|MANPATH|LANG|LANGUAGE|TZ")
"""What of the agent's environment another user's processes get: sudo leaves nothing, and the rest is not theirs."""
RUNNER = Path(__file__).absolute().parent / "runner" / "__main__.py"


class Hands:
    """With RUN_AS=self everything is done as the agent's account, and the users in messages are not looked at."""

    def __init__(self, settings: Settings, environment: Mapping[str, str]) -> None:
        self.sudo = settings.run_as == "sudo"
        self._group = settings.run_as_group
        self._environment = {name: value for name, value in environment.items() if not name.startswith("BATCHBOARD_")}
        self._slots = Slots()
        self.children: set[asyncio.Task[None]] = set()
        """until each has ended, which may be long after its question"""

    def refusal(self, user: str) -> str | None:
        """Why nothing is done as `user`, or None. Never as root, never as somebody outside the group."""
        if not self.sudo:
            return None
        try:
            account, group = pwd.getpwnam(user), grp.getgrnam(self._group)
        except (KeyError, ValueError):
            missing = f"user {user}" if _known_group(self._group) else f"group {self._group}"
            return f"this machine knows no {missing}"
        if account.pw_uid == 0:
            return "nothing is run as root"
        if account.pw_name != user:
            return f"the user is called {account.pw_name} here"
        if group.gr_gid not in os.getgrouplist(user, account.pw_gid):
            return f"{user} is not in the group {self._group}"
        return None

    def argv(self, user: str) -> list[str]:
        """The argument list that starts the runner as `user`, of whom there is no refusal."""
        if not self.sudo:
            return [sys.executable, "-I", "-S", str(RUNNER)]
        return ["sudo", "-n", "-H", "-u", user, "--", str(Path(sys.executable).with_name("batchboard-runner"))]

    def account(self, user: str) -> str:
        """Who LSF will say that the jobs of `user` belong to."""
        if self.sudo:
            return user
        try:
            return pwd.getpwuid(os.geteuid()).pw_name
        except KeyError:
            return str(os.geteuid())

    def home(self, user: str) -> str | None:
        """What `$HOME` means in a path of `user`; None: this machine does not know the user."""
        with suppress(KeyError, ValueError):
            return pwd.getpwnam(user).pw_dir if self.sudo else str(Path.home())
        return None

    async def ask(self, user: str, request: dict[str, Any], path: str, limit: float) -> Any:
        """The runner's answer to a request about `path`, or the OSError that it met.

        TimeoutError after `limit` seconds; at once while as many children as are allowed hang in that file system.
        """
        argv = self._allowed(user)
        mount = mount_of(path)
        deadline = time.monotonic() + limit
        async with asyncio.timeout(limit):
            await self._slots.take(mount)
        try:
            process = await self._start(argv)
        except BaseException:
            self._slots.free(mount)
            raise
        child = asyncio.create_task(self._outlive(process, mount))
        self.children.add(child)
        child.add_done_callback(self.children.discard)
        left = max(0.01, deadline - time.monotonic())
        try:
            async with asyncio.timeout(left):
                return await self._converse(process, request | {"limit": left})
        finally:
            if process.returncode is None:
                kill_group(process)
                self._slots.stick(mount, child)

    async def command(
        self, user: str, argv: Sequence[str], environment: Mapping[str, str], limit: float, output_limit: int
    ) -> Any:
        """What the runner's `command` answers of a program run as `user`; OSError when it could not be asked.

        Of `environment` what concerns the farm. It goes through a pipe: arguments are seen by everybody.
        """
        process = await self._start(self._allowed(user))
        request = {
            "do": "command",
            "argv": list(argv),
            "environment": {name: value for name, value in environment.items() if OF_THE_FARM.fullmatch(name)},
            "limit": limit,
            "output_limit": output_limit,
        }
        try:
            async with asyncio.timeout(limit + AFTER_THE_LIMIT):
                return await self._converse(process, request)
        finally:
            kill_group(process)

    async def lead(self, user: str, request: dict[str, Any], limit: float) -> Any:
        """The runner's answer to a request that makes it start what only it can end; or the OSError that it met.

        Its standard input stays open meanwhile: when that closes, because we wait no longer or have died, it ends all
        that it has started. TimeoutError after `limit` seconds.
        """
        process = await self._start(self._allowed(user))
        try:
            async with asyncio.timeout(limit):
                return await self._converse(process, request, to_the_end=False)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            with suppress(TimeoutError):
                async with asyncio.timeout(AFTER_THE_LIMIT):
                    await process.wait()

    def _allowed(self, user: str) -> list[str]:
        if refusal := self.refusal(user):
            raise PermissionError(errno.EPERM, refusal)
        first, *rest = self.argv(user)
        program = shutil.which(first, path=self._environment.get("PATH", os.defpath))
        if program is None:
            raise OSError(errno.EIO, f"{first} is not on PATH")
        return [program, *rest]

    async def _start(self, argv: list[str]) -> asyncio.subprocess.Process:
        try:
            return await asyncio.create_subprocess_exec(
                *argv,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=self._environment,
                cwd="/",
                start_new_session=True,
            )
        except OSError as error:  # must not be taken for an error of the path that is asked about
            raise OSError(errno.EIO, f"{argv[0]} cannot be started: {error.strerror or error}") from error

    async def _converse(
        self, process: asyncio.subprocess.Process, request: dict[str, Any], *, to_the_end: bool = True
    ) -> Any:
        assert process.stdin is not None
        with suppress(ConnectionError):  # it has ended already; its own words say why
            process.stdin.write(json.dumps(request).encode() + b"\n")
            await process.stdin.drain()
        if to_the_end:
            process.stdin.close()
        (stdout, _), (stderr, _) = await asyncio.gather(
            read_bounded(process.stdout, ANSWER_LIMIT), read_bounded(process.stderr, 4096)
        )
        await process.wait()
        return _answer(stdout, stderr)

    async def _outlive(self, process: asyncio.subprocess.Process, mount: str) -> None:
        """A slot is free when its child has ended, however long after its question."""
        try:
            await process.wait()
        finally:
            self._slots.free(mount, asyncio.current_task())


def _known_group(name: str) -> bool:
    try:
        grp.getgrnam(name)
    except KeyError:
        return False
    return True


def _answer(stdout: bytes, stderr: bytes) -> Any:
    """`{"answer": ...}` or `{"errno", "error"}`; what is neither is an OSError with the first words of stderr."""
    try:
        said = json.loads(stdout)
        if "errno" in said:
            raise OSError(said["errno"], str(said["error"]))
        return said["answer"]
    except (ValueError, TypeError, KeyError):
        lines = stderr.decode(errors="replace").strip().splitlines()
        raise OSError(errno.EIO, lines[0][:300] if lines else "no answer from the runner") from None
