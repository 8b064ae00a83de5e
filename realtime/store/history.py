"""What is kept beside the rows: transitions, answers to repeated requests, and how long the deleted is remembered."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from realtime.protocol.rows import Transition
from realtime.store import environments, schema
from realtime.store.tx import Tx, as_transition

_transition = schema.transition.c
_idempotency = schema.idempotency.c
_tombstone = schema.tombstone.c


def transitions_since(conn: Connection, experiment: str, since: int, limit: int) -> list[Transition]:
    """An experiment's transitions after a position, in order."""
    chosen = (
        select(schema.transition)
        .where(_transition.experiment == experiment, _transition.seq > since)
        .order_by(_transition.seq)
        .limit(limit)
    )
    return _transitions(conn, chosen)


def transitions_of(conn: Connection, job_id: str) -> list[Transition]:
    """A job's transitions, in order."""
    return _transitions(conn, select(schema.transition).where(_transition.job == job_id).order_by(_transition.seq))


def _transitions(conn: Connection, chosen: Any) -> list[Transition]:
    return [as_transition(dict(row)) for row in conn.execute(chosen).mappings()]


def remembered_answer(conn: Connection, experiment: str, key: str) -> tuple[str, bytes] | None:
    """(digest of the request, answer) of an earlier request with this Idempotency-Key."""
    chosen = select(_idempotency.body, _idempotency.answer).where(
        _idempotency.experiment == experiment, _idempotency.key == key
    )
    found = conn.execute(chosen).first()
    return None if found is None else (found.body, found.answer)


def remember_answer(tx: Tx, experiment: str, key: str, body: str, answer: bytes) -> None:
    """Keep the answer to a request for those who repeat it."""
    tx.conn.execute(
        insert(schema.idempotency).values(experiment=experiment, key=key, body=body, answer=answer, at=tx.now)
    )


def forget(tx: Tx, answers_before: datetime, deleted_before: datetime) -> None:
    """Drop old answers and tombstones, and environments of no job; a position below the new floor is answered with a
    snapshot."""
    environments.forget_unused(tx)
    tx.conn.execute(delete(schema.idempotency).where(_idempotency.at < answers_before))
    old = (
        select(_tombstone.scope, func.max(_tombstone.seq))
        .where(_tombstone.at < deleted_before)
        .group_by(_tombstone.scope)
    )
    for scope, floor in tx.conn.execute(old).all():
        tx.conn.execute(update(schema.scope).where(schema.scope.c.name == scope).values(floor=floor))
        tx.conn.execute(delete(schema.tombstone).where(_tombstone.scope == scope, _tombstone.seq <= floor))
