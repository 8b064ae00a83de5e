"""Where a child writes."""

import asyncio
import os
import sys
from pathlib import Path


class Output:
    """A file, one pipe for all lives of a child, whose lines go to our stderr after its name, or our stderr itself.

    The pipe is ours at both ends, so neither a grandchild that keeps it open nor a restart matters.
    """

    def __init__(self, name: str, path: Path | None, *, bare: bool) -> None:
        """`path`: the file; without one our stderr, `bare`: without the name."""
        self._prefix = f"{name:<8} | ".encode()
        self._path = path
        self._rest = b""
        self._ends: tuple[int, int] | None = None
        if self._path is None and not bare:
            self._ends = os.pipe()
            os.set_blocking(self._ends[0], False)
            asyncio.get_running_loop().add_reader(self._ends[0], self._pass_on)

    def opened(self) -> "_Stream":
        """What a new process gets as stdout and stderr."""
        if self._path is not None:
            return _Stream(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
        return _Stream(os.dup(self._ends[1] if self._ends else sys.stderr.fileno()))

    def close(self) -> None:
        """Pass on what is there, an unfinished line too; safe to repeat."""
        if self._ends is None:
            return
        self._pass_on()
        if self._rest:
            self._write([self._rest])
        asyncio.get_running_loop().remove_reader(self._ends[0])
        for end in self._ends:
            os.close(end)
        self._ends = None

    def _pass_on(self) -> None:
        assert self._ends is not None
        try:
            written = os.read(self._ends[0], 65536)
        except BlockingIOError:
            return
        *lines, self._rest = (self._rest + written).split(b"\n")
        if len(self._rest) > 65536:
            lines, self._rest = [*lines, self._rest], b""
        self._write(lines)

    def _write(self, lines: list[bytes]) -> None:
        sys.stderr.buffer.write(b"".join(self._prefix + line + b"\n" for line in lines))
        sys.stderr.buffer.flush()


class _Stream:
    """A descriptor that is closed when its block ends."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def __enter__(self) -> int:
        return self._descriptor

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)
