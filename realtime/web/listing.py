"""Lists: what may be asked of them, and how a page is answered."""

from typing import Annotated, Any

import msgspec
from sqlalchemy import Connection

from realtime.domain.errors import Invalid
from realtime.protocol.wire import Strict
from realtime.store import rows
from realtime.web.context import house

Limit = Annotated[int, msgspec.Meta(ge=1, le=500)]


class Paging(Strict, frozen=True, kw_only=True):
    """`cursor` is `next` of the page before."""

    limit: Limit = 100
    cursor: str | None = None


class Since(Strict, frozen=True, kw_only=True):
    """Only what is newer than this seq."""

    since: int = 0
    limit: Limit = 100


class ChangesSince(Strict, frozen=True, kw_only=True):
    """A position, `EPOCH:SEQ`."""

    since: str


def page_of(items: list[Any], limit: int, cursor: Any, seq: int) -> dict[str, Any]:
    """A page from one item more than the limit; `cursor(item)` is where the next page begins."""
    shown = items[:limit]
    following = str(cursor(shown[-1])) if len(items) > limit else None
    return {"items": shown, "next": following, "epoch": house().store.epoch, "seq": seq}


def position(conn: Connection, scope: str) -> int:
    """The seq that a list was read at."""
    found = rows.position(conn, scope)
    return found[0] if found else 0


def number_cursor(cursor: str | None) -> int | None:
    """A cursor that is a number; raises Invalid."""
    if cursor is None:
        return None
    if not cursor.isdecimal() or len(cursor) > 12:
        raise Invalid("expected `next` of the page before", field="cursor")
    return int(cursor)
