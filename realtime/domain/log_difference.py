"""Where the logs of two jobs of one hash part, apart from what is never the same: numbers, times, hosts, runs."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from realtime.domain.spoken import one_line

SHOWN = 300
"""Characters of a line that are told."""


@dataclass(frozen=True)
class LogPlace:
    """A line, and the byte at which it begins."""

    line: str
    at: int


@dataclass(frozen=True, kw_only=True)
class LogDifference:
    """The first lines that differ; None where a log has ended by then. `same_lines`: lines before them that agree."""

    this: LogPlace | None
    that: LogPlace | None
    same_lines: int


@dataclass(frozen=True, kw_only=True)
class ReadLog:
    """A log from its first byte on. `own`: words that are its job's alone: ids, host, run; `whole`: it ends there."""

    content: bytes
    own: Sequence[str] = ()
    whole: bool = True


def log_difference(this: ReadLog, that: ReadLog) -> LogDifference:
    """Where two logs part; without any lines when they do not in what was read of both."""
    ours, theirs = _lines(this), _lines(that)
    same = 0
    while True:
        our, their = next(ours, None), next(theirs, None)
        cut = (our is None and not this.whole) or (their is None and not that.whole)
        if cut or (our is None and their is None):
            return LogDifference(this=None, that=None, same_lines=same)
        if our is None or their is None or our[1] != their[1]:
            return LogDifference(this=our and our[0], that=their and their[0], same_lines=same)
        same += 1


_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[@-Z\\^_]")
_DAYS = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
_CHANGING = re.compile(
    rf"\b(?:{_DAYS}|AM|PM|UTC|GMT|[PMCE][SD]T)\b"
    r"|0x[0-9a-fA-F]+|\b(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,}\b"
    r"|[-+]?\d+(?:[.,:/T-]\d+)*(?:[eE][-+]?\d+)?"
    r"|\b[B-HJ-Zb-z]\b"
)
_BLANKS = re.compile(r"[\s#]+")


def _lines(log: ReadLog) -> Iterator[tuple[LogPlace, str]]:
    """Lines that are not empty, each with what of it can be compared; LSF's own report is left out."""
    raw = log.content.splitlines(keepends=True)
    if raw and not log.whole and not raw[-1].endswith((b"\n", b"\r")):
        raw.pop()
    words = sorted({word for word in log.own if len(word) > 1}, key=len, reverse=True)
    own = re.compile("|".join(map(re.escape, words))) if words else None
    first = _first_line(raw)
    at = sum(map(len, raw[:first]))
    for number in range(first, len(raw)):
        begin, at = at, at + len(raw[number])
        if raw[number].startswith(_REPORT):
            return
        plain = _ESCAPES.sub("", raw[number].decode(errors="replace")).rstrip()
        if plain.strip() and not _is_rule(raw, number):
            compared = _BLANKS.sub("#", _CHANGING.sub("#", own.sub("#", plain) if own else plain))
            yield LogPlace(one_line(plain, SHOWN), begin), compared


_REPORT = b"Sender: LSF System"


def _first_line(raw: Sequence[bytes]) -> int:
    """The line at which the job's own output begins: LSF's report may stand before it."""
    start = next((number for number, line in enumerate(raw[:3]) if line.startswith(_REPORT)), None)
    if start is None:
        return 0
    follows = (number for number, line in enumerate(raw[:200]) if line.startswith(b"The output (if any) follows"))
    return next(follows, start) + 1


def _is_rule(raw: Sequence[bytes], number: int) -> bool:
    """The rule above LSF's report at the end."""
    return raw[number].startswith(b"-----") and number + 1 < len(raw) and raw[number + 1].startswith(_REPORT)
