"""The table as text for other programs: its columns, and fields that no spreadsheet takes for a formula."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from realtime.domain.errors import Invalid
from realtime.domain.values import value_text

COLUMNS_LIMIT = 200
USUAL = "started,length,comment,tags,lsf,submitted,length,user,parameters,detail"


@dataclass(frozen=True, kw_only=True)
class Column:
    """`value`: the text of a cell, of the columns of a run or of a job as they are stored."""

    title: str
    of_job: bool
    value: Callable[[Mapping[str, Any]], str]


def columns_of(keys: str) -> list[Column]:
    """The columns with these keys, run number, hash and status before them; raises Invalid.

    Keys are separated by commas; `%2C` is a comma within a name, `%25` a per cent sign. `length` is a run's unless a
    key of a job, or `length` itself, stands before it.
    """
    found = [RUN_NUMBER, HASH, STATUS]
    listed = [key for key in (keys or USUAL).split(",") if key]
    if len(listed) > COLUMNS_LIMIT:
        raise Invalid(f"expected at most {COLUMNS_LIMIT} columns", field="columns")
    of_job = False
    for key in listed:
        column = _column(key.replace("%2C", ",").replace("%25", "%"), of_job=of_job)
        if column in found:
            column = _column(key, of_job=True)
        of_job = of_job or column.of_job
        found.append(column)
    return found


def _column(key: str, *, of_job: bool) -> Column:
    kind, _, name = key.partition(":")
    if kind == "param" and name:
        return Column(title=name, of_job=False, value=lambda run: value_text(run["params"].get(name)))
    if kind == "counter" and name:
        return Column(title=name, of_job=True, value=lambda job: _counter(job["counters"], name))
    first, second = (_OF_JOB, _OF_RUN) if of_job else (_OF_RUN, _OF_JOB)
    column = first.get(key) or second.get(key)
    if column is None:
        raise Invalid(f"there is no column {key[:60]!r}", field="columns")
    return column


def _counter(counters: Sequence[Mapping[str, Any]], name: str) -> str:
    return next((value_text(counter["value"]) for counter in counters if counter["name"] == name), "")


def _plain(name: str, *, title: str, of_job: bool) -> Column:
    return Column(title=title, of_job=of_job, value=lambda row: value_text(row[name]))


def _time(name: str, *, title: str, of_job: bool) -> Column:
    return Column(title=f"{title} (UTC)", of_job=of_job, value=lambda row: _moment(row[name]))


def _moment(at: datetime | None) -> str:
    return "" if at is None else f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _length(row: Mapping[str, Any]) -> str:
    began, ended = row["started_at"], row["ended_at"]
    return "" if began is None or ended is None else f"{(ended - began).total_seconds():.0f}"


RUN_NUMBER = _plain("number", title="Run", of_job=False)
HASH = _plain("definition_name", title="Hash", of_job=True)
STATUS = _plain("status", title="Status", of_job=True)
_OF_RUN = {
    "started": _time("started_at", title="Run started", of_job=False),
    "length": Column(title="Run length (s)", of_job=False, value=_length),
    "comment": _plain("comment", title="Comment", of_job=False),
    "tags": Column(title="Tags", of_job=False, value=lambda run: ", ".join(run["tags"])),
}
_OF_JOB = {
    "lsf": _plain("lsf_id", title="LSF ID", of_job=True),
    "submitted": _time("submitted_at", title="Submitted", of_job=True),
    "length": Column(title="Length (s)", of_job=True, value=_length),
    "queue": _plain("queue", title="Queue", of_job=True),
    "host": _plain("host", title="Host", of_job=True),
    "user": _plain("user", title="User", of_job=True),
    "parameters": _plain("parameters", title="Parameters", of_job=True),
    "requested": _time("requested_at", title="Requested", of_job=True),
    "detail": _plain("detail", title="Detail", of_job=True),
}

_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")


def field(text: str) -> str:
    """A field of a record: what a spreadsheet would take for a formula gets an apostrophe before it."""
    if text[:1] in ("=", "+", "-", "@", "\t", "\r") and text and not _NUMBER.fullmatch(text):
        text = f"'{text}"
    return '"' + text.replace('"', '""') + '"' if re.search('[",\r\n]', text) else text


def record(fields: Sequence[str]) -> str:
    """A line of a file as RFC 4180 has it."""
    return ",".join(map(field, fields)) + "\r\n"
