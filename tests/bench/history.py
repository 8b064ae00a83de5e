"""What looking into jobs costs in the store: its growth for 1,000 jobs that report a lot, and the most for one job.

Through the functions that the server calls, with a clock of its own: each job reports once a second for ten minutes.
"""

import asyncio
import json
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from realtime.domain.report import BODY_LIMIT, parse
from realtime.protocol.observations import OUTPUT_LIMIT, LsfSeen, Observation, SubmissionSeen
from realtime.service import applying
from realtime.service.definitions import create_definition
from realtime.service.experiments import create_experiment, start_run
from realtime.service.observations import observe
from realtime.service.reports import Received, accept_reports
from realtime.service.rules import Rules
from realtime.store import locations, schema
from realtime.store.store import Store
from realtime.store.tx import Tx

JOBS = 100
"""Their growth is told for 1,000: it is the same for each, and to make those takes several minutes."""
HASHES = 10
POSTS = 600
"""Of each job, a second apart."""
OUTPUT = "".join(f"submitting part {n:02} of the run with its own output folder\n" for n in range(66))
"""Of each submit script: 4 KB."""
ENVIRONMENT: dict[str, str | None] = {f"SIT_VARIABLE_{n:02}": f"/sdf/group/psdm/part/{n}" for n in range(60)}
BEGIN = datetime(2026, 11, 22, 2, 14, tzinfo=UTC)
USER = "bench"
EXPERIMENT = "bench"
PLACE = "default"
GENERATION = 1
RULES = Rules(slow_after=timedelta(days=1), up_since=BEGIN, public_url="http://127.0.0.1", secret=b"bench")
MB = 1e6


async def measure() -> None:
    """Print two lines: megabytes by table for 1,000 jobs, and those of one job that reports all that is taken."""
    with tempfile.TemporaryDirectory(prefix="batchboard-bench-") as folder:
        grown = await _Growth(Path(folder)).of_many(JOBS)
    scaled = {name: round(size / MB * 1_000 / JOBS, 2) for name, size in grown.items()}
    told = {"bench": "history kept", "unit": "MB for 1,000 jobs", "jobs": JOBS, "posts_each": POSTS}
    print(json.dumps(told | {"all": round(sum(scaled.values()), 1)} | _largest(scaled)), flush=True)
    with tempfile.TemporaryDirectory(prefix="batchboard-bench-") as folder:
        worst = await _Growth(Path(folder)).of_worst()
    sizes = {name: round(size / MB, 2) for name, size in worst.items()}
    told = {"bench": "history of the worst job", "unit": "MB", "posts": POSTS}
    print(json.dumps(told | {"all": round(sum(sizes.values()), 2)} | _largest(sizes)), flush=True)


def _largest(sizes: Mapping[str, float]) -> dict[str, float]:
    shown = {name: size for name, size in sizes.items() if size >= 0.01}
    return dict(sorted(shown.items(), key=lambda item: -item[1]))


class _Growth:
    """A new store in a folder, and by how much jobs make it larger."""

    def __init__(self, folder: Path) -> None:
        self._store = Store(f"sqlite+aiosqlite:///{folder}/b.db", lambda commit: None, folder / "store.mark")
        self._n = 0

    async def of_many(self, jobs: int) -> dict[str, int]:
        """Bytes by table, for so many jobs that go the same way."""
        bodies = ['{"counters": {"Events": %d, "Hit rate": ["%.1f %%", "green"], "Hits": %d}}'] * POSTS
        filled = [body % (120 * n, 12 + n * 7 % 400 / 10, 31 * n + n % 17) for n, body in enumerate(bodies)]
        return await self._grown(jobs, filled, OUTPUT, ENVIRONMENT)

    async def of_worst(self) -> dict[str, int]:
        """Bytes by table, for one job all of whose output and posts are as large as they may be."""
        odd: dict[str, Any] = {f"c{n}": [n / 7, "☂" * 40] for n in range(100)} | {f"x{n}": {} for n in range(3_000)}
        bodies = [json.dumps({"counters": odd | {"c0": n + 0.5}}, ensure_ascii=False) for n in range(POSTS)]
        assert len(bodies[0].encode()) <= BODY_LIMIT
        environment: dict[str, str | None] = {f"V{n}": "☂" * 330 for n in range(32)}
        return await self._grown(1, bodies, "☂" * (OUTPUT_LIMIT // 3), environment)

    async def _grown(
        self, jobs: int, bodies: list[str], output: str, environment: dict[str, str | None]
    ) -> dict[str, int]:
        await self._store.open()
        writing = asyncio.create_task(self._store.run())
        try:
            await self._at(0, lambda tx: _prepare(tx, jobs))
            before = await self._store.read(_sizes)
            made = await self._at(1, _apply)
            script: dict[str, Any] = {"host": "psanagpu101", "folder": "/sdf/home/b/bench", "sha256": "5e" * 32}
            end = {"ended_at": BEGIN, "exit_code": 0, "stdout": output, "stderr": output if jobs == 1 else ""}
            await self._see(2, made, "began", script)
            await self._see(3, made, "submitted", {**script, **end, "environment": environment})
            await self._see(4, made, "RUN", {})
            for second, body in enumerate(bodies, 5):
                received = [Received(job=job, body=body, post=parse(body.encode())) for job in made]
                await self._at(second, lambda tx, received=received: accept_reports(tx, received))
                if second in (POSTS // 2, POSTS // 2 + 9):
                    await self._see(second, made, "SSUSP" if second == POSTS // 2 else "RUN", {})
            await self._see(POSTS + 5, made, "DONE", {"max_memory": 5 * 10**9, "cpu_time": 580.0})
            after = await self._store.read(_sizes)
        finally:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
            await self._store.close()
        return {name: size - before.get(name, 0) for name, size in after.items() if size > before.get(name, 0)}

    async def _at(self, second: int, change: Any) -> Any:
        def then(tx: Tx) -> Any:
            tx.now = BEGIN + timedelta(seconds=second)
            return change(tx)

        return await self._store.write(then)

    async def _see(self, second: int, jobs: list[str], what: str, facts: dict[str, Any]) -> None:
        """The agent tells the same of every job."""
        seen: list[Observation] = []
        for place, job in enumerate(jobs):
            self._n += 1
            common: dict[str, Any] = {"n": self._n, "at": BEGIN + timedelta(seconds=second), "job": job, **facts}
            lsf_id = str(1_000 + place)
            if what in ("began", "submitted"):
                ids = [lsf_id] if what == "submitted" else []
                seen.append(SubmissionSeen(**common, began_at=BEGIN, lsf_ids=ids))
            else:
                log_file = f"/sdf/scratch/{lsf_id}.log"
                seen.append(LsfSeen(**common, lsf_id=lsf_id, status=what, host="psana1401", log_file=log_file))
        unknown = await self._at(second, lambda tx: observe(tx, RULES, PLACE, GENERATION, seen))
        assert unknown == []


def _prepare(tx: Tx, jobs: int) -> None:
    locations.ensure(tx, PLACE)
    create_experiment(tx, EXPERIMENT, "", "", USER)
    hashes = min(HASHES, jobs)
    for _ in range(jobs // hashes):
        start_run(tx, EXPERIMENT, None, None, {}, USER)
    for n in range(hashes):
        values = {"name": f"hash{n}", "executable": "/opt/submit.sh", "parameters": "", "location": PLACE}
        create_definition(tx, EXPERIMENT, values, USER)


def _apply(tx: Tx) -> list[str]:
    names = tx.conn.execute(schema.definition.select()).mappings().all()
    return [
        job
        for definition in names
        for job in applying.apply(tx, RULES, EXPERIMENT, definition["id"], "all", "all", None, USER)[0]
    ]


def _sizes(conn: Connection) -> dict[str, int]:
    """Bytes of each table with its indices, as whole pages of the file."""
    pages = "SELECT tbl_name, sum(pgsize) FROM dbstat JOIN sqlite_master USING (name) GROUP BY tbl_name"
    return {name: int(size) for name, size in conn.exec_driver_sql(pages)}
