"""The store: group commit, seq, tombstones, what a snapshot and what changes give; it opens what it made."""

import asyncio
import sqlite3
import threading
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

from realtime.domain.errors import Conflict, NotFound, Unavailable
from realtime.service.definitions import create_definition, delete_definition
from realtime.service.experiments import start_run
from realtime.store import activity, history, jobs, rows, work
from realtime.store.changes import SITE, experiment_scope
from realtime.store.migrate import migrate
from realtime.store.schema import metadata
from realtime.store.tx import Tx
from tests.store.opened import Opened

SCOPE = experiment_scope("demo")


async def test_the_migrations_make_exactly_the_schema(tmp_path: Path) -> None:
    migrate(tmp_path / "new.db")
    engine = create_engine(f"sqlite:///{tmp_path / 'new.db'}")
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()
    assert found == []


async def test_a_store_of_the_first_version_is_brought_up_to_date_with_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    migrate(path, "0001")
    old = sqlite3.connect(path)
    at = "2026-11-22 02:14:07.000000"
    old.executescript(
        f"""
        INSERT INTO experiment VALUES ('demo', '', '', '{at}', NULL, 1, 1);
        INSERT INTO run VALUES ('demo', 1, '{at}', NULL, '{{}}', 1);
        INSERT INTO definition VALUES
            (1, 'demo', 'h', '/x', '', 'default', 'ana', '{at}', NULL, 1, NULL, NULL, NULL, NULL, 1);
        INSERT INTO location (name, agent_connected, seq) VALUES ('default', 1, 1);
        INSERT INTO job (id, experiment, run, number, definition, definition_name, definition_version, executable,
            parameters, user, location, requested_at, counters, live, status, detail, as_of, seq)
            VALUES ('{"0" * 24}', 'demo', 1, 1, 1, 'h', 1, '/x', '', 'ana', 'default', '{at}', '[]', 1, 'RUN', '',
            '{at}', 2);
        INSERT INTO submission (job, arguments, generation, n, timed_out, stdout, stderr)
            VALUES ('{"0" * 24}', '["demo", "1"]', 1, 1, 0, '', '');
        INSERT INTO lsf_job (job, lsf_id, position, generation, n, status, as_of, submitted_at)
            VALUES ('{"0" * 24}', '7', 0, 1, 2, 'RUN', '{at}', '{at}');
        """
    )
    old.close()
    async with Opened(path) as opened:
        stored = await opened.store.read(partial(jobs.find, job_id="0" * 24))
        assert stored is not None
        assert (stored.job.submission.surplus, stored.job.submission.doubt, stored.job.kill_force) == ((), None, False)
        assert [(one.lsf_id, one.elements, one.named) for one in stored.job.lsf_jobs] == [("7", {}, False)]
        assert (await opened.store.read(partial(work.in_lsf, location="default"))) == [("0" * 24, "ana", ["7"])]


async def test_a_store_keeps_epoch_secret_and_rows_and_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "in" / "b.db"
    async with Opened(path) as first:
        await first.make()
        kept = first.store.epoch, first.store.secret
    assert path.stat().st_mode & 0o777 == 0o600
    async with Opened(path) as second:
        assert (second.store.epoch, second.store.secret) == kept
        assert await second.run() == 1
    async with Opened(tmp_path / "other.db") as other:
        assert other.store.epoch != kept[0]


async def test_every_changed_row_takes_its_own_number_and_news_have_no_holes(tmp_path: Path) -> None:
    async with Opened(tmp_path / "b.db") as opened:
        await opened.make()
        await asyncio.gather(*(opened.run() for _ in range(30)))
        changes = [change for commit in opened.commits for change in commit.changes if change.scope == SCOPE]
        assert len(opened.commits) < 31, "concurrent writes share commits"
        for before, change in pairwise(changes):
            assert change.start == before.end
        noted = await opened.store.read(lambda conn: activity.since(conn, "demo", 0, 100))
        seqs = [entry.seq for change in changes for entry in change.entries] + [deed.seq for deed in noted]
        assert sorted(seqs) == list(range(1, 62)), "the experiment and each run are noted"
        assert {entry.key for change in changes for entry in change.entries} == {f"run/{n}" for n in range(1, 31)}


async def test_a_refused_write_leaves_nothing_and_does_not_disturb_its_batch(tmp_path: Path) -> None:
    def refused(tx: Tx) -> None:
        start_run(tx, "demo", 77, None, {}, "ana")
        raise Conflict("no")

    async with Opened(tmp_path / "b.db") as opened:
        await opened.make()
        outcomes = await asyncio.gather(opened.run(), opened.store.write(refused), opened.run(), return_exceptions=True)
        assert isinstance(outcomes[1], Conflict)
        assert {outcomes[0], outcomes[2]} == {1, 2}
        _, entries = await opened.store.read(lambda conn: rows.snapshot(conn, SCOPE, 100))
        assert {entry.key for entry in entries} == {"run/1", "run/2"}


async def test_deleted_rows_stay_as_tombstones_until_the_floor_passes_them(tmp_path: Path) -> None:
    values: dict[str, Any] = {"name": "h", "executable": None, "parameters": "", "location": "default"}
    async with Opened(tmp_path / "b.db") as opened:
        await opened.make()
        made = await opened.store.write(lambda tx: create_definition(tx, "demo", values, "ana"))
        assert await opened.store.write(lambda tx: delete_definition(tx, "demo", made, "ana"))
        entries, end = await opened.store.read(lambda conn: rows.changed_since(conn, SCOPE, 0, 100))
        assert [(entry.key, entry.raw is None) for entry in entries] == [
            ("location/default", False),
            (f"definition/{made}", True),
        ]
        assert end == entries[-1].seq
        again = await opened.store.write(lambda tx: create_definition(tx, "demo", values, "ana"))
        assert again != made, "an id is never used again"
        await opened.store.write(lambda tx: history.forget(tx, tx.now, tx.now))
        assert (await opened.store.read(lambda conn: rows.position(conn, SCOPE))) == (end + 2, end)


async def test_what_changed_is_cut_at_any_row_and_goes_on_from_there(tmp_path: Path) -> None:
    async with Opened(tmp_path / "b.db") as opened:
        await opened.make()
        for _ in range(7):
            await opened.run()
        keys: list[str] = []
        position = 0
        while True:
            read = partial(rows.changed_since, scope=SCOPE, since=position, limit=3)
            entries, position = await opened.store.read(read)
            if not entries:
                break
            keys += [entry.key for entry in entries]
        assert keys == [f"run/{n}" for n in range(1, 8)]


async def test_a_full_or_broken_disk_is_an_error_that_says_so_and_passes(tmp_path: Path) -> None:
    async with Opened(tmp_path / "b.db") as opened:
        await opened.make()
        await opened.store.write(lambda tx: _limit_pages(tx, 1))
        big = {"x": "y" * 15_000}
        with pytest.raises(Unavailable, match="full"):
            for _ in range(100):
                await opened.store.write(lambda tx: start_run(tx, "demo", None, None, big, "ana"))
        await opened.store.write(lambda tx: _limit_pages(tx, 10**6))
        assert await opened.run() >= 1


def _limit_pages(tx: Tx, more: int) -> None:
    used = tx.conn.execute(text("PRAGMA page_count")).scalar_one()
    tx.conn.execute(text(f"PRAGMA max_page_count={used + more}"))


async def test_another_process_that_writes_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "b.db"
    async with Opened(path) as opened:
        await opened.make()
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        writing = asyncio.create_task(opened.run())
        await asyncio.sleep(0.2)
        assert not writing.done()
        other.execute("COMMIT")
        other.close()
        assert await writing == 1


async def test_closing_finishes_what_is_under_way_and_refuses_the_rest(tmp_path: Path) -> None:
    async with Opened(tmp_path / "b.db") as opened:
        await opened.make()
        under_way = [asyncio.create_task(opened.run()) for _ in range(5)]
        await asyncio.sleep(0)
    outcomes = await asyncio.gather(*under_way, return_exceptions=True)
    assert all(isinstance(outcome, int | Unavailable) for outcome in outcomes)
    with pytest.raises(Unavailable):
        await opened.run()
    async with Opened(tmp_path / "b.db") as again:
        _, entries = await again.store.read(lambda conn: rows.snapshot(conn, SCOPE, 100))
        assert len(entries) == sum(isinstance(outcome, int) for outcome in outcomes)


async def test_the_site_shows_experiments_with_what_happens_in_them(tmp_path: Path) -> None:
    async with Opened(tmp_path / "b.db") as opened:
        await opened.make()
        await opened.run()
        _, entries = await opened.store.read(lambda conn: rows.snapshot(conn, SITE, 0))
        assert b'"runs":1,"last_run":1' in (entries[0].raw or b"")
        with pytest.raises(NotFound):
            await opened.store.write(lambda tx: start_run(tx, "other", None, None, {}, "ana"))


def _name_runs(tx: Tx, numbers: list[int]) -> list[int | Conflict]:
    """Makes a run of each number and answers how many there were of them together; odd ones are refused."""
    answers: list[int | Conflict] = []
    for number in numbers:
        if number % 2:
            answers.append(Conflict(f"{number} is odd"))
        elif number == 100:
            raise RuntimeError("it breaks")
        else:
            start_run(tx, "demo", number, None, {}, "ana")
            answers.append(len(numbers))
    return answers


async def test_items_that_wait_together_go_through_one_change_and_share_a_commit(tmp_path: Path) -> None:
    async with Opened(tmp_path / "b.db") as opened:
        await opened.make()
        items = [opened.store.write_each(_name_runs, number) for number in range(2, 42, 2)]
        together = await asyncio.gather(*items)
        assert together == [20] * 20
        changes = [change for commit in opened.commits for change in commit.changes if change.scope == SCOPE]
        assert [entry.key for change in changes for entry in change.entries] == [f"run/{n}" for n in range(2, 42, 2)]
        assert len(changes) == 2, "the first is the experiment's"


async def test_an_error_of_an_item_is_its_own_and_the_others_are_stored(tmp_path: Path) -> None:
    async with Opened(tmp_path / "b.db") as opened:
        await opened.make()
        numbers = (2, 3, 4, 100, 6)
        items = [opened.store.write_each(_name_runs, number) for number in numbers]
        outcomes = await asyncio.gather(*items, opened.run(), return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [int, Conflict, int, RuntimeError, int, int]
        _, entries = await opened.store.read(lambda conn: rows.snapshot(conn, SCOPE, 100))
        assert {entry.key for entry in entries} == {"run/2", "run/4", "run/6", "run/7"}


async def test_writes_and_items_go_through_in_the_order_they_came(tmp_path: Path) -> None:
    async with Opened(tmp_path / "b.db") as opened:
        await opened.make()
        outcomes = await asyncio.gather(
            opened.store.write_each(_name_runs, 2),
            opened.store.write_each(_name_runs, 4),
            opened.run(),
            opened.store.write_each(_name_runs, 8),
        )
        assert list(outcomes) == [2, 2, 5, 1]


async def test_what_is_written_does_not_hold_up_the_event_loop(tmp_path: Path) -> None:
    async with Opened(tmp_path / "b.db") as opened:
        began, go_on = threading.Event(), threading.Event()

        def slow(tx: Tx) -> bool:
            began.set()
            return go_on.wait(10)

        writing = asyncio.create_task(opened.store.write(slow))
        assert await asyncio.to_thread(began.wait, 10)
        assert not writing.done()
        go_on.set()
        assert await writing
