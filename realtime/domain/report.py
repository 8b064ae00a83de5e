"""What a job tells about itself: reading a post, and merging it into the stored report.

A post never fails as a whole for one odd item: what is odd is skipped with a reason, the rest counts.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec

from realtime.domain.colors import CSS_COLORS
from realtime.domain.errors import Malformed

BODY_LIMIT = 64 * 1024
"""Bytes of a post."""
COUNTERS_LIMIT = 100
NAME_LIMIT = 200
VALUE_LIMIT = 2000
"""Characters."""
REPORT_LIMIT = 64 * 1024
"""Bytes of a whole stored report as JSON."""
KEYS_SIZE = 24
"""Bytes of a counter as JSON beside its name, value and colour; its time does not count."""
PATH_LIMIT = 4096
"""Bytes of the path of a log."""

Value = str | int | float | bool | None

EXPECTED = (
    'expected {"counters": {"Name": value or [value, "colour"]}} or [{"key": "Name", "value": value}], '
    "with strings, numbers and booleans as values"
)


@dataclass(frozen=True, kw_only=True)
class Counter:
    """One line of a report. `color` is a CSS name or #rrggbb."""

    name: str
    value: Value
    color: str | None = None
    at: datetime | None = None
    """when its value or colour last changed; None in a post, and when that was before this was kept"""


@dataclass(frozen=True, kw_only=True)
class Skip:
    """What was not taken, and why."""

    key: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Post:
    """A post that was understood.

    `set` in the order posted; `remove` names; `replaces`: the whole report is replaced by `set`;
    `lsf_id`, `log_file`: posted by the script, to be verified.
    """

    set: tuple[Counter, ...] = ()
    remove: tuple[str, ...] = ()
    replaces: bool = False
    lsf_id: str | None = None
    log_file: str | None = None
    skipped: tuple[Skip, ...] = ()


def parse(body: bytes) -> Post:
    """Read a post; raises Malformed when it is not JSON or nothing in it can be used for its shape."""
    try:
        posted = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"not JSON ({error}); {EXPECTED}") from error
    match posted:
        case list():
            return _parse_list(posted)
        case dict():
            return _parse_object(posted)
    raise Malformed(EXPECTED)


def _parse_list(items: list[Any]) -> Post:
    found: dict[str, Counter] = {}
    skipped = []
    for position, item in enumerate(items):
        if not isinstance(item, dict) or not isinstance(item.get("key"), str) or "value" not in item:
            skipped.append(Skip(key=f"[{position}]", reason='expected {"key": "Name", "value": value}'))
            continue
        name, value = item["key"], item["value"]
        if reason := _odd(name, "" if value is None else value):
            skipped.append(Skip(key=_shortened(name), reason=reason))
        elif name not in found and len(found) >= COUNTERS_LIMIT:
            skipped.append(Skip(key=name, reason=f"more than {COUNTERS_LIMIT} counters"))
        else:
            found[name] = Counter(name=name, value="" if value is None else value)
    return Post(set=tuple(found.values()), replaces=bool(found) or not items, skipped=tuple(skipped))


def _parse_object(posted: dict[str, Any]) -> Post:
    if not {"counters", "lsf_id", "log_file", "status"} & posted.keys():
        raise Malformed(EXPECTED)
    post = Post()
    unusable = []
    for key, value in posted.items():
        match key, value:
            case "counters", dict():
                post = _with_counters(post, value)
            case "counters", None:
                post = replace(post, replaces=True)
            case "counters", _:
                unusable.append(Skip(key=key, reason="expected an object of names and values, or null"))
            case "lsf_id", str() | int() if re.fullmatch(r"[1-9]\d{0,17}", str(value)):
                post = replace(post, lsf_id=str(value))
            case "lsf_id", _:
                unusable.append(Skip(key=key, reason="expected the number of an LSF job"))
            case "log_file", str() if _is_path(value):
                post = replace(post, log_file=value)
            case "log_file", _:
                unusable.append(Skip(key=key, reason="expected an absolute path without '..'"))
            case "status", _:
                unusable.append(Skip(key=key, reason="not taken: a status is LSF's word alone"))
            case _:
                post = replace(post, skipped=(*post.skipped, Skip(key=_shortened(key), reason="unknown key")))
    if isinstance(posted.get("counters", {}), dict | None) or {"lsf_id", "log_file", "status"} & posted.keys():
        return replace(post, skipped=(*post.skipped, *unusable))
    raise Malformed(EXPECTED, field="counters")


def _is_path(path: str) -> bool:
    short = len(path.encode(errors="replace")) <= PATH_LIMIT
    return path.startswith("/") and short and path.isprintable() and ".." not in path.split("/")


def _with_counters(post: Post, counters: dict[str, Any]) -> Post:
    found, remove, skipped = [], [], []
    for name, posted in counters.items():
        value, color = posted, None
        if isinstance(posted, list) and 1 <= len(posted) <= 2:
            value, color = posted[0], (posted[1] if len(posted) == 2 else None)
        if posted is None:
            remove.append(name)
        elif reason := _odd(name, value):
            skipped.append(Skip(key=_shortened(name), reason=reason))
        else:
            known = known_color(color)
            if color is not None and known is None:
                skipped.append(
                    Skip(key=name, reason="unknown colour skipped, the value counts: expected a CSS name or #rrggbb")
                )
            found.append(Counter(name=name, value=value, color=known))
    return replace(post, set=tuple(found), remove=tuple(remove), skipped=(*post.skipped, *skipped))


def _odd(name: str, value: Any) -> str | None:
    if not name.strip():
        return "empty name"
    if len(name) > NAME_LIMIT:
        return f"name longer than {NAME_LIMIT} characters"
    if not isinstance(value, str | int | float | bool):
        return "expected a string, a number or a boolean" + (" (or [value, colour])" if value is not None else "")
    if isinstance(value, str) and len(value) > VALUE_LIMIT:
        return f"value longer than {VALUE_LIMIT} characters"
    return None


def known_color(color: Any) -> str | None:
    """`color` when it is a CSS colour name or #rrggbb, else None."""
    if not isinstance(color, str):
        return None
    plain = color.strip().lower()
    return plain if plain in CSS_COLORS or re.fullmatch(r"#[0-9a-f]{6}", plain) else None


def _shortened(name: str) -> str:
    return name if len(name) <= NAME_LIMIT else name[:NAME_LIMIT] + "…"


@dataclass(frozen=True, kw_only=True)
class Merged:
    """A report after a post, and what became of the post."""

    counters: tuple[Counter, ...]
    accepted: int
    skipped: tuple[Skip, ...]


def merge(counters: tuple[Counter, ...], post: Post, now: datetime) -> Merged:
    """The report after `post`, which came at `now`: named counters are set in place (new ones at the end), the others
    stay.

    Repeating a post gives the same report. Limits hold for the result: what exceeds them is skipped.
    """
    known = {counter.name: counter for counter in counters}
    report = {} if post.replaces else dict(known)
    for name in post.remove:
        report.pop(name, None)
    accepted = len(post.remove)
    skipped = list(post.skipped)
    size = sum(map(_size, report.values()))
    at = now.replace(microsecond=0)
    for counter in post.set:
        before = report.get(counter.name)
        grown = size + _size(counter) - (_size(before) if before else 0)
        if before is None and len(report) >= COUNTERS_LIMIT:
            skipped.append(Skip(key=counter.name, reason=f"more than {COUNTERS_LIMIT} counters"))
        elif grown > REPORT_LIMIT:
            skipped.append(Skip(key=counter.name, reason=f"report larger than {REPORT_LIMIT // 1024} KiB"))
        else:
            last = known.get(counter.name)
            report[counter.name] = last if last and _same(last, counter) else replace(counter, at=at)
            size = grown
            accepted += 1
    return Merged(counters=tuple(report.values()), accepted=accepted, skipped=tuple(skipped))


def _same(one: Counter, other: Counter) -> bool:
    """True and 1 are two values."""
    return (type(one.value), one.value, one.color) == (type(other.value), other.value, other.color)


def _size(counter: Counter) -> int:
    return len(msgspec.json.encode((counter.name, counter.value, counter.color))) + KEYS_SIZE
