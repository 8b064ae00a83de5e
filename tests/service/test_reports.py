"""Many reports at once: merged in order, each answered for itself, written with few statements."""

from sqlalchemy import Connection, event

from realtime.domain.errors import NotFound
from realtime.domain.report import parse
from realtime.service.reports import Accepted, Received, accept_reports, read_report
from realtime.store import reports
from realtime.store.tx import Tx
from tests.client import Client


def post(job: str, body: str) -> Received:
    return Received(job=job, body=body, post=parse(body.encode()))


def hit(job: str, count: int) -> Received:
    return post(job, f'{{"counters": {{"Hits": {count}}}}}')


async def two_jobs(client: Client) -> tuple[str, str]:
    await client.prepare()
    first, second = await client.apply(), await client.apply()
    return first["id"], second["id"]


async def test_posts_that_come_together_are_merged_in_order_and_kept_in_order(client: Client) -> None:
    first, second = await two_jobs(client)
    bodies = ['{"counters": {"A": 1, "B": 1}}', '{"counters": {"A": 2}}', '{"counters": {"B": null, "C": 3}}']
    received = [post(first, bodies[0]), hit(second, 7), post(first, bodies[1]), post(first, bodies[2])]
    answers = await client.house.store.write(lambda tx: accept_reports(tx, received))
    assert [answer.accepted for answer in answers if isinstance(answer, Accepted)] == [2, 1, 1, 2]
    stored = await client.house.store.read(lambda conn: read_report(conn, first))
    assert stored["counters"] == {"A": [2, None], "C": [3, None]}
    kept = await client.house.store.read(lambda conn: reports.posts(conn, first))
    assert [(one["n"], one["body"]) for one in kept] == [(3, bodies[2]), (2, bodies[1]), (1, bodies[0])]
    other = await client.house.store.read(lambda conn: read_report(conn, second))
    assert other["counters"] == {"Hits": [7, None]}


async def test_a_post_to_a_job_that_is_gone_or_that_was_refused_leaves_the_others_alone(client: Client) -> None:
    first, second = await two_jobs(client)
    refused = Received(job=first, body="{", refused="not JSON")
    received = [hit(first, 1), hit("f" * 24, 2), refused, hit(second, 3), hit(first, 4)]
    answers = await client.house.store.write(lambda tx: accept_reports(tx, received))
    assert isinstance(answers[1], NotFound)
    assert [answer.accepted for answer in answers if isinstance(answer, Accepted)] == [1, 0, 1, 1]
    kept = await client.house.store.read(lambda conn: reports.posts(conn, first))
    assert [one["accepted"] for one in kept] == [1, 0, 1]
    assert kept[1]["skipped"] == [{"key": "", "reason": "not JSON"}]


async def test_many_reports_are_written_with_as_many_statements_as_one(client: Client) -> None:
    first, second = await two_jobs(client)

    def statements(tx: Tx, received: list[Received]) -> int:
        seen: list[str] = []

        def note(conn: Connection, cursor: object, statement: str, *_: object) -> None:
            seen.append(statement)

        event.listen(tx.conn, "before_cursor_execute", note)
        try:
            accept_reports(tx, received)
        finally:
            event.remove(tx.conn, "before_cursor_execute", note)
        return len(seen)

    store = client.house.store
    alone = await store.write(lambda tx: statements(tx, [hit(first, 1)]))
    many = [hit(job, count) for count in range(2, 30) for job in (first, second)]
    assert await store.write(lambda tx: statements(tx, many)) == alone


async def test_only_the_last_posts_of_a_job_are_kept(client: Client) -> None:
    first, second = await two_jobs(client)
    await client.house.store.write(lambda tx: accept_reports(tx, [hit(second, 1)]))
    many = [hit(first, count) for count in range(reports.POSTS_KEPT + reports.SWEEP_EVERY)]
    await client.house.store.write(lambda tx: accept_reports(tx, many))
    found = await client.house.store.read(
        lambda conn: list(conn.exec_driver_sql("SELECT job, min(n), max(n) FROM post GROUP BY job"))
    )
    assert {tuple(row) for row in found} == {(first, reports.SWEEP_EVERY + 1, len(many)), (second, 1, 1)}
