"""An invented past is one that the program could have written itself."""

import shutil
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, select

from realtime.demo.past import Past, bring_past, main
from realtime.domain.assessment import Clock, assess
from realtime.domain.report import parse
from realtime.domain.series import lines
from realtime.domain.status import Status
from realtime.service.experiments import start_run
from realtime.service.rules import Rules
from realtime.service.work import hand_out
from realtime.store import environments, jobs, lists, reports, schema, series, work
from realtime.store.changes import experiment_scope
from realtime.store.jobs import derived_values
from realtime.store.rows import snapshot
from tests.store.opened import Opened

PAST = Past(experiment="past", runs=30, hashes=6, jobs_per_run=5)
RULES = Rules(slow_after=timedelta(seconds=5), up_since=datetime.now(UTC), public_url="", secret=b"")


async def bring(folder: Path, empty_database: Path, past: Past = PAST) -> Opened:
    """A store with that past."""
    shutil.copyfile(empty_database, folder / "batchboard.db")
    await bring_past(folder, past)
    return Opened(folder / "batchboard.db")


async def test_every_column_of_its_jobs_follows_from_their_facts(tmp_path: Path, empty_database: Path) -> None:
    def differing(conn: Connection) -> tuple[Counter[str], list[str]]:
        found = conn.execute(select(schema.job)).mappings().all()
        stored = jobs.find_several(conn, [row["id"] for row in found])
        odd = []
        for row, one in zip(sorted(found, key=lambda row: str(row["id"])), stored, strict=True):
            clock = Clock(now=datetime.now(UTC), agent_heard_at=None, slow_after=timedelta(seconds=5))
            derived = derived_values(assess(one.job, clock))
            odd += [name for name, value in derived.items() if row[name] != value]
        return Counter(row["status"] for row in found), odd

    async with await bring(tmp_path, empty_database) as opened:
        statuses, odd = await opened.store.read(differing)
    assert odd == []
    assert sum(statuses.values()) == 150
    assert statuses.keys() <= {"DONE", "EXIT", "LOST", "Submit failed"} and len(statuses) > 2


async def test_its_numbers_and_positions_go_on_as_those_of_any_experiment(tmp_path: Path, empty_database: Path) -> None:
    def look(conn: Connection) -> tuple[int, list[int], list[int], set[str], dict[str, list[str | None]]]:
        head, entries = snapshot(conn, experiment_scope("past"), 100)
        job, told = schema.job.c, schema.transition.c
        numbers = list(conn.execute(select(job.number).order_by(job.id)).scalars())
        seqs = [entry.seq for entry in entries]
        seqs += conn.execute(select(told.seq)).scalars()
        seqs += conn.execute(select(schema.activity.c.seq)).scalars()
        newest = {(row.run, row.definition): row.id for row in conn.execute(select(schema.job).order_by(job.number))}
        current = set(conn.execute(select(job.id).where(~job.superseded)).scalars())
        paths: dict[str, list[str | None]] = {}
        for one, old, new in conn.execute(select(told.job, told["from"], told.to).order_by(told.seq)):
            paths.setdefault(one, []).extend([old, new])
        assert current == set(newest.values())
        return head, numbers, seqs, current, paths

    async with await bring(tmp_path, empty_database) as opened:
        head, numbers, seqs, current, paths = await opened.store.read(look)
        following = await opened.store.write(lambda tx: start_run(tx, "past", None, None, {}, "ana"))
    assert following == 31
    assert numbers == list(range(1, 151))
    assert len(seqs) == len(set(seqs)) and max(seqs) == head
    assert 100 < len(current) < 150
    assert all(path[1:-1:2] == path[2::2] and path[0] is None for path in paths.values())


async def test_no_batch_client_is_given_work_by_it(tmp_path: Path, empty_database: Path) -> None:
    past = Past(experiment="past", runs=10, hashes=6, jobs_per_run=5, live=12)
    async with await bring(tmp_path, empty_database, past) as opened:
        given = await opened.store.write(lambda tx: hand_out(tx, RULES, "default", 50, []))
        followed = await opened.store.read(lambda conn: work.in_lsf(conn, "default"))
        live = await opened.store.read(lists.live_jobs)
    assert not (given.submit or given.kill or given.verify or given.follow or given.look or followed)
    assert sum(count for _, count in live) == 12 and {status for status, _ in live} == {Status.RUN, Status.PEND}


def test_the_command_makes_the_store_and_says_so(tmp_path: Path) -> None:
    assert main(["--runs", "2", "--hashes", "3", "--jobs-per-run", "2", str(tmp_path / "var"), "late"]) == 0
    assert (tmp_path / "var" / "batchboard.db").exists()


async def test_what_is_kept_beside_its_jobs_fits_them(tmp_path: Path, empty_database: Path) -> None:
    def look(conn: Connection) -> Counter[str]:
        found: Counter[str] = Counter()
        known = series.of_jobs(conn, ids := list(conn.execute(select(schema.job.c.id)).scalars()))
        ends = {row["job"]: row for row in conn.execute(select(schema.log_end)).mappings()}
        for one in jobs.find_several(conn, ids):
            report = reports.find(conn, one.job.id)
            assert report is not None and (one.job.id in known) == bool(report.counters)
            if kept := known.get(one.job.id):
                assert report.sample_due_at == kept.due_at
                assert all(line.points[0][0] < line.points[-1][0] for line in lines(kept, report.counters))
                newest = reports.posts(conn, one.job.id)[0]
                posted = parse(newest["body"].encode())
                assert newest["accepted"] == len(posted.set) == len(report.counters)
                assert [c.value for c in posted.set] == [c.value for c in report.counters]
                found["numbers"] += 1
            submission = one.job.submission
            assert submission.host and submission.folder and environments.find(conn, submission.environment)["HOME"]
            if end := ends.get(one.job.id):
                assert one.status is Status.EXIT
                found["ends"] += 1
                if end["error_line"] is not None:
                    assert end["text"][end["error_at"] :].startswith(end["error_line"])
                    found["errors"] += 1
        return found

    async with await bring(tmp_path, empty_database) as opened:
        found = await opened.store.read(look)
    assert found["numbers"] > 100 and found["ends"] >= found["errors"] > 1
