"""Since when somebody serves this store: the same word for all its processes, over their restarts."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert as upsert

from realtime.store import schema
from realtime.store.tx import Tx

HOLE = timedelta(seconds=5)
"""Without a note for so long, nobody was there who could be heard."""
NOTED_EVERY = timedelta(seconds=2)
SINCE, AT = "served_since", "served_at"


def note_serving(tx: Tx) -> datetime:
    """Somebody serves now; since when somebody has, without a hole. Noted every two seconds at most."""
    found = _noted(tx.conn)
    since, at = found.get(SINCE, tx.now), found.get(AT, tx.now)
    if abs(tx.now - at) > HOLE:
        since = tx.now
    if not found or abs(tx.now - at) >= NOTED_EVERY:
        for name, value in ((SINCE, since), (AT, tx.now)):
            values = {"name": name, "value": value.astimezone(UTC).isoformat().encode()}
            note = upsert(schema.meta).values(values)
            tx.conn.execute(note.on_conflict_do_update(index_elements=["name"], set_=values))
    return since


def _noted(conn: Connection) -> dict[str, datetime]:
    row = schema.meta.c
    found = conn.execute(select(row.name, row.value).where(row.name.in_((SINCE, AT))))
    return {name: datetime.fromisoformat(value.decode()) for name, value in found}
