"""A manager as a real process, and what it costs."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from tests.bus.waiting import until_sync
from tests.live.raw import SITE, Raw, connected, upgrade
from tests.ports import free_port

TOKEN = "token-of-the-tests"


class Served:
    """`python -m realtime serve` with one server process."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.port = free_port()
        usual = {"DATA_DIR": str(folder / "var"), "PORT": str(self.port), "TOKEN": TOKEN} | settings
        environ = {name: value for name, value in os.environ.items() if not name.startswith("BATCHBOARD_")}
        environ |= {f"BATCHBOARD_{name}": value for name, value in usual.items()}
        self.process = subprocess.Popen([sys.executable, "-m", "realtime", "serve"], env=environ)
        self._clients: list[Raw] = []
        self._http = httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}", headers={"Authorization": f"Bearer {TOKEN}"}, trust_env=False
        )
        until_sync(self._answers, 30)
        self.server = self._server()

    def _answers(self) -> bool:
        assert self.process.poll() is None
        try:
            return self._http.get("/healthz").is_success
        except httpx.TransportError:
            return False

    def _server(self) -> int:
        """The process that has the connections."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        (server,) = (int(child) for child in children if b"realtime.server" in _command(child))
        return server

    def memory(self) -> int:
        """Bytes that the server process has in memory."""
        lines = Path(f"/proc/{self.server}/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))

    def kernel_memory(self, port: int) -> int:
        """Bytes that the kernel holds for the client with this port."""
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            _, local, remote, _, queues = line.split()[:5]
            if (int(local[-4:], 16), int(remote[-4:], 16)) == (self.port, port):
                return int(queues.split(":")[0], 16)
        return 0

    async def open(self, path: str = SITE, **headers: str) -> Raw:
        """A websocket, or whatever is answered instead."""
        return await self.ask(upgrade(path, TOKEN, **headers))

    async def ask(self, request: bytes, receive_buffer: int | None = None) -> Raw:
        """A connection with this request; `receive_buffer`: bytes that the client's kernel takes unread."""
        client = await connected(self.port, request, receive_buffer)
        self._clients.append(client)
        return client

    async def leave(self) -> None:
        """Cut all connections."""
        clients, self._clients = self._clients, []
        for client in clients:
            client.writer.transport.abort()
        await asyncio.sleep(0)

    async def post(self, path: str, body: Any) -> Any:
        """Of the API; must succeed."""
        answer = await asyncio.to_thread(self._http.post, f"/api/v1{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def end(self) -> int:
        """SIGTERM; the exit code."""
        self._http.close()
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(15)


def _command(pid: str) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()
