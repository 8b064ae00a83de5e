"""The real server, in a process and a data directory of its own."""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from realtime.protocol.agent import VERSION
from tests.ports import free_port

TOKEN = "bench"
AGENT_TOKEN = "bench-agent"
STOPPED_WITHIN = 20.0


@dataclass(frozen=True, kw_only=True)
class Installation:
    """A server that answers. `environ` is its environment, for other processes of the same installation."""

    client: httpx.AsyncClient
    port: int
    pid: int
    environ: Mapping[str, str]


@asynccontextmanager
async def installed(
    before: Callable[[Path], Awaitable[None]] | None = None, **settings: str
) -> AsyncIterator[Installation]:
    """A server with these settings (`redis_url` as `REDIS_URL`). `before` fills its data directory before it starts."""
    with tempfile.TemporaryDirectory(prefix="batchboard-bench-") as folder:
        port = free_port()
        environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("BATCHBOARD_")},
            "BATCHBOARD_DATA_DIR": str(Path(folder) / "var"),
            "BATCHBOARD_PORT": str(port),
            "BATCHBOARD_TOKEN": TOKEN,
            "BATCHBOARD_AGENT_TOKEN": AGENT_TOKEN,
            **{f"BATCHBOARD_{name.upper()}": value for name, value in settings.items()},
        }
        if before is not None:
            await before(Path(folder) / "var")
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "realtime", "serve", env=environ, stdout=asyncio.subprocess.DEVNULL
        )
        try:
            headers = {"Authorization": f"Bearer {TOKEN}"}
            base = f"http://127.0.0.1:{port}"
            async with httpx.AsyncClient(base_url=base, headers=headers, trust_env=False, timeout=30) as client:
                await _answers(client, process)
                yield Installation(client=client, port=port, pid=process.pid, environ=environ)
        finally:
            if process.returncode is None:
                process.terminate()
            try:
                await asyncio.wait_for(process.wait(), STOPPED_WITHIN)
            except TimeoutError:
                process.kill()
                await process.wait()


@asynccontextmanager
async def serving(**settings: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server that answers."""
    async with installed(None, **settings) as installation:
        yield installation.client


async def _answers(client: httpx.AsyncClient, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(30):
        while process.returncode is None:
            try:
                await client.get("/healthz")
            except httpx.TransportError:
                await asyncio.sleep(0.05)
            else:
                return
    raise RuntimeError(f"the server has ended with {process.returncode}")


async def job_address(client: httpx.AsyncClient) -> str:
    """The report address of a new job, as an agent is told it."""
    api = "/api/v1/experiments"
    await client.post(api, json={"name": "bench"})
    await client.post(f"{api}/bench/runs", json={})
    await client.post(f"{api}/bench/definitions", json={"name": "h", "executable": "/opt/submit.sh"})
    await client.post(f"{api}/bench/jobs", json={"definition": "h", "runs": 1})
    agent = {"Authorization": f"Bearer {AGENT_TOKEN}"}
    lease = {"protocol": VERSION, "location": "default", "agent": "bench", "version": "0"}
    body = {**lease, "scheduler": None, "scheduler_version": None}
    generation = (await client.post("/agent/v1/lease", json=body, headers=agent)).json()["generation"]
    asked = {"location": "default", "generation": generation, "room": 1, "holding": []}
    work = await client.post("/agent/v1/work", json={**asked, "state": {}}, headers=agent)
    address: str = work.json()["submit"][0]["environment"]["BATCH_UPDATE_URL"]
    return address
