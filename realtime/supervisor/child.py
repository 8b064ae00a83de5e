"""A program, and the process it is at the moment."""

import asyncio
import ctypes
import functools
import os
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from realtime.supervisor.output import Output

_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, kw_only=True)
class Program:
    """What to run. `environment` None: ours. `output`: file for stdout and stderr; None: our stderr, each line after
    the name unless `bare`. `final`: exit codes after which it is not started again; whoever waits for its end says
    so. `descriptors`: open files that it gets under the same numbers."""

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str] | None = None
    output: Path | None = None
    bare: bool = False
    final: frozenset[int] = frozenset()
    descriptors: tuple[int, ...] = ()


class Child:
    """A program and the process it is at the moment, if any."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.leaving = asyncio.Event()
        """it was told to end and is not started again"""
        self.deaths = 0
        """how often it ended by itself"""
        self.exit_code: int | None = None
        """of the last end; negative: killed by that signal"""
        self._process: asyncio.subprocess.Process | None = None
        self._output = Output(program.name, program.output, bare=program.bare)

    @property
    def pid(self) -> int | None:
        """Process id, also that of its session and process group; None while it is not running."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def spawn(self) -> None:
        """Start the process in a session of its own; raises OSError when that is not possible."""
        with self._output.opened() as stream:
            self._process = await asyncio.create_subprocess_exec(
                *self.program.arguments,
                env=self.program.environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                pass_fds=self.program.descriptors,
                start_new_session=True,
                preexec_fn=_die_with_parent(os.getpid()),
            )

    async def wait(self) -> int:
        """Exit code, after the process has ended and what it left in its group was killed."""
        assert self._process is not None
        self.exit_code = await self._process.wait()
        self.signal(signal.SIGKILL)
        return self.exit_code

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the whole process group."""
        if self._process is not None:
            try:
                os.killpg(self._process.pid, number)
            except (ProcessLookupError, PermissionError):
                return  # nothing is left of it (macOS says EPERM while a zombie remains)

    def finish(self) -> None:
        """Pass on the last output and close the pipe."""
        self._output.close()


@functools.cache
def _die_with_parent(parent: int) -> Callable[[], None] | None:
    """Runs in the new process: the kernel kills it when its parent dies, however that happens (Linux)."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl

    def ask_the_kernel() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL.value, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return ask_the_kernel
