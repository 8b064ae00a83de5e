"""Lines of a log, looked for with a user's own eyes: a part after the other, in bounded time and memory."""

import os
import re
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from lsf_agent.runner.answers import answer, bounded
from lsf_agent.runner.files import opened
from realtime.domain.error_lines import STEMS, is_error

SECONDS = 2.0
"""of looking, after which it is told how far it came"""
PART = 1024 * 1024
"""Bytes looked at at once; a line that is longer counts as several."""
JUDGED = 256 * 1024
"""The same for errors: to judge a line takes longer than to find a text in it, and there is a deadline."""
AROUND = 500
"""Bytes of a long line before and behind the find: they are judged, and told."""
ESCAPES = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\r\n]*(?:\x07|\x1b\\)?|[ -/]*[0-~])")
"""Colours and other orders to a terminal: they may stand in the midst of what is looked for."""
ENDS = re.compile(rb"\r\n?|\n")
_STEMS = tuple(stem.encode() for stem in STEMS)


class Sought(NamedTuple):
    """`text` None: lines of real errors. `most`: lines told; with 1 it is looked no further than the first. `ended`:
    the last line counts though it has no end. See `realtime.protocol.questions.Question` for the others."""

    text: str | None
    case: bool
    back: bool
    offset: int | None
    until: int | None
    most: int
    ended: bool


def find(request: dict[str, Any]) -> int:
    """`path`, `below` (as for `files.opened`), `sought` (Sought's fields in order), `limit`: answers what `look`
    does."""
    bounded(request["limit"])
    return answer(lambda: in_file(request["path"], request["below"], Sought(*request["sought"])))


def in_file(path: str, below: Sequence[str] | None, sought: Sought) -> dict[str, Any]:
    """In a regular file."""
    file = opened(path, below)
    try:
        return look(lambda at, length: os.pread(file, length, at), os.fstat(file).st_size, sought)
    finally:
        os.close(file)


def look(
    read: Callable[[int, int], bytes], size: int, sought: Sought, seconds: float = SECONDS, part: int | None = None
) -> dict[str, Any]:
    """`{"items": [[at, line], ...], "count", "from", "to", "size", "complete"}` of what `read(at, length)` gives."""
    deadline = time.monotonic() + seconds
    part = part or (JUDGED if sought.text is None else PART)
    end = size if sought.offset is None and sought.back else max(0, min(sought.offset or 0, size))
    parts = _backwards(read, size, end, sought, part) if sought.back else _forwards(read, size, end, sought, part)
    items: list[tuple[int, str]] = []
    count, to, complete = 0, end, True
    for base, content, following in parts:
        to = following
        found = [(base + at, line) for at, line in _found(content, sought) if _counts(base + at, sought)]
        count += len(found)
        items += (found[::-1] if sought.back else found)[: sought.most - len(items)]
        if time.monotonic() >= deadline or (found and sought.most == 1):
            complete = False
            break
    if sought.until is not None and (to <= sought.until if sought.back else to >= sought.until):
        to, complete = sought.until, True
    return {"items": items, "count": count, "from": end, "to": to, "size": size, "complete": complete}


def _counts(at: int, sought: Sought) -> bool:
    return sought.until is None or (at >= sought.until if sought.back else at < sought.until)


def _forwards(
    read: Callable[[int, int], bytes], size: int, at: int, sought: Sought, part: int
) -> Iterator[tuple[int, bytes, int]]:
    """Parts of whole lines with where they begin, and where the looking would go on."""
    skip = at > 0 and ENDS.fullmatch(read(at - 1, 1)) is None
    end = size if sought.until is None else min(size, sought.until)
    while at < end and (content := read(at, min(part, size - at))):
        last = at + len(content) >= size
        begin = 0
        if skip:
            first = ENDS.search(content)
            begin, skip = (first.end(), False) if first else (len(content), True)
        whole = max(content.rfind(b"\n"), content.rfind(b"\r")) + 1
        if (last and sought.ended) or (whole == 0 and not last):
            whole = len(content)
        if whole == 0:
            return
        yield at + begin, content[begin:whole], at + whole
        at += whole


def _backwards(
    read: Callable[[int, int], bytes], size: int, at: int, sought: Sought, part: int
) -> Iterator[tuple[int, bytes, int]]:
    if at == size and not sought.ended:
        tail = read(max(0, at - part), min(part, at))
        at -= len(tail) - max(tail.rfind(b"\n"), tail.rfind(b"\r")) - 1
    floor = sought.until or 0
    while at > floor:
        start = max(0, at - part)
        content = read(start, at - start)
        if len(content) < at - start:
            return
        first = ENDS.search(content, 0, len(content) - 1) if start else None
        begin = first.end() if first else 0
        yield start + begin, content[begin:], start + begin
        at = start + begin


def _found(content: bytes, sought: Sought) -> Iterator[tuple[int, str]]:
    """Where the lines begin that are looked for, ascending, with their text."""
    plain, begins = content, None
    if b"\x1b" in content:
        plain = ESCAPES.sub(b"", content)
        begins = [0, *(end.end() for end in ENDS.finditer(content))]
        plain_begins = [0, *(end.end() for end in ENDS.finditer(plain))]
    low = plain if sought.text is not None and sought.case else plain.lower()
    for begin, at, end in _errors(low, plain) if sought.text is None else _texts(low, sought):
        line = plain[max(begin, at - AROUND) : min(end, at + AROUND)].decode(errors="replace")
        yield begin if begins is None else begins[bisect_right(plain_begins, begin) - 1], line


def _texts(low: bytes, sought: Sought) -> Iterator[tuple[int, int, int]]:
    """Begin, first find and end of each line."""
    text = (sought.text or "").encode()
    return _lines_with(low, text if sought.case else text.lower())


def _errors(low: bytes, plain: bytes) -> Iterator[tuple[int, int, int]]:
    lines: dict[int, tuple[int, int]] = {}
    for stem in _STEMS:
        for begin, at, end in _lines_with(low, stem):
            if begin not in lines or at < lines[begin][0]:
                lines[begin] = at, end
    for begin, (at, end) in sorted(lines.items()):
        around = plain[max(begin, at - AROUND) : min(end, at + AROUND)]
        if is_error(around.decode(errors="replace")):
            yield begin, at, end


def _lines_with(low: bytes, text: bytes) -> Iterator[tuple[int, int, int]]:
    at = low.find(text)
    while at >= 0:
        begin = low.rfind(b"\n", 0, at) + 1
        begin = low.rfind(b"\r", begin, at) + 1 or begin
        end = low.find(b"\n", at)
        end = len(low) if end < 0 else end
        turn = low.find(b"\r", at, end)
        end = end if turn < 0 else turn
        yield begin, at, end
        at = low.find(text, end)
