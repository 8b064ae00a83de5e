"""What there is to see of an invented job beside its row: numbers over time, posts, the end of its log, its script."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from realtime.domain.error_lines import is_error
from realtime.domain.errors import Malformed
from realtime.domain.report import parse
from realtime.domain.series import Series
from realtime.store.environments import key_of
from realtime.store.past import PastDetails, PastLogEnd, PastPost

MEMORY_LIMIT = 8 * 2**30
RUN_LIMIT = 600.0
SAMPLED = 24
"""Samples of a job."""
LINES_KEPT = 12


@dataclass(frozen=True, kw_only=True)
class Script:
    """The file that was run, and where; `environment`: what it found besides what it was given."""

    host: str
    folder: str
    sha256: str
    modified_at: datetime
    environment: Mapping[str, str | None]

    @property
    def environment_key(self) -> str:
        """Under which the environment is kept."""
        return key_of(self.environment)


@cache
def script_of(executable: str, user: str, day: datetime) -> Script:
    """A script as it was on some day (its midnight): people change theirs in the night, every third one."""
    changed_at = day - timedelta(days=(day.toordinal() + len(executable)) % 3)
    version = f"{executable} {changed_at:%F}"
    return Script(
        host=f"psanagpu{101 + len(user)}",
        folder=f"/sdf/home/{user[0]}/{user}",
        sha256=hashlib.sha256(version.encode()).hexdigest(),
        modified_at=changed_at,
        environment={
            "CONDA_DEFAULT_ENV": f"ana-4.0.{changed_at.toordinal() % 60}",
            "HOME": f"/sdf/home/{user[0]}/{user}",
            "KRB5_TOKEN": None,
            "LANG": "en_US.UTF-8",
            "PATH": "/sdf/group/psdm/conda/bin:/usr/local/bin:/usr/bin:/bin",
            "SHELL": "/bin/bash",
            "SIT_PSDM_DATA": "/sdf/data/lcls/ds",
            "USER": user,
        },
    )


@dataclass(frozen=True, kw_only=True)
class Reported:
    """What a job's report became: `values` of its counters by name, the last of them at `last`."""

    began_at: datetime
    last: datetime
    values: Mapping[str, Any]
    step: int
    steps: int


def details(reported: Reported | None, failed: str | None, ended_at: datetime | None, turn: int) -> PastDetails:
    """Numbers over time and posts that led to this report, and the end of the log of one that failed for a reason.

    `turn` makes jobs differ.
    """
    return PastDetails(
        series=None if reported is None else _series(reported, turn),
        posts=() if reported is None else _posts(reported, turn),
        log_end=None if failed is None or ended_at is None else _log_end(failed, ended_at),
    )


def _series(reported: Reported, turn: int) -> Series:
    since = reported.began_at.replace(microsecond=0)
    length = max(int((reported.last - since).total_seconds()), 1)
    distance = max(length // SAMPLED, 1)
    at = tuple(range(0, length, distance))
    events = reported.values["Events"]
    rate = float(reported.values["Hit rate"].removesuffix(" %"))
    return Series(
        since=since,
        at=at,
        values={
            "Progress": tuple(reported.step * second // length for second in at),
            "Events": tuple(events * second // length for second in at),
            "Hit rate": tuple(round(rate * (0.8 + (second * 7 + turn) % 41 / 100), 1) for second in at),
        },
    )


def _posts(reported: Reported, turn: int) -> tuple[PastPost, ...]:
    """The last few; one job in four has begun with a mistake."""
    halfway = reported.began_at + (reported.last - reported.began_at) / 2
    partly = {"Progress": [f"{reported.step // 2}/{reported.steps}", "blue"], "Events": reported.values["Events"] // 2}
    posts = [
        PastPost(at=halfway, body=json.dumps({"counters": partly}), accepted=2),
        PastPost(at=reported.last, body=json.dumps({"counters": dict(reported.values)}), accepted=len(reported.values)),
    ]
    if turn % 4 == 0:
        posts.insert(0, _mistake(reported.began_at))
    if turn % 8 == 1:
        odd = json.dumps({"counters": {"Phase": ["indexing", "bluish"]}})
        skipped = [{"key": skip.key, "reason": skip.reason} for skip in parse(odd.encode()).skipped]
        posts.insert(1, PastPost(at=halfway, body=odd, accepted=1, skipped=skipped))
    return tuple(posts)


def _mistake(at: datetime) -> PastPost:
    body = "{'counters': {'Events': 120}}"
    return PastPost(at=at, body=body, accepted=0, skipped=[{"key": "", "reason": _refusal(body)}])


@cache
def _refusal(body: str) -> str:
    try:
        parse(body.encode())
    except Malformed as refusal:
        return refusal.message
    raise AssertionError("such a body is refused")


_LAST_WORDS: Sequence[tuple[str, tuple[str, ...]]] = (
    (
        "exit 1",
        (
            "Traceback (most recent call last):",
            '  File "/sdf/group/psdm/ana/index.py", line 212, in main',
            "    geometry = read_geometry(arguments.geometry)",
            "FileNotFoundError: [Errno 2] No such file or directory: 'geometry/refined.geom'",
        ),
    ),
    ("TERM_MEMLIMIT", ("event 41200: 7.9 GB in use", "Killed")),
    ("TERM_RUNLIMIT", ("event 88210: 214 events/s", "User defined signal 2")),
    ("127", ("/sdf/group/psdm/ana/run.sh: line 14: crystfel_index: command not found",)),
    ("137", ("event 12030: 190 events/s", "Killed")),
)


@cache
def _end_of_log(reason: str) -> tuple[str, str | None, int | None]:
    """(last lines, the line that tells of an error, the byte where it begins)."""
    words = next((words for part, words in _LAST_WORDS if part in reason), ())
    lines = [f"event {1000 * n}: {180 + n % 7} events/s, ERROR=0" for n in range(LINES_KEPT - len(words))] + [*words]
    telling = next(filter(is_error, lines), None)
    text = "".join(f"{line}\n" for line in lines)
    return text, telling, None if telling is None else text.index(telling)


def _log_end(reason: str, ended_at: datetime) -> PastLogEnd:
    text, line, at = _end_of_log(reason)
    return PastLogEnd(text=text, error_line=line, error_at=at, as_of=ended_at + timedelta(minutes=6))
