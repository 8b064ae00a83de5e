"""Reports accepted a second while 1,000 subscribers watch them, beside the tracking server of MLflow.

Both on SQLite, answered after the commit; the same program posts over as many connections, each for a job (a run) of
its own. Nobody watches MLflow's metrics: it has no way to.
"""

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import msgspec

from realtime.protocol.agent import VERSION
from tests.bench import peers
from tests.bench.contenders import talk
from tests.bench.posting import NUMBER, Plan, Posted
from tests.bench.processes import cpu, family
from tests.bench.receivers import Receiver, close, connect, upgrade
from tests.bench.server import AGENT_TOKEN, TOKEN, installed
from tests.ports import free_port

PEER = "mlflow==3.17.2"
WORKERS = (4, 1)
"""Processes of MLflow's server: its default, and what suits SQLite better. The faster one counts."""
CONNECTIONS = 32
SUBSCRIBERS = 1_000
SECONDS = 8.0
TARGET_RATIO = 5
ALL_HAVE_IT_WITHIN = 30.0
LAST = 987_654_321
BODY = json.dumps({"counters": {"Bench": [NUMBER, "red"], "Random Char": "Q"}}).replace(f'"{NUMBER}"', NUMBER)
API = "/api/v1/experiments"
PEER_API = "/api/2.0/mlflow"


async def measure() -> None:
    """Print a line."""
    line: dict[str, object] = {
        "bench": "reports accepted",
        "connections": CONNECTIONS,
        "subscribers": SUBSCRIBERS,
        **await _ours(),
    }
    python = await asyncio.to_thread(peers.interpreter, PEER)
    if python is not None:
        found = [await _peer(python, workers) for workers in WORKERS]
        best = max(found, key=lambda posted: posted.accepted)
        line |= _figures("mlflow_", best)
        line["mlflow_workers"] = WORKERS[found.index(best)]
        line["ratio"] = round(_a_second(line, "") / _a_second(line, "mlflow_"), 1)
        line["target_ratio"] = TARGET_RATIO
    print(json.dumps(line), flush=True)


def _figures(name: str, posted: Posted) -> dict[str, float]:
    return {
        f"{name}a_second": round(posted.accepted / posted.seconds, 1),
        f"{name}median_ms": posted.median_ms,
        f"{name}p99_ms": posted.p99_ms,
    }


def _a_second(line: dict[str, object], name: str) -> float:
    found = line[f"{name}a_second"]
    assert isinstance(found, float)
    return found


async def _ours() -> dict[str, float]:
    async with installed() as installation:
        paths = await _addresses(installation.client)
        receivers = await connect(installation.port, SUBSCRIBERS, upgrade(f"{API}/bench/live", TOKEN))
        try:
            pids = family(installation.pid)
            before = cpu(pids)
            plan = Plan(port=installation.port, seconds=SECONDS, paths=paths, bodies=[BODY] * CONNECTIONS)
            posted = await _post(plan)
            spent = cpu(pids) - before
            await _last_arrives(installation.client, paths, receivers)
        finally:
            close(receivers)
        return _figures("", posted) | {"cpu_ms_a_report": round(spent / posted.accepted * 1000, 2)}


async def _addresses(client: httpx.AsyncClient) -> list[str]:
    """The paths of the report addresses of new jobs, as an agent is told them."""
    await client.post(API, json={"name": "bench"})
    await client.post(f"{API}/bench/runs", json={})
    await client.post(f"{API}/bench/definitions", json={"name": "h", "executable": "/opt/submit.sh"})
    for _ in range(CONNECTIONS):
        await client.post(f"{API}/bench/jobs", json={"definition": "h", "runs": 1})
    agent = {"Authorization": f"Bearer {AGENT_TOKEN}"}
    lease = {"protocol": VERSION, "location": "default", "agent": "bench", "version": "0"}
    body = {**lease, "scheduler": None, "scheduler_version": None}
    generation = (await client.post("/agent/v1/lease", json=body, headers=agent)).json()["generation"]
    asked = {"location": "default", "generation": generation, "room": CONNECTIONS, "holding": [], "state": {}}
    work = (await client.post("/agent/v1/work", json=asked, headers=agent)).json()
    paths = [urlsplit(job["environment"]["BATCH_UPDATE_URL"]).path for job in work["submit"]]
    assert len(paths) == CONNECTIONS
    return paths


async def _post(plan: Plan) -> Posted:
    said = await talk([sys.executable, "-m", "tests.bench.posting"], msgspec.json.encode(plan))
    posted = msgspec.json.decode(said, type=Posted)
    assert posted.accepted and not posted.refused, posted
    return posted


async def _last_arrives(client: httpx.AsyncClient, paths: list[str], receivers: list[Receiver]) -> None:
    """Nobody was left behind: one more report is seen by every subscriber."""
    for receiver in receivers:
        receiver.expect(f'"value":{LAST},'.encode())
    answer = await client.post(paths[0], content=BODY.replace(NUMBER, str(LAST)))
    assert answer.status_code == 200, answer.text
    await asyncio.wait_for(asyncio.gather(*(receiver.arrived for receiver in receivers)), ALL_HAVE_IT_WITHIN)


async def _peer(python: Path, workers: int) -> Posted:
    async with _tracking(python, workers) as client:
        made = await client.post(f"{PEER_API}/experiments/create", json={"name": "bench"})
        experiment = made.json()["experiment_id"]
        bodies = []
        for _ in range(CONNECTIONS):
            run = await client.post(f"{PEER_API}/runs/create", json={"experiment_id": experiment, "start_time": 1})
            metric = {"run_id": run.json()["run"]["info"]["run_id"], "key": "Bench", "timestamp": 1, "value": NUMBER}
            bodies.append(json.dumps(metric).replace(f'"{NUMBER}"', NUMBER))
        port = client.base_url.port
        assert port is not None
        paths = [f"{PEER_API}/runs/log-metric"] * CONNECTIONS
        return await _post(Plan(port=port, seconds=SECONDS, paths=paths, bodies=bodies))


@asynccontextmanager
async def _tracking(python: Path, workers: int) -> AsyncIterator[httpx.AsyncClient]:
    """A client of MLflow's server, which answers."""
    with tempfile.TemporaryDirectory(prefix="batchboard-bench-") as folder:
        port = free_port()
        process = await asyncio.create_subprocess_exec(
            *(str(python.with_name("mlflow")), "server", "--host", "127.0.0.1", "--port", str(port)),
            *("--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--artifacts-destination", folder),
            *("--workers", str(workers)),
            cwd=folder,
            env={**os.environ, "PATH": f"{python.parent}:{os.environ['PATH']}", "MLFLOW_DISABLE_TELEMETRY": "true"},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            base = f"http://127.0.0.1:{port}"
            async with httpx.AsyncClient(base_url=base, trust_env=False, timeout=60) as client:
                await _answers(client, process)
                yield client
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


async def _answers(client: httpx.AsyncClient, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(120):
        while process.returncode is None:
            try:
                if (await client.get("/health")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.2)
    raise RuntimeError(f"{PEER} has ended with {process.returncode}")
