"""What people and programs did in an experiment, as it was noted (`Tx.note`)."""

from typing import Any

from sqlalchemy import Connection, Select, select

from realtime.protocol.activity import Deed
from realtime.store import schema

_activity = schema.activity.c
_FIELDS = Deed.__struct_fields__


def before(conn: Connection, experiment: str, seq: int | None, limit: int) -> list[Deed]:
    """The newest first, before a position (None: the end)."""
    chosen = select(schema.activity).where(_activity.experiment == experiment).order_by(_activity.seq.desc())
    return _deeds(conn, (chosen if seq is None else chosen.where(_activity.seq < seq)).limit(limit))


def since(conn: Connection, experiment: str, seq: int, limit: int) -> list[Deed]:
    """The oldest first, after a position."""
    chosen = select(schema.activity).where(_activity.experiment == experiment, _activity.seq > seq)
    return _deeds(conn, chosen.order_by(_activity.seq).limit(limit))


def noted_since(conn: Connection, experiment: str, action: str, definition: int, seq: int) -> bool:
    """Whether somebody did this with a definition after that position."""
    chosen = select(_activity.seq).where(
        _activity.experiment == experiment,
        _activity.seq > seq,
        _activity.action == action,
        _activity.definition == definition,
    )
    return conn.execute(chosen.limit(1)).first() is not None


def _deeds(conn: Connection, chosen: Select[Any]) -> list[Deed]:
    return [Deed(**{name: row[name] for name in _FIELDS}) for row in conn.execute(chosen).mappings()]
