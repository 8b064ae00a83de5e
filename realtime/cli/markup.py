"""Reports on a terminal: the few HTML tags they may use as styles, and colours that can be read there.

The page does the like (`static/pure/report.js`, `color.js`). Whatever is no tag of them stays the text it is.
"""

import re
from dataclasses import dataclass, replace

from realtime.domain.colors import CSS_COLORS
from realtime.domain.report import known_color

TAG = re.compile(
    r"""<(/?)(b|i|em|strong|span|font|a)((?:\s+[a-z-]+\s*=\s*(?:"[^"<>]*"|'[^'<>]*'|[^\s"'<>=`]+))*)\s*>""",
    re.IGNORECASE,
)
BARE = {"b", "i", "em", "strong"}
"""Tags without attributes."""
COLOR = re.compile(r"""(?:^|[\s;"'])color\s*[:=]\s*["']?([^"';\s]+)""", re.IGNORECASE)
UNSEEMLY = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
"""What is no text: control characters, and those that turn the direction of writing."""
DARKEST, LIGHTEST = 0.10, 0.50
"""Relative luminance (WCAG 2) that can be read on dark and on light terminals."""


@dataclass(frozen=True)
class Span:
    """Text in one style. `color` is `#rrggbb`."""

    text: str
    strong: bool = False
    slanted: bool = False
    color: str | None = None


def spans(text: str) -> list[Span]:
    """Text without its tags, in their styles; a tag that is not closed is text."""
    tags = _pairs([tag for tag in TAG.finditer(text) if not (tag[3] and tag[2].lower() in BARE)])
    style, outer, end = Span(""), [Span("")], 0
    found = []
    for tag in tags:
        found.append(replace(style, text=clean(text[end : tag.start()])))
        end = tag.end()
        if tag[1]:
            style = outer.pop()
        else:
            outer.append(style)
            style = _within(style, tag)
    found.append(replace(style, text=clean(text[end:])))
    return [span for span in found if span.text]


def clean(text: str) -> str:
    """Text that can do nothing to a terminal but stand on one line of it."""
    return UNSEEMLY.sub("�", re.sub(r"\s+", " ", text))


def _pairs(tags: list[re.Match[str]]) -> list[re.Match[str]]:
    """Those of the tags that are closed, with what closes them, in order."""
    open_tags: list[re.Match[str]] = []
    paired = []
    for tag in tags:
        if not tag[1]:
            open_tags.append(tag)
        elif any(one[2].lower() == tag[2].lower() for one in open_tags):
            while open_tags[-1][2].lower() != tag[2].lower():
                open_tags.pop()
            paired += [open_tags.pop(), tag]
    return sorted(paired, key=lambda tag: tag.start())


def _within(style: Span, tag: re.Match[str]) -> Span:
    match tag[2].lower():
        case "b" | "strong":
            return replace(style, strong=True)
        case "i" | "em":
            return replace(style, slanted=True)
        case "span" | "font":
            color = COLOR.search(tag[3])
            return replace(style, color=readable(color[1]) if color else style.color)
    return style


def readable(color: str | None) -> str | None:
    """`#rrggbb` of a colour that a report names, no darker and no lighter than a terminal can show; None for others."""
    known = known_color(color)
    if known is None:
        return None
    plain = known.removeprefix("#") if known.startswith("#") else CSS_COLORS[known]
    rgb = [int(plain[at : at + 2], 16) for at in (0, 2, 4)]
    towards = 255 if _luminance(rgb) < DARKEST else 0
    for step in range(33):
        mixed = [round(channel + (towards - channel) * step / 32) for channel in rgb]
        if DARKEST <= _luminance(mixed) <= LIGHTEST:
            rgb = mixed
            break
    return "#" + "".join(f"{channel:02x}" for channel in rgb)


def _luminance(rgb: list[int]) -> float:
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (channel / 255 for channel in rgb)]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
