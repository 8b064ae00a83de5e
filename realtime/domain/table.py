"""The index of a view: which runs are in it, in which order, with how many lines of which sort.

Made of what a store can find quickly: the runs, and their lines counted by the tokens of the text that they match.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from realtime.domain.values import Place, best, in_order, place_of
from realtime.domain.view import View, tokens_of_run

FoundRun = tuple[int, datetime | None, datetime | None, str | None, str, str | None]
"""number, start and end (None also where the view does not ask for them), parameters, comment, tags (as JSON)"""
FoundLines = tuple[int, int, int, int, int, int]
"""run, mask of the tokens that these lines match; how many they are, and of those: running, pending, failed"""
FoundCounters = tuple[int, int, str]
"""run and mask as above, counters (as JSON) of a line"""
Entry = tuple[int, int, int, int, int]
"""run, lines chosen, and of those: running, pending, failed"""


class _Counter(msgspec.Struct):
    name: str
    value: Any


_counters = msgspec.json.Decoder(list[_Counter])


@dataclass(frozen=True, kw_only=True)
class ChosenRuns:
    """The runs that meet the conditions on runs, in the order of the view as far as it depends on them."""

    masks: dict[int, int]
    """run -> tokens that it matches itself"""

    @property
    def match_something(self) -> bool:
        """Whether a run matches a token: then a line need not match all of them."""
        return any(self.masks.values())


def choose_runs(view: View, found: Sequence[FoundRun]) -> ChosenRuns:
    """Of these runs, newest first, those with the tags of the view."""
    wanted = set(view.tags)
    kept = [run for run in found if not wanted or wanted <= set(_decoded(run[5], []))]
    if view.sort.by == "run" and not view.sort.down:
        kept.reverse()
    elif view.sort.by not in ("run", "counter"):
        kept = in_order(kept, lambda run: _place(view, run), down=view.sort.down)
    if not view.tokens:
        return ChosenRuns(masks=dict.fromkeys((run[0] for run in kept), 0))
    return ChosenRuns(
        masks={
            number: tokens_of_run(view, number, _decoded(params, {}), comment, _decoded(tags, []))
            for number, _, _, params, comment, tags in kept
        }
    )


def _place(view: View, run: FoundRun) -> Place:
    _, started_at, ended_at, params, _, _ = run
    if view.sort.by == "param":
        return place_of(_decoded(params, {}).get(view.sort.name))
    if started_at is None:
        return None
    if view.sort.by == "started":
        return started_at.timestamp()
    return None if ended_at is None else (ended_at - started_at).total_seconds()


def _decoded(text: str | None, empty: Any) -> Any:
    return msgspec.json.decode(text) if text else empty


def index_of(view: View, chosen: ChosenRuns, lines: Iterable[FoundLines]) -> list[Entry]:
    """The runs of the view, those with a chosen line and those that are in it by themselves, in its order as far as
    that depends on runs."""
    counts: dict[int, list[int]] = {}
    for run, mask, *number in lines:
        if is_chosen(view, chosen, run, mask):
            known = counts.get(run)
            counts[run] = number if known is None else [a + b for a, b in zip(known, number, strict=True)]
    alone = [0, 0, 0, 0]
    found: list[Entry] = []
    for run, mask in chosen.masks.items():
        if run in counts or (not view.asks_for_lines and mask == view.every_token):
            total, running, pending, failed = counts.get(run, alone)
            found.append((run, total, running, pending, failed))
    return found


def is_chosen(view: View, chosen: ChosenRuns, run: int, mask: int) -> bool:
    """Whether a line that meets the conditions on lines, and matches these tokens, is in the view."""
    return run in chosen.masks and chosen.masks[run] | mask == view.every_token


def counter_places(view: View, chosen: ChosenRuns, counters: Iterable[FoundCounters]) -> dict[int, Place]:
    """What each run is sorted by: the best of its chosen lines."""
    values: dict[int, list[Place]] = defaultdict(list)
    for run, mask, text in counters:
        if is_chosen(view, chosen, run, mask):
            values[run].append(_counter_place(text, view.sort.name))
    return {run: best(places, down=view.sort.down) for run, places in values.items()}


def in_counter_order(view: View, entries: Iterable[Entry], places: Mapping[int, Place]) -> list[Entry]:
    """The runs of a view, which stand newest first, in the order of these places."""
    return in_order(entries, lambda entry: places.get(entry[0]), down=view.sort.down)


def _counter_place(counters: str, name: str) -> Place:
    return next((place_of(counter.value) for counter in _counters.decode(counters) if counter.name == name), None)


def in_line_order(view: View, lines: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The lines of a run (`definition`, `number`, `counters` of each) as they stand: by hash and newest first, or by
    the counter that the view is sorted by."""
    usual = sorted(lines, key=lambda line: (line["definition"], -line["number"]))
    if view.sort.by != "counter":
        return usual
    return in_order(usual, lambda line: _value_of(line["counters"], view.sort.name), down=view.sort.down)


def _value_of(counters: Sequence[Mapping[str, Any]], name: str) -> Place:
    return next((place_of(counter["value"]) for counter in counters if counter["name"] == name), None)
