"""Lists: what may be asked of them, and how a page is answered."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, TypeVar

import msgspec

from realtime.domain.errors import Invalid, NotFound
from realtime.protocol.wire import Strict
from realtime.service.rules import known_experiment
from realtime.store import Connection, jobs, rows
from realtime.store.changes import experiment_scope
from realtime.store.jobs import StoredJob
from realtime.web.context import house

Item = TypeVar("Item")
Limit = Annotated[int, msgspec.Meta(ge=1, le=500)]


class Paging(Strict, frozen=True, kw_only=True):
    """`cursor` is `next` of the page before."""

    limit: Limit = 100
    cursor: str | None = None


class Since(Strict, frozen=True, kw_only=True):
    """Only what is newer than this seq."""

    since: Annotated[int, msgspec.Meta(ge=0)] = 0
    limit: Limit = 100


class ChangesSince(Strict, frozen=True, kw_only=True):
    """A position, `EPOCH:SEQ`."""

    since: str


async def page_of(
    scope: str, limit: int, read: Callable[[Connection], list[Item]], cursor: Callable[[Item], object]
) -> dict[str, Any]:
    """A page of what `read` gives (one item more than the limit), and the position it was read at.

    `cursor(item)` is where the page after that item begins.
    """

    def look(conn: Connection) -> tuple[list[Item], int]:
        found = rows.position(conn, scope)
        return read(conn), found[0] if found else 0

    items, seq = await house().store.read(look)
    following = str(cursor(items[limit - 1])) if len(items) > limit else None
    return {"items": items[:limit], "next": following, "epoch": house().store.epoch, "seq": seq}


async def page_of_experiment(
    experiment: str, limit: int, read: Callable[[Connection], list[Item]], cursor: Callable[[Item], object]
) -> dict[str, Any]:
    """A page of what belongs to an experiment; raises NotFound."""
    await house().store.read(partial(known_experiment, name=experiment))
    return await page_of(experiment_scope(experiment), limit, read, cursor)


async def list_of_job(job_id: str, read: Callable[[Connection, StoredJob], list[Item]]) -> dict[str, Any]:
    """All of a list that belongs to a job, and the position of its experiment that it was read at; raises NotFound."""

    def look(conn: Connection) -> tuple[list[Item], int]:
        stored = jobs.find(conn, job_id)
        if stored is None:
            raise NotFound(f"there is no job {job_id[:40]!r}", field="id")
        found = rows.position(conn, experiment_scope(stored.experiment))
        return read(conn, stored), found[0] if found else 0

    items, seq = await house().store.read(look)
    return {"items": items, "next": None, "epoch": house().store.epoch, "seq": seq}


def number_cursor(cursor: str | None) -> int | None:
    """A cursor that is a number; raises Invalid."""
    if cursor is None:
        return None
    if not cursor.isdecimal() or len(cursor) > 12:
        raise Invalid("expected `next` of the page before", field="cursor")
    return int(cursor)
