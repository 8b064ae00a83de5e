"""One LSF command: an argument list, bounded in time and output, in an environment that makes its text predictable."""

import asyncio
import base64
import os
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass

from lsf_agent.children import end, read_bounded
from lsf_agent.hands import Hands
from lsf_agent.lsf.counts import Counts

OUTPUT_LIMIT = 8 * 1024 * 1024
"""Bytes kept of each stream; what exceeds them is read and dropped."""


@dataclass(frozen=True, kw_only=True)
class Output:
    """What a command printed. `problem`: why there is no answer (then the streams are empty)."""

    command: str
    code: int | None = None
    stdout: str = ""
    stderr: str = ""
    raw: bytes = b""
    truncated: bool = False
    problem: str | None = None
    refused: bool = False
    """it may not be run as that user; the problem says why"""

    @property
    def text(self) -> str:
        """Both streams; complaints come on either."""
        return f"{self.stdout}\n{self.stderr}"

    @property
    def first_line(self) -> str:
        """With the command's name; empty when it printed nothing."""
        lines = (line.strip() for line in self.text.splitlines())
        return next((f"{self.command}: {line[:300]}" for line in lines if line), "")


class Commands:
    """Runs commands found on the PATH of `environ`; our own settings are not handed on.

    With `hands` that act as others, a command that is given a user is run as that user.
    """

    def __init__(self, environ: Mapping[str, str], hands: Hands | None = None) -> None:
        self._hands = hands if hands is not None and hands.sudo else None
        kept = {name: value for name, value in environ.items() if not name.startswith("BATCHBOARD_")}
        # One try only: LSF's own retries last for ever and hold a caller that has gone.
        self._environ = kept | {"LC_ALL": "C", "TZ": "UTC", "LSB_NTRIES": "1"}
        self.counts = Counts()

    @property
    def for_others(self) -> bool:
        """Whether jobs belong to others than the account that runs us."""
        return self._hands is not None

    async def run(self, *argv: str, limit: float, user: str | None = None) -> Output:
        """Never raises for a failing command: an Output with a `problem` says that there is no answer."""
        began = time.monotonic()
        output = await self._run(argv, limit) if user is None else await self._run_as(user, argv, limit)
        self.counts.called(argv[0], time.monotonic() - began, output.problem is not None)
        return output

    async def _run(self, argv: tuple[str, ...], limit: float) -> Output:
        command = argv[0]
        path = shutil.which(command, path=self._environ.get("PATH", os.defpath))
        if path is None:
            return Output(command=command, problem=f"{command} is not on PATH")
        try:
            process = await asyncio.create_subprocess_exec(
                path,
                *argv[1:],
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=self._environ,
                start_new_session=True,
            )
        except OSError as error:
            return Output(command=command, problem=f"{command} cannot be run: {error.strerror or error}")
        try:
            async with asyncio.timeout(limit):
                (stdout, cut), (stderr, _), code = await asyncio.gather(
                    read_bounded(process.stdout, OUTPUT_LIMIT),
                    read_bounded(process.stderr, OUTPUT_LIMIT),
                    process.wait(),
                )
        except BaseException as error:
            await end(process)
            if isinstance(error, TimeoutError):
                return _late(command, limit)
            raise
        return _output(command, code, stdout, stderr, cut)

    async def _run_as(self, user: str, argv: tuple[str, ...], limit: float) -> Output:
        if self._hands is None:
            return await self._run(argv, limit)
        command = argv[0]
        try:
            said = await self._hands.command(user, argv, self._environ, limit, OUTPUT_LIMIT)
        except PermissionError as refusal:
            return Output(command=command, problem=refusal.strerror or str(refusal), refused=True)
        except TimeoutError:
            return _late(command, limit)
        except OSError as error:
            return Output(command=command, problem=f"{command} cannot be run as {user}: {error.strerror or error}")
        if said["code"] is None:
            return _late(command, limit)
        stdout, stderr = base64.b64decode(said["stdout"]), base64.b64decode(said["stderr"])
        return _output(command, said["code"], stdout, stderr, said["truncated"])


def _late(command: str, limit: float) -> Output:
    return Output(command=command, problem=f"{command} did not answer within {limit:g} s")


def _output(command: str, code: int, stdout: bytes, stderr: bytes, truncated: bool) -> Output:
    return Output(
        command=command,
        code=code,
        stdout=stdout.decode(errors="replace"),
        stderr=stderr.decode(errors="replace"),
        raw=stdout,
        truncated=truncated,
    )
