"""Runs one command of the batch system as this user, bounded in time and output."""

import base64
import os
import shutil
import signal
import subprocess
import threading
from typing import IO, Any

from lsf_agent.runner.answers import answer, bounded

OF_THE_ACCOUNT = ("HOME", "USER", "LOGNAME", "SHELL", "MAIL")
"""What belongs to this user and not to whoever asks."""
LAST_WORD = 0.8
"""Seconds beyond the limit for the answer that there is none."""


def main(request: dict[str, Any]) -> int:
    """`argv`, `environment`, `limit` (seconds), `output_limit` (bytes of each stream): answers `{"code", "stdout",
    "stderr", "truncated"}`, the streams in base64; `code` null: not ended within the limit, and killed."""
    bounded(request["limit"] + LAST_WORD)
    return answer(
        lambda: run(request["argv"], environment(request["environment"]), request["limit"], request["output_limit"])
    )


def environment(given: dict[str, str]) -> dict[str, str]:
    """The agent's environment, at home in this account."""
    return given | {name: os.environ[name] for name in OF_THE_ACCOUNT if name in os.environ}


def run(argv: list[str], environ: dict[str, str], limit: float, output_limit: int) -> dict[str, Any]:
    """Raises OSError when it cannot be started."""
    program = shutil.which(argv[0], path=environ.get("PATH", os.defpath))
    if program is None:
        raise FileNotFoundError(2, f"{argv[0]} is not on PATH")
    process = subprocess.Popen(
        [program, *argv[1:]],
        env=environ,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    streams = [Stream(process.stdout, output_limit), Stream(process.stderr, output_limit)]
    try:
        code = process.wait(limit)
    except subprocess.TimeoutExpired:
        code = None
        os.killpg(process.pid, signal.SIGKILL)
    for stream in streams:
        stream.thread.join(LAST_WORD / 4)  # a process left behind may hold it open for long
    return {
        "code": code,
        "stdout": base64.b64encode(bytes(streams[0].kept)).decode(),
        "stderr": base64.b64encode(bytes(streams[1].kept)).decode(),
        "truncated": streams[0].cut,
    }


class Stream:
    """Reads to the end beside the main thread, and keeps no more than `limit` bytes."""

    def __init__(self, stream: IO[bytes] | None, limit: int) -> None:
        assert stream is not None
        self.kept = bytearray()
        self.cut = False
        self._stream = stream
        self._limit = limit
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        while piece := os.read(self._stream.fileno(), 65536):
            room = self._limit - len(self.kept)
            self.kept += piece[:room]
            self.cut = self.cut or len(piece) > room
