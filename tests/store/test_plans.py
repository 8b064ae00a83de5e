"""What is asked every second, for every location, finds its rows by an index however many jobs there are."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, event

from realtime.domain.status import Status
from realtime.service.experiments import create_experiment
from realtime.service.rules import Rules
from realtime.service.work import hand_out
from realtime.store import lists, work
from realtime.store.tx import Tx
from tests.store.opened import Opened

RULES = Rules(slow_after=timedelta(seconds=5), up_since=datetime.now(UTC), public_url="", secret=b"")


async def test_looking_for_work_and_stale_statuses_never_reads_all_jobs(tmp_path: Path) -> None:
    async with Opened(tmp_path / "b.db") as opened:
        await opened.store.write(lambda tx: create_experiment(tx, "demo", "", "", "ana"))
        plans = await opened.store.write(_plans)
    assert len(plans) > 9
    assert not [
        plan for plan in plans if re.search(r"SCAN (job|submission|lsf_job)\b(?! USING INDEX job_live)", plan)
    ], plans


def _plans(tx: Tx) -> list[str]:
    plans: list[str] = []

    def explain(conn: Connection, cursor: object, statement: str, parameters: tuple[object, ...], *_: object) -> None:
        if statement.startswith(("SELECT", "UPDATE")):
            rows = conn.connection.cursor()
            rows.execute("EXPLAIN QUERY PLAN " + statement, parameters)
            plans.append(statement + " | " + "; ".join(str(row[3]) for row in rows.fetchall()))

    event.listen(tx.conn, "before_cursor_execute", explain)
    try:
        hand_out(tx, RULES, "default", 8, [])
        work.waiting_otherwise_than(tx.conn, "default", Status.PERSISTED, 100)
        work.handed_out(tx.conn, "default", 100)
        work.in_lsf(tx.conn, "default")
        work.unsettled(tx.conn, "default", tx.now)
        work.holder(tx.conn, "default", "7", "0" * 24, tx.now)
        lists.live_jobs(tx.conn)
    finally:
        event.remove(tx.conn, "before_cursor_execute", explain)
    return plans
