"""Child processes that are kept running and that never outlive their parent."""

import asyncio
import ctypes
import functools
import logging
import os
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

log = logging.getLogger(__name__)

BACKOFF = (0.2, 5.0)
"""Seconds until a child that died is started again: the first time, and at most."""
STEADY = 10.0
"""A child that lived this long was well: the next wait is the shortest again."""
AFTER_KILL = 1.0
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
        self._output = _Output(program)

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


class Supervisor:
    """Runs children; starts a child again when it died, after a wait; ends them all in reverse order."""

    def __init__(self) -> None:
        self._keeping: dict[Child, asyncio.Task[None]] = {}

    async def start(self, program: Program) -> Child:
        """Run a program from now on; raises OSError when it cannot be started at all."""
        child = Child(program)
        try:
            await child.spawn()
        except OSError:
            child.finish()
            raise
        self._keeping[child] = asyncio.create_task(self._keep(child), name=f"keep {program.name}")
        return child

    async def ended(self) -> Child:
        """The first child that ended for good by itself (one of its final exit codes); wait for it."""
        while True:
            for child, keeping in self._keeping.items():
                if keeping.done():
                    return child
            await asyncio.wait(self._keeping.values(), return_when=asyncio.FIRST_COMPLETED)

    async def over(self, child: Child) -> None:
        """Wait until this child has ended for good."""
        if child in self._keeping:
            await asyncio.wait({self._keeping[child]})

    async def end(self, child: Child, within: float) -> None:
        """End one child for good: SIGTERM, and SIGKILL after `within` seconds."""
        keeping = self._keeping.pop(child, None)
        if keeping is None:
            return
        child.leaving.set()
        child.signal(signal.SIGTERM)
        await asyncio.wait({keeping}, timeout=within)
        if not keeping.done():
            log.warning("%s did not end in time and is killed", child.program.name)
            child.signal(signal.SIGKILL)
            await asyncio.wait({keeping}, timeout=AFTER_KILL)
        child.finish()

    async def end_together(self, within: float) -> None:
        """End all children at the same time, each as by `end`."""
        await asyncio.gather(*(self.end(child, within) for child in list(self._keeping)))

    async def close(self, within: float) -> None:
        """End all children, the newest first: SIGTERM, then SIGKILL for what is left; takes about `within` seconds at
        most. A child gets an equal share of what remains."""
        self._let_go()
        deadline = asyncio.get_running_loop().time() + within
        waiting = len(self._keeping)
        for child, keeping in reversed(self._keeping.items()):
            child.signal(signal.SIGTERM)
            left = deadline - asyncio.get_running_loop().time()
            await asyncio.wait({keeping}, timeout=max(0.0, left / waiting))
            if not keeping.done():
                log.warning("%s did not end in time and is killed", child.program.name)
                child.signal(signal.SIGKILL)
            waiting -= 1
        if self._keeping:
            await asyncio.wait(self._keeping.values(), timeout=AFTER_KILL)
        for child in self._keeping:
            child.finish()
        self._keeping.clear()

    def kill(self) -> None:
        """SIGKILL to all, at once. `close` may still be running or follow."""
        self._let_go()
        for child in self._keeping:
            child.signal(signal.SIGKILL)

    def _let_go(self) -> None:
        for child in self._keeping:
            child.leaving.set()

    async def _keep(self, child: Child) -> None:
        loop = asyncio.get_running_loop()
        shortest, longest = BACKOFF
        pause = shortest
        while True:
            began = loop.time()
            code = await child.wait()
            if child.leaving.is_set():
                return
            child.deaths += 1
            if code in child.program.final:
                return
            log.warning("%s ended by itself (%s)", child.program.name, _in_words(code))
            if loop.time() - began > STEADY:
                pause = shortest
            while not await self._again(child, pause):
                if child.leaving.is_set():
                    return
                pause = min(pause * 2, longest)
            pause = min(pause * 2, longest)

    async def _again(self, child: Child, pause: float) -> bool:
        try:
            async with asyncio.timeout(pause):
                await child.leaving.wait()
            return False
        except TimeoutError:
            pass
        try:
            await child.spawn()
        except OSError as error:
            log.warning("%s cannot be started: %s", child.program.name, error)
            return False
        if child.leaving.is_set():
            child.signal(signal.SIGTERM)
        return True


class _Output:
    """Where a child writes: a file, or one pipe for all its lives, whose lines go to our stderr.

    The pipe is ours at both ends, so neither a grandchild that keeps it open nor a restart matters.
    """

    def __init__(self, program: Program) -> None:
        self._prefix = f"{program.name:<8} | ".encode()
        self._path = program.output
        self._rest = b""
        self._ends: tuple[int, int] | None = None
        if self._path is None and not program.bare:
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


def _in_words(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"
