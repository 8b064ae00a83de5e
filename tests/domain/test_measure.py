"""Counters' values as numbers: the cases that the pages are held to as well, and nothing ever raises."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.domain.measure import Measure, measure

CASES = json.loads((Path(__file__).parents[1] / "measure_cases.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=[repr(case["value"]) for case in CASES])
def test_a_value_is_read_as_the_cases_say(case: dict[str, Any]) -> None:
    expected = case["measure"]
    assert measure(case["value"]) == (None if expected is None else Measure(**expected))


@given(st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.from_regex(r"[-+.0-9eE/% a-z]{1,30}"))
def test_whatever_a_script_posts_is_a_finite_number_or_none(value: Any) -> None:
    found = measure(value)
    if found is not None:
        assert math.isfinite(found.value) and (found.of is None or 0 < found.of < math.inf)


def test_a_whole_number_beyond_what_can_be_drawn_is_none() -> None:
    assert measure(10**400) is None
