"""`python -m realtime.demo.past DATA_DIR EXPERIMENT`: an invented past for a store that nobody serves at the time.

Its jobs have ended, unless live ones are asked for. The same arguments bring the same past, up to the present time.
"""

import asyncio
import sys
from argparse import ArgumentParser
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from realtime.demo.past_jobs import USERS, PastHash, Plan, hash_names, past_deeds, past_jobs
from realtime.demo.past_runs import Dice, past_runs
from realtime.domain.errors import BatchboardError, Conflict
from realtime.settings import read
from realtime.store import definitions, experiments
from realtime.store.past import bring
from realtime.store.store import Store
from realtime.store.tx import Tx

SEED = 1


@dataclass(frozen=True, kw_only=True)
class Past:
    """How much there is to be. `names`: of the hashes, invented ones when left out. `scripts`: their executables, in
    turn; none: paths that are not there.

    `until`: when the newest run ended, now when left out. `live`: how many of the newest jobs look live; they belong
    to a farm of their own that no batch client serves.
    """

    experiment: str
    runs: int
    hashes: int
    jobs_per_run: int
    live: int = 0
    names: tuple[str, ...] = ()
    scripts: tuple[Path, ...] = ()
    location: str = "default"
    instrument: str = "SIM"
    until: datetime | None = None


def seed(data_dir: Path, past: Past) -> None:
    """Make that experiment in the store of a data directory, which is made when it is not there; raises
    BatchboardError when the store cannot be used. Waits for a loop of its own: not to be called from one."""
    asyncio.run(bring_past(data_dir, past))


async def bring_past(data_dir: Path, past: Past) -> None:
    """As `seed`, in a loop that is running."""
    settings = read({"BATCHBOARD_DATA_DIR": str(data_dir)})
    store = Store(settings.database_url, lambda commit: None, settings.data_dir / "store.mark")
    await store.open()
    writing = asyncio.create_task(store.run())
    try:
        await store.write(lambda tx: make_past(tx, past))
    finally:
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        await store.close()


def make_past(tx: Tx, past: Past) -> None:
    """Make that experiment in a transaction; raises Conflict when there is one of that name."""
    if experiments.exists(tx.conn, past.experiment):
        raise Conflict(f"there is an experiment {past.experiment} already", code="name_taken")
    dice = Dice(SEED)
    runs = past_runs(dice, past.runs, past.until or tx.now - timedelta(minutes=1))
    experiments.create(tx, past.experiment, past.instrument, "A simulated beam time")
    began = runs[0].started_at if runs else tx.now
    experiments.change(tx, past.experiment, {"created_at": began})
    hashes = [_make_hash(tx, past, n, name) for n, name in enumerate(past.names or hash_names(past.hashes))]
    plan = Plan(experiment=past.experiment, jobs_per_run=past.jobs_per_run if hashes else 0, live=past.live)
    jobs = past_jobs(dice, plan, runs, hashes)
    bring(tx, past.experiment, runs, jobs, past_deeds(runs, jobs))
    tx.active(past.experiment)


def _make_hash(tx: Tx, past: Past, n: int, name: str) -> PastHash:
    script = past.scripts[n % len(past.scripts)] if past.scripts else Path(f"/opt/analysis/{name}.sh")
    values: dict[str, Any] = {
        "name": name,
        "executable": str(script),
        "parameters": f"--stride {n % 4 + 1} --mask masks/default_{n % 3}.h5" if n % 2 else "",
        "location": past.location,
    }
    made = definitions.create(tx, past.experiment, values, USERS[n % len(USERS)])
    return PastHash(id=made, version=1, **values)


def main(arguments: list[str]) -> int:
    """0: it is there; 1: the store cannot be used."""
    parser = ArgumentParser(prog="python -m realtime.demo.past", description=__doc__)
    parser.add_argument("data_dir", type=Path, metavar="DATA_DIR")
    parser.add_argument("experiment", metavar="EXPERIMENT")
    for name, default in (("runs", 400), ("hashes", 30), ("jobs-per-run", 15), ("live", 0)):
        parser.add_argument(f"--{name}", type=int, default=default, metavar="N", help=f"default: {default}")
    given = parser.parse_args(arguments)
    past = Past(
        experiment=given.experiment,
        runs=given.runs,
        hashes=given.hashes,
        jobs_per_run=given.jobs_per_run,
        live=given.live,
    )
    began = datetime.now(UTC)
    try:
        seed(given.data_dir, past)
    except BatchboardError as error:
        print(error.message, file=sys.stderr)
        return 1
    took = (datetime.now(UTC) - began).total_seconds()
    print(f"{past.runs} runs and {past.runs * past.jobs_per_run} jobs of {past.experiment} made in {took:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
