"""Values as texts, and their order; in both the pages do the same."""

import pytest

from realtime.domain.values import best, in_order, place_of, value_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("12.0", "12.0"),
        (12.0, "12"),
        (-0.5, "-0.5"),
        (9.5, "9.5"),
        (True, "true"),
        (0.00001, "0.00001"),
        (1e-7, "1e-7"),
        (1e21, "1e+21"),
        (1e16, "10000000000000000"),
        ([1, 2.0, {"a": None}], '[1,2,{"a":null}]'),
        ({"ü": False}, '{"ü":false}'),
    ],
)
def test_a_value_is_the_same_text_as_on_the_page(value: object, text: str) -> None:
    assert value_text(value) == text


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ("12.4 %", 12.4),
        ("7/20", 7),
        (" -3.5e1 V", -35),
        (".5", 0.5),
        ("1e999", "1e999"),
        ("beam 4", "beam 4"),
        ("", ""),
        (True, "true"),
        (None, None),
        (3, 3),
    ],
)
def test_a_text_counts_as_its_leading_number(value: object, place: object) -> None:
    assert place_of(value) == place


def test_numbers_stand_before_texts_before_nothing_and_equals_as_they_were() -> None:
    items = [("a", None), ("b", "x"), ("c", 2), ("d", 1), ("e", 2), ("f", "y")]
    up = [name for name, _ in in_order(items, lambda item: item[1], down=False)]
    down = [name for name, _ in in_order(items, lambda item: item[1], down=True)]
    assert "".join(up) == "dcebfa"
    assert "".join(down) == "cedfba"
    assert best([None, "x", 1, 3], down=True) == 3
    assert best([None], down=True) is None
