"""Real errors are told from lines that only speak of errors."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.domain.error_lines import STEMS, is_error

CASES: list[tuple[str, bool]] = json.loads((Path(__file__).parents[1] / "error_lines.json").read_text())


@pytest.mark.parametrize(("line", "real"), CASES, ids=[line[:40] for line, _ in CASES])
def test_a_line_of_the_golden_cases_is_judged_as_written_there(line: str, real: bool) -> None:
    assert is_error(line) is real


@given(st.lists(st.sampled_from([word for line, _ in CASES for word in line.split(" ")]), max_size=8))
def test_every_error_has_a_stem_by_which_it_is_found(words: list[str]) -> None:
    line = " ".join(words)
    assert not is_error(line) or any(stem in line.lower() for stem in STEMS)


@given(st.text(max_size=300))
def test_any_text_is_judged(line: str) -> None:
    assert is_error(line) in (True, False)


def test_a_very_long_line_is_judged_at_once() -> None:
    assert is_error("x" * 100_000 + " error: bad")
    assert not is_error("no errors " * 10_000)
