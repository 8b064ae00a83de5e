"""Reports: what a post means, and that merging keeps its promises."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.domain.errors import Malformed
from realtime.domain.report import (
    COUNTERS_LIMIT,
    NAME_LIMIT,
    REPORT_LIMIT,
    VALUE_LIMIT,
    Counter,
    merge,
    parse,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
OLD = (Counter(name="A", value=1, color="red"), Counter(name="B", value="x"))


def after(body: Any, old: tuple[Counter, ...] = OLD) -> tuple[dict[str, Any], int, dict[str, str]]:
    merged = merge(old, parse(json.dumps(body).encode()), NOW)
    shown = {counter.name: [counter.value, counter.color] for counter in merged.counters}
    return shown, merged.accepted, {skip.key: skip.reason for skip in merged.skipped}


@pytest.mark.parametrize(
    ("body", "report", "accepted"),
    [
        ({"counters": {"A": 2}}, {"A": [2, None], "B": ["x", None]}, 1),
        ({"counters": {"C": [True, "Blue"]}}, {"A": [1, "red"], "B": ["x", None], "C": [True, "blue"]}, 1),
        ({"counters": {"A": None}}, {"B": ["x", None]}, 1),
        ({"counters": {"A": [2.5, "#00FF7f"]}}, {"A": [2.5, "#00ff7f"], "B": ["x", None]}, 1),
        ({"counters": {"A": [3, None]}}, {"A": [3, None], "B": ["x", None]}, 1),
        ({"counters": {}}, {"A": [1, "red"], "B": ["x", None]}, 0),
        ({"counters": None}, {}, 0),
        ([{"key": "N", "value": 5}], {"N": [5, None]}, 1),
        ([{"key": "N", "value": None}], {"N": ["", None]}, 1),
        ([{"key": "N", "value": 1}, {"key": "N", "value": 2}], {"N": [2, None]}, 1),
        ([], {}, 0),
        ([{"config": 1}], {"A": [1, "red"], "B": ["x", None]}, 0),
        ({"lsf_id": 12}, {"A": [1, "red"], "B": ["x", None]}, 0),
        ({"log_file": "/reg/d/logs/12"}, {"A": [1, "red"], "B": ["x", None]}, 0),
    ],
)
def test_what_a_post_makes_of_the_report(body: Any, report: dict[str, Any], accepted: int) -> None:
    assert after(body)[:2] == (report, accepted)


@pytest.mark.parametrize(
    ("body", "key", "reason"),
    [
        ({"counters": {"A": {}}}, "A", "expected a string"),
        ({"counters": {"A": [1, "no such"]}}, "A", "unknown colour"),
        ({"counters": {"A": [1, 2, 3]}}, "A", "expected a string"),
        ({"counters": {" ": 1}}, " ", "empty name"),
        ({"counters": {"A": "v" * (VALUE_LIMIT + 1)}}, "A", "longer than 2000"),
        ({"counters": {"n" * (NAME_LIMIT + 1): 1}}, "n" * NAME_LIMIT + "…", "longer than 200"),
        ({"counters": {}, "colour": 1}, "colour", "unknown key"),
        ({"counters": {}, "log_file": "logs/7"}, "log_file", "absolute path"),
        ({"counters": {}, "log_file": "/reg/d/../../etc/shadow"}, "log_file", "absolute path"),
        ({"counters": {}, "log_file": "/a\nb"}, "log_file", "absolute path"),
        ({"counters": {}, "log_file": "/" + "x" * 4096}, "log_file", "absolute path"),
        ({"log_file": 5}, "log_file", "absolute path"),
        ({"counters": {}, "status": "DONE"}, "status", "not taken"),
        ({"counters": {}, "lsf_id": "0"}, "lsf_id", "number of an LSF job"),
        ([{"key": 1, "value": 2}], "[0]", "expected"),
        (["x"], "[0]", "expected"),
        ([{"key": "N", "value": [1]}], "N", "expected a string"),
    ],
)
def test_what_is_odd_is_skipped_with_a_reason(body: Any, key: str, reason: str) -> None:
    assert reason in after(body)[2][key]


@pytest.mark.parametrize(
    "body", [b"", b"5", b'"x"', b"true", b"null", b'{"x": 1}', b"{}", b'{"counters": 5}', b'{"counters": NaN}', b"\xff"]
)
def test_what_has_no_usable_shape_is_refused_with_what_was_expected(body: bytes) -> None:
    with pytest.raises(Malformed, match="counters"):
        parse(body)


def test_html_emoji_and_scripts_are_kept_as_posted() -> None:
    value = "<b>90 %</b> <script>alert(1)</script> 🚀 hit<5%"
    assert after({"counters": {"<i>x</i>": value}}, ())[0] == {"<i>x</i>": [value, None]}


def test_limits_hold_for_the_whole_report() -> None:
    many = {"counters": {f"c{n}": n for n in range(COUNTERS_LIMIT + 5)}}
    report, accepted, skipped = after(many, ())
    assert len(report) == accepted == COUNTERS_LIMIT
    assert all("more than 100" in skipped[f"c{n}"] for n in range(COUNTERS_LIMIT, COUNTERS_LIMIT + 5))
    big = {"counters": {f"c{n}": "é" * VALUE_LIMIT for n in range(40)}}
    merged = merge((), parse(json.dumps(big).encode()), NOW)
    assert sum(len(str(counter.value).encode()) for counter in merged.counters) <= REPORT_LIMIT
    assert 0 < merged.accepted < 40
    assert all("larger than 64 KiB" in skip.reason for skip in merged.skipped)


names = st.text(min_size=1, max_size=4)
values = (
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5) | st.lists(st.integers(), max_size=3)
)
objects = st.fixed_dictionaries({"counters": st.none() | st.dictionaries(names, values, max_size=6)})
lists = st.lists(st.fixed_dictionaries({"key": names, "value": values}), max_size=6)
bodies = objects | lists


@given(bodies, bodies)
def test_repeating_a_post_changes_nothing_more(first: Any, second: Any) -> None:
    report = merge(
        merge((), parse(json.dumps(first).encode()), NOW).counters, parse(json.dumps(second).encode()), NOW
    ).counters
    again = merge(report, parse(json.dumps(second).encode()), NOW)
    assert {c.name: c for c in again.counters} == {c.name: c for c in report}


@given(bodies, objects)
def test_an_object_touches_only_the_counters_it_names(first: Any, second: Any) -> None:
    report = merge((), parse(json.dumps(first).encode()), NOW).counters
    merged = merge(report, parse(json.dumps(second).encode()), NOW).counters
    if second["counters"] is not None:
        kept = [counter for counter in report if counter.name not in second["counters"]]
        assert [counter for counter in merged if counter.name not in second["counters"]] == kept


@given(bodies)
def test_every_item_is_either_accepted_or_explained(body: Any) -> None:
    posted = body["counters"] or {} if isinstance(body, dict) else {item["key"]: item["value"] for item in body}
    merged = merge((), parse(json.dumps(body).encode()), NOW)
    unexplained = set(posted) - {counter.name for counter in merged.counters} - {skip.key for skip in merged.skipped}
    assert all(posted[name] is None for name in unexplained)


@given(st.binary(max_size=40) | st.text(max_size=40).map(str.encode))
def test_random_bytes_are_taken_or_refused_never_break(body: bytes) -> None:
    try:
        post = parse(body)
    except Malformed:
        return
    assert merge(OLD, post, NOW).accepted >= 0
