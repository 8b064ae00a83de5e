"""`/api/v1`: a shift, for the handover."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from quart import Response

from realtime.domain.errors import Invalid
from realtime.domain.handover import Shift, markdown
from realtime.domain.names import listed_runs
from realtime.protocol.shift import (
    AppliedInShift,
    DoneInShift,
    HashOfShift,
    JobOfShift,
    RunNote,
    RunsOfShift,
    ShiftAnswer,
    ShiftQuery,
)
from realtime.service.shift import read_shift
from realtime.web.context import house
from realtime.web.routing import Api

shift_api = Api("shift")

USUAL = timedelta(hours=8)
LONGEST = timedelta(days=31)


@shift_api.route("GET", "/experiments/<experiment>/shift", query=ShiftQuery, answer=ShiftAnswer)
async def get_shift(experiment: str, query: ShiftQuery) -> ShiftAnswer:
    """Runs taken, processed, failed and why, still pending; what people did."""
    found = await _read(experiment, query)
    return ShiftAnswer(
        experiment=found.experiment,
        from_=found.begin,
        to=found.end,
        runs=RunsOfShift(
            count=len(found.runs),
            first=found.runs[0] if found.runs else None,
            last=found.runs[-1] if found.runs else None,
            listed=listed_runs(found.runs),
            unprocessed=listed_runs(found.unprocessed),
        ),
        processed=len(found.runs) - len(found.unprocessed),
        notes=_converted(found.notes, list[RunNote]),
        hashes=_converted(found.hashes, list[HashOfShift]),
        failed=_converted(found.failed, list[JobOfShift]),
        failed_count=found.failed_count,
        again=found.again,
        running=_converted(found.running, list[JobOfShift]),
        running_count=found.running_count,
        pending=_converted(found.pending, list[JobOfShift]),
        pending_count=found.pending_count,
        applied=_converted(found.applied, list[AppliedInShift]),
        activity=_converted(found.activity, list[DoneInShift]),
        activity_count=found.activity_count,
        trouble=list(found.trouble),
    )


def _converted(found: Any, kind: Any) -> Any:
    return msgspec.convert(found, kind, from_attributes=True)


@shift_api.route("GET", "/experiments/<experiment>/shift.md", query=ShiftQuery, answer=None)
async def get_shift_markdown(experiment: str, query: ShiftQuery) -> Response:
    """The same for the logbook (text/markdown), times in the facility's zone."""
    found = await _read(experiment, query)
    name = f"{experiment}-shift-{found.end:%Y-%m-%d}.md"
    return Response(
        markdown(found, ZoneInfo(house().settings.time_zone)).encode(errors="replace"),
        content_type="text/markdown; charset=utf-8",
        headers={"Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="{name}"'},
    )


async def _read(experiment: str, query: ShiftQuery) -> Shift:
    """Raises NotFound, or Invalid for a span that is none."""
    now = datetime.now(UTC)
    end = min(query.to or now, now)
    begin = query.from_ or end - USUAL
    if begin >= end:
        raise Invalid("expected a time before `to`, and not in the future", field="from")
    if end - begin > LONGEST:
        raise Invalid(f"expected at most {LONGEST.days} days before `to`", field="from")

    zone = ZoneInfo(house().settings.time_zone)
    return await house().store.read(lambda conn: read_shift(conn, experiment, begin, end, zone))
