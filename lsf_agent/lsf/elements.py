"""What LSF's list tells of one job, and what it means: the words of LSF and ours. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

import msgspec

from lsf_agent.lsf.reasons import reason_of
from lsf_agent.scheduler import NOT_TOLD, Record, Usage
from realtime.domain.status import Status

REMEMBERED = 16 * 1024
"""Lines of which the meaning is kept: most jobs are told in the same words as in the look before."""
POST_FAILED = "done; its post-processing failed"
WORDS = {status.value: status for status in Status if status.from_lsf} | {
    "PDONE": Status.DONE,
    "POST_DONE": Status.DONE,
    "PERR": Status.DONE,
    "POST_ERR": Status.DONE,
}
_LIVELIEST_FIRST = (
    Status.RUN,
    Status.SSUSP,
    Status.USUSP,
    Status.UNKWN,
    Status.ZOMBI,
    Status.PROV,
    Status.WAIT,
    Status.PEND,
    Status.PSUSP,
    Status.EXIT,
    Status.DONE,
)
_WAITING = frozenset((Status.PEND, Status.PSUSP, Status.WAIT))


class Element(msgspec.Struct, frozen=True, kw_only=True):
    """One line: a job, or one element of an array. Missing values are None; `word` is LSF's, known to us or not."""

    lsf_id: str
    index: int | None
    word: str
    queue: str | None = None
    host: str | None = None
    exit_code: int | None = None
    exit_reason: str | None = None
    folder: str | None = None
    output_file: str | None = None
    usage: Usage = NOT_TOLD


def unknown_words(elements: Iterable[Element]) -> set[str]:
    """Status words that we have no meaning for."""
    return {element.word for element in elements} - WORDS.keys()


def records(elements: Iterable[Element]) -> dict[str, Record]:
    """One record for each id: of an array the liveliest element, then one that failed, then done.

    An id with an element in an unknown state has no record: no news.
    """
    by_id: dict[str, list[Element]] = {}
    for element in elements:
        by_id.setdefault(element.lsf_id, []).append(element)
    return {lsf_id: _record(group) for lsf_id, group in by_id.items() if all(one.word in WORDS for one in group)}


def _record(group: list[Element]) -> Record:
    if len(group) == 1 and group[0].index is None:
        return record(group[0])
    return replace(
        record(min(group, key=_rank)), elements=dict(Counter(WORDS[element.word].value for element in group))
    )


def _rank(element: Element) -> tuple[int, int]:
    return _LIVELIEST_FIRST.index(WORDS[element.word]), element.index or 0


@lru_cache(maxsize=REMEMBERED)
def record(element: Element) -> Record:
    """What an element tells; its word must be known. Exit code and reason belong to EXIT."""
    status = WORDS[element.word]
    reason = POST_FAILED if element.word in ("PERR", "POST_ERR") else None
    return Record(
        status=status,
        exit_code=element.exit_code if status is Status.EXIT else 0 if status is Status.DONE else None,
        reason=reason_of(element.exit_code, element.exit_reason) if status is Status.EXIT else reason,
        queue=element.queue,
        host=None if status in _WAITING else element.host,
        log_file=log_path(element.output_file, element.lsf_id, element.index, element.folder),
        usage=element.usage,
    )


def log_path(output_file: str | None, lsf_id: str, index: int | None, folder: str | None) -> str | None:
    """`%J` and `%I` expanded; a folder (`.../`) holds ID.out; relative to `folder` where that is known."""
    if not output_file or "\0" in output_file:
        return None
    path = output_file.replace("%J", lsf_id).replace("%I", str(index or 0))
    if path.endswith("/"):
        path = f"{path}{lsf_id}.out"
    return path if path.startswith(("/", "$HOME")) or not folder else f"{folder.rstrip('/')}/{path}"
