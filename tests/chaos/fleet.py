"""The server under test: `batchboard serve`, and its processes as anybody would find them."""

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx

from tests.demo.serving import clean_environ
from tests.ports import free_port

TOKEN = "token-of-the-chaos"
AGENT_TOKEN = "agent-token-of-the-chaos"
END_WITHIN = 15.0
"""Seconds; 5 are promised, on a machine that has nothing else to do."""


class Fleet:
    """`batchboard serve --processes N` over a folder; started again whenever it has ended."""

    def __init__(self, folder: Path, processes: int, redis_url: str) -> None:
        port = free_port()
        self.base = f"http://127.0.0.1:{port}"
        self.database = folder / "batchboard.db"
        self.output = folder / "output"
        self.tokens = {"BATCHBOARD_TOKEN": TOKEN, "BATCHBOARD_AGENT_TOKEN": AGENT_TOKEN}
        self._environ = {
            **clean_environ(),
            **self.tokens,
            "BATCHBOARD_DATA_DIR": str(folder),
            "BATCHBOARD_PORT": str(port),
            "BATCHBOARD_REDIS_URL": redis_url,
        }
        self._folder = folder
        self._arguments = [sys.executable, "-m", "realtime", "serve", "--processes", str(processes)]
        self._process: asyncio.subprocess.Process | None = None

    async def keep(self) -> None:
        """Run it; start it again when it has ended. Until cancelled: then it ends."""
        try:
            while True:
                with self.output.open("ab") as output:
                    self._process = await asyncio.create_subprocess_exec(
                        *self._arguments, env=self._environ, cwd=self._folder, stdout=output, stderr=output
                    )
                await self._process.wait()
                await asyncio.sleep(0.2)
        finally:
            if self._process is not None and self._process.returncode is None:
                self._process.terminate()
                try:
                    await asyncio.wait_for(self._process.wait(), END_WITHIN)
                except TimeoutError:
                    self._process.kill()
                    raise

    async def answers(self) -> None:
        """Return when it does."""
        async with httpx.AsyncClient(base_url=self.base, trust_env=False) as client:
            while True:
                with suppress(httpx.TransportError):
                    if (await client.get("/healthz")).is_success:
                        return
                await asyncio.sleep(0.05)

    def parent(self) -> list[int]:
        """The process that was started; none while it is down."""
        return [self._process.pid] if self._process is not None and self._process.returncode is None else []

    def servers(self) -> list[int]:
        """The server processes that run now."""
        return [child for parent in self.parent() for child in _children(parent)]

    def tracebacks(self) -> list[str]:
        """The last line of every traceback in its output."""
        found = self.output.read_text(errors="replace").split("Traceback (most recent call last)")[1:]
        return [next((line for line in text.splitlines()[1:] if not _inside(line)), "?") for text in found]


def _children(pid: int) -> Iterator[int]:
    with suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            yield from map(int, (thread / "children").read_text().split())


def _inside(line: str) -> bool:
    """A line of a traceback before its last; children's lines have their name in front."""
    text = line.split("| ", 1)[-1]
    return not text.strip() or text.startswith((" ", "+", "|"))


def send(pids: list[int], number: signal.Signals) -> bool:
    """Signal these processes; False when there is none of them."""
    reached = False
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
            reached = True
    return reached
