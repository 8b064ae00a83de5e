"""What the index of a view is made of: the runs and lines that meet its conditions.

Lines are counted by the database, for each run and set of tokens matched: an experiment has many more of them than
can be dealt with one by one while others wait.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, literal, or_, select

from realtime.domain.status import FAILED, PENDING
from realtime.domain.table import ChosenRuns, FoundCounters, FoundLines, FoundRun
from realtime.domain.view import View
from realtime.store import schema
from realtime.store.json import holds_text, json_text

_run = schema.run.c
_job = schema.job.c

CURRENT = or_(_job.live, ~_job.superseded)
"""The condition that makes a job a line."""
_PENDING = [status.value for status in sorted(PENDING)]
_FAILED = [status.value for status in sorted(FAILED)]
_TEXTS = (_job.definition_name, _job.status, _job.user, _job.lsf_id, _job.parameters, _job.detail, _job.reason)


def find_runs(conn: Connection, experiment: str, view: View) -> Sequence[FoundRun]:
    """The runs within the view's ranges, newest first, with what the view asks of them."""
    times = view.sort.by in ("started", "length")
    nothing = literal(None)
    params = bool(view.tokens) or view.sort.by == "param"
    chosen = (
        select(
            _run.number,
            _run.started_at if times else nothing,
            _run.ended_at if times else nothing,
            json_text(_run.params) if params else nothing,
            _run.comment if view.tokens else literal(""),
            json_text(_run.tags) if view.tokens or view.tags else nothing,
        )
        .where(_run.experiment == experiment, _within(_run.number, view))
        .order_by(_run.number.desc())
    )
    return conn.execute(chosen).all()


def _within(number: ColumnElement[int], view: View) -> ColumnElement[bool]:
    if view.ranges is None:
        return literal(True)
    return or_(*(number.between(first, last) for first, last in view.ranges))


def find_lines(conn: Connection, experiment: str, view: View, runs: ChosenRuns) -> Sequence[FoundLines]:
    """The lines that meet the view's conditions on lines, counted; those that no token of it can choose left out."""
    mask = mask_of(conn, view, runs)
    pending, failed = _job.status.in_(_PENDING), _job.status.in_(_FAILED)
    counted = select(
        _job.run,
        mask,
        func.count(),
        _number(and_(_job.live, ~pending)),
        _number(and_(_job.live, pending)),
        _number(failed),
    )
    return conn.execute(chosen_lines(conn, counted, experiment, view, runs).group_by(_job.run, mask)).all()


def _number(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


def find_counters(
    conn: Connection, experiment: str, view: View, runs: ChosenRuns, within: tuple[int, int]
) -> Sequence[FoundCounters]:
    """The counters of these lines, or of those of the hash that the view is sorted by, on runs of this range."""
    each = select(_job.run, mask_of(conn, view, runs), json_text(_job.counters))
    chosen = chosen_lines(conn, each, experiment, view, runs).where(_job.run.between(*within))
    if view.sort.of:
        chosen = chosen.where(_job.definition_name == view.sort.of)
    return conn.execute(chosen).all()


def mask_of(conn: Connection, view: View, runs: ChosenRuns) -> ColumnElement[int]:
    """The tokens that a line matches; where no run matches any, only lines that match all of them are found."""
    if not runs.match_something:
        return literal(view.every_token).label("mask")
    bits: list[ColumnElement[int]] = [
        case((_matches(conn, token), 1 << n), else_=0) for n, token in enumerate(view.tokens)
    ]
    return sum(bits[1:], bits[0]).label("mask")


def _matches(conn: Connection, token: str) -> ColumnElement[bool]:
    return or_(*(holds_text(conn, column, token) for column in _TEXTS))


def chosen_lines(conn: Connection, columns: Select[Any], experiment: str, view: View, runs: ChosenRuns) -> Select[Any]:
    """Of the lines that meet the view's conditions on lines."""
    conditions = [_job.experiment == experiment, CURRENT, _within(_job.run, view)]
    if view.hashes:
        conditions.append(_job.definition_name.in_(view.hashes))
    if view.statuses:
        conditions.append(_job.status.in_(view.statuses))
    if view.user:
        conditions.append(_job.user == view.user)
    if view.failed:
        conditions.append(_job.status.in_(_FAILED))
    if not runs.match_something:
        conditions += [_matches(conn, token) for token in view.tokens]
    return columns.where(*conditions)
