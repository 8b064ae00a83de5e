"""What names, numbers and texts of experiments, runs and jobs may look like, and which runs `1-20,25` means."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from realtime.domain.errors import Invalid

RUN_LIMIT = 2_000_000_000
PARAMS_LIMIT = 16 * 1024
"""Bytes of a run's parameters as JSON."""
RUNS_AT_ONCE = 10_000
COMMENT_LIMIT = 2000
TAGS_LIMIT = 20
TAG_LIMIT = 40
LISTED_RANGES = 40


def experiment_name(name: str) -> str:
    """The name itself; raises Invalid."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name):
        raise Invalid("expected 1 to 64 letters, digits, '_' or '-', such as xppx12345", field="name")
    return name


def short_text(text: str, field: str, limit: int) -> str:
    """A line of at most `limit` printable characters; raises Invalid."""
    if len(text) > limit or not text.isprintable():
        raise Invalid(f"expected at most {limit} printable characters", field=field)
    return text


def run_number(number: int) -> int:
    """A run number from 1; raises Invalid."""
    if not 1 <= number <= RUN_LIMIT:
        raise Invalid(f"expected a run number from 1 to {RUN_LIMIT}", field="number")
    return number


def run_params(params: Mapping[str, Any]) -> dict[str, Any]:
    """A run's free parameters; raises Invalid when they are too large."""
    if len(json.dumps(params)) > PARAMS_LIMIT:
        raise Invalid(f"expected at most {PARAMS_LIMIT // 1024} KiB of parameters", field="params")
    return dict(params)


def run_comment(text: str) -> str:
    """A comment of at most COMMENT_LIMIT characters, line ends and tabs among them; raises Invalid."""
    if len(text) > COMMENT_LIMIT or not text.replace("\n", " ").replace("\t", " ").isprintable():
        raise Invalid(f"expected at most {COMMENT_LIMIT} characters without control characters", field="comment")
    return text


def run_tags(tags: Sequence[str]) -> list[str]:
    """Tags as they are stored, without blanks at their ends; raises Invalid."""
    found = [tag.strip(" ") for tag in tags]
    if len(found) > TAGS_LIMIT:
        raise Invalid(f"expected at most {TAGS_LIMIT} tags", field="tags")
    for tag in found:
        if not 1 <= len(tag) <= TAG_LIMIT or not tag.isprintable() or "," in tag:
            raise Invalid(
                f"expected tags of 1 to {TAG_LIMIT} printable characters without a comma, not {tag[:60]!r}",
                field="tags",
            )
    if len(set(found)) < len(found):
        raise Invalid("expected each tag once", field="tags")
    return found


def listed_runs(numbers: Sequence[int]) -> str:
    """Ascending numbers as `1-10, 15, 20`; after LISTED_RANGES ranges it says that there are more."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    parts = [str(first) if first == last else f"{first}-{last}" for first, last in ranges[:LISTED_RANGES]]
    return ", ".join(parts) + (", ..." if len(ranges) > LISTED_RANGES else "")


def parse_runs(text: str, field: str = "runs") -> list[tuple[int, int]]:
    """`1-20,25` as inclusive ranges in the order given; raises Invalid."""
    ranges = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,10})\s*(?:-\s*(\d{1,10})\s*)?", part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= first <= last <= RUN_LIMIT:
            raise Invalid(f"expected run numbers such as 12 or 1-20,25, not {text[:60]!r}", field=field)
        ranges.append((first, last))
    return ranges


def lsf_number(lsf_id: str) -> str:
    """The id of an LSF job, as posted or typed; raises Invalid."""
    if not re.fullmatch(r"[1-9][0-9]{0,17}", lsf_id):
        raise Invalid("expected the number of an LSF job, such as 731882", field="lsf_id")
    return lsf_id


def job_id(now: datetime, random: bytes) -> str:
    """24 hex digits: 4 bytes of seconds, then 8 random bytes. Time-ordered, unique over every life of the store."""
    return int(now.timestamp()).to_bytes(4, "big").hex() + random[:8].hex()
