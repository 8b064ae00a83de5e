"""One LSF command: an argument list, bounded in time and output, in an environment that makes its text predictable."""

import asyncio
import os
import shutil
import signal
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

OUTPUT_LIMIT = 8 * 1024 * 1024
"""Bytes kept of each stream; what exceeds them is read and dropped."""
DEATH_LIMIT = 0.5
"""Seconds that a killed command is waited for; one stuck in a dead file system is left behind."""


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

    @property
    def text(self) -> str:
        """Both streams; complaints come on either."""
        return f"{self.stdout}\n{self.stderr}"


class Commands:
    """Runs commands found on the PATH of `environ`; our own settings are not handed on."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        kept = {name: value for name, value in environ.items() if not name.startswith("BATCHBOARD_")}
        # One try only: LSF's own retries last for ever and hold a caller that has gone.
        self._environ = kept | {"LC_ALL": "C", "TZ": "UTC", "LSB_NTRIES": "1"}

    async def run(self, *argv: str, limit: float) -> Output:
        """Never raises for a failing command: an Output with a `problem` says that there is no answer."""
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
                    _read(process.stdout), _read(process.stderr), process.wait()
                )
        except BaseException as error:
            await _end(process)
            if isinstance(error, TimeoutError):
                return Output(command=command, problem=f"{command} did not answer within {limit:g} s")
            raise
        return Output(
            command=command,
            code=code,
            stdout=stdout.decode(errors="replace"),
            stderr=stderr.decode(errors="replace"),
            raw=stdout,
            truncated=cut,
        )


async def _read(stream: asyncio.StreamReader | None) -> tuple[bytes, bool]:
    assert stream is not None
    kept = bytearray()
    cut = False
    while piece := await stream.read(65536):
        room = OUTPUT_LIMIT - len(kept)
        kept += piece[:room]
        cut = cut or len(piece) > room
    return bytes(kept), cut


async def _end(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    with suppress(TimeoutError):
        async with asyncio.timeout(DEATH_LIMIT):
            await process.wait()
