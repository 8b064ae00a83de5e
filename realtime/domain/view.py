"""Which runs and lines of an experiment somebody wants to see, and in which order: what a filter says.

A line is a current job: the newest of its hash on its run, or a live one. The pages mean the same by it; the cases
that hold both to it are tests/filter_cases.json.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from realtime.domain.errors import Invalid
from realtime.domain.names import parse_runs
from realtime.domain.values import value_text

TEXT_LIMIT = 200
TOKENS_LIMIT = 12
LISTED_LIMIT = 200
"""Hashes, statuses or tags of one filter."""
RANGES_LIMIT = 500


@dataclass(frozen=True, kw_only=True)
class Sort:
    """`by`: run, started, length, param or counter; `name` of a parameter or counter; `down`: the most first; `of`: the
    hash whose counter it is, empty for any."""

    by: str
    name: str = ""
    down: bool = False
    of: str = ""


NEWEST_FIRST = Sort(by="run", down=True)


@dataclass(frozen=True, kw_only=True)
class View:
    """Conditions on runs (`ranges`, `tags`), on lines (`hashes`, `statuses`, `user`, `failed`) and on either
    (`tokens`, in lower case). `ranges` is None for all runs."""

    ranges: tuple[tuple[int, int], ...] | None = None
    tags: tuple[str, ...] = ()
    hashes: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    user: str = ""
    failed: bool = False
    tokens: tuple[str, ...] = ()
    sort: Sort = NEWEST_FIRST

    @property
    def asks_for_lines(self) -> bool:
        """Whether there is a condition that only a line can meet."""
        return bool(self.hashes or self.statuses or self.user or self.failed)

    @property
    def every_token(self) -> int:
        """The mask of all tokens: a bit for each."""
        return (1 << len(self.tokens)) - 1


def read_view(
    *,
    text: str = "",
    runs: str = "",
    hashes: Collection[str] = (),
    statuses: Collection[str] = (),
    user: str = "",
    tags: Collection[str] = (),
    failed: bool = False,
    sort: str = "",
    of: str = "",
) -> View:
    """What these texts of a query mean, empty ones nothing; raises Invalid that names the parameter."""
    return View(
        ranges=_ranges(runs),
        tags=_listed(tags, "tag"),
        hashes=_listed(hashes, "hash"),
        statuses=_listed(statuses, "status"),
        user=user,
        failed=failed,
        tokens=_tokens(text),
        sort=_sort(sort, of),
    )


def _ranges(runs: str) -> tuple[tuple[int, int], ...] | None:
    parts = [part for part in re.split("[,;]", runs.replace("\u2013", "-")) if part.strip()]
    if not runs.strip():
        return None
    ranges: list[tuple[int, int]] = []
    for first, last in sorted(parse_runs(",".join(parts))):
        if ranges and first <= ranges[-1][1] + 1:
            ranges[-1] = ranges[-1][0], max(last, ranges[-1][1])
        else:
            ranges.append((first, last))
    if len(ranges) > RANGES_LIMIT:
        raise Invalid(f"expected at most {RANGES_LIMIT} ranges", field="runs")
    return tuple(ranges)


def _listed(values: Collection[str], field: str) -> tuple[str, ...]:
    wanted = tuple(dict.fromkeys(value for value in values if value))
    if len(wanted) > LISTED_LIMIT:
        raise Invalid(f"expected at most {LISTED_LIMIT} of these", field=field)
    return wanted


def _tokens(text: str) -> tuple[str, ...]:
    if len(text) > TEXT_LIMIT:
        raise Invalid(f"expected at most {TEXT_LIMIT} characters", field="text")
    tokens = tuple(dict.fromkeys(lower(text).split()))
    if len(tokens) > TOKENS_LIMIT:
        raise Invalid(f"expected at most {TOKENS_LIMIT} words", field="text")
    return tokens


def _sort(sort: str, of: str) -> Sort:
    if not sort:
        return NEWEST_FIRST
    match = re.fullmatch(r"(-?)(?:(run|started|length)|(param|counter):(.+))", sort, re.DOTALL)
    if match is None:
        raise Invalid(
            "expected run, started, length, param:NAME or counter:NAME, or one of these behind -", field="sort"
        )
    return Sort(by=match[2] or match[3], name=match[4] or "", down=bool(match[1]), of=of)


_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def lower(text: str) -> str:
    """ASCII letters in lower case and no others, so that every program means the same."""
    return text.translate(_LOWER)


def tokens_of_run(view: View, number: int, params: Mapping[str, Any], comment: str, tags: Collection[str]) -> int:
    """The mask of the tokens that a run matches."""
    texts = lower("\n".join([*map(value_text, params.values()), comment, *tags]))
    return sum(1 << n for n, token in enumerate(view.tokens) if token in texts or token == str(number))
