"""Tags and colours of reports on a terminal."""

import pytest

from realtime.cli.markup import DARKEST, LIGHTEST, Span, readable, spans
from realtime.domain.colors import CSS_COLORS


def plain(text: str) -> str:
    return "".join(span.text for span in spans(text))


def test_tags_become_styles() -> None:
    assert spans("<b>Last Event</b>: 5") == [Span("Last Event", strong=True), Span(": 5")]
    assert spans("<EM>a<strong>b</strong></EM>c") == [
        Span("a", slanted=True),
        Span("b", strong=True, slanted=True),
        Span("c"),
    ]
    assert spans('<a href="https://example.org">plot</a>') == [Span("plot")]


@pytest.mark.parametrize(
    "tag", ["<font color=red>", "<font color='RED'>", '<span style="font-weight: bold; color: #ff0000">']
)
def test_colours_of_tags_count(tag: str) -> None:
    closing = "</font>" if "font color" in tag else "</span>"
    assert spans(f"{tag}x{closing}") == [Span("x", color="#ff0000")]


@pytest.mark.parametrize(
    "text",
    [
        "List<int>",
        "hit<5%",
        "a < b > c",
        "<b",
        "<b>never closed",
        "</b> never opened",
        "<>",
        "<b onclick=x()>y</b>",
        "<script>alert(1)</script>",
        "<img src=x>",
        "a & b &amp; c",
        "[bold]x[/bold]",
    ],
)
def test_what_is_no_tag_stays_text(text: str) -> None:
    assert plain(text) == text


def test_tags_that_cross_are_closed_once() -> None:
    assert plain("<b>x<i>y</b>z</i>") == "x<i>yz</i>"
    assert plain("<b>" * 300 + "x" + "</b>" * 300) == "x"


def test_every_colour_can_be_read_on_dark_and_on_light() -> None:
    for name in [*CSS_COLORS, "#000000", "#ffffff", "#0000ff", "#ffff00"]:
        shown = readable(name)
        assert shown is not None
        channels = [int(shown[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        assert DARKEST <= 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] <= LIGHTEST, name


def test_a_colour_that_can_be_read_is_shown_as_it_is() -> None:
    assert readable("#2e8b57") == "#2e8b57" == readable("SeaGreen")


@pytest.mark.parametrize("color", [None, "", "nonsense", "#12", "\x1b[0m", "red; x"])
def test_what_is_no_colour_has_none(color: str | None) -> None:
    assert readable(color) is None
