"""`bjobs` for many jobs: its formats, and pure parsers that read the same facts out of each of them."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from lsf_agent.lsf.reasons import reason_of
from lsf_agent.scheduler import Record
from realtime.domain.status import Status

BASE_FIELDS = ("jobid", "stat", "queue", "exec_host")
ALL_FIELDS = (*BASE_FIELDS, "exit_code", "exit_reason", "sub_cwd", "output_file")
"""Fields that may hold any text come last."""
DELIMITER = "^"

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
_ID = re.compile(r"([1-9]\d{0,18})(?:\[(\d+)\])?")
_WORD = re.compile(r"[A-Z][A-Z_]{2,9}")
_NOT_FOUND = re.compile(r"^Job <([1-9]\d{0,18})(?:\[\d+\])?> is not found", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Element:
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


@dataclass(frozen=True, kw_only=True)
class Format:
    """One way to ask. Newer ones tell more; which of them an LSF understands is found by asking."""

    name: str
    options: tuple[str, ...]
    fields: tuple[str, ...]

    @property
    def thorough(self) -> bool:
        return self.fields == ALL_FIELDS

    def parse(self, text: str) -> list[Element] | None:
        """The elements in the output; None when it is not in this format at all."""
        if self.name.startswith("json"):
            return parse_json(text)
        if self.name.startswith("delimited"):
            return parse_delimited(text, self.fields)
        return parse_wide(text)


def _json(name: str, fields: tuple[str, ...]) -> Format:
    return Format(name=name, options=("-o", " ".join(fields), "-json"), fields=fields)


def _delimited(name: str, fields: tuple[str, ...]) -> Format:
    wanted = f"{' '.join(fields)} delimiter='{DELIMITER}'"
    return Format(name=name, options=("-noheader", "-o", wanted), fields=fields)


FORMATS = (
    _json("json", ALL_FIELDS),
    _json("json, few fields", BASE_FIELDS),
    _delimited("delimited", ALL_FIELDS),
    _delimited("delimited, few fields", BASE_FIELDS),
    Format(name="wide", options=("-w",), fields=BASE_FIELDS),
)
"""Best first. Few fields: open descendants of LSF refuse the whole command for one field they do not have."""


def arguments(form: Format, ids: Sequence[str]) -> tuple[str, ...]:
    """`-a` because without it a finished job may be called unknown."""
    return ("bjobs", "-a", *form.options, *ids)


def parse_json(text: str) -> list[Element] | None:
    """Whatever is printed around the object is passed over."""
    try:
        answer = json.loads(text[text.find("{") : text.rfind("}") + 1])
    except (ValueError, RecursionError):
        return None
    records = answer.get("RECORDS") if isinstance(answer, dict) else None
    if not isinstance(records, list):
        return None
    rows = ({str(key).lower(): value for key, value in row.items()} for row in records if isinstance(row, dict))
    return [element for row in rows if "error" not in row and (element := _element(row))]


def parse_delimited(text: str, fields: Sequence[str]) -> list[Element] | None:
    """Lines that do not have exactly these fields are passed over."""
    split = (line.split(DELIMITER, len(fields) - 1) for line in text.splitlines())
    rows = [dict(zip(fields, values, strict=True)) for values in split if len(values) == len(fields)]
    return [element for row in rows if (element := _element(row))]


def parse_wide(text: str) -> list[Element] | None:
    """Only the first columns are read: names hold blanks. Lines before the heading are passed over."""
    lines = text.splitlines()
    heading = next((at for at, line in enumerate(lines) if line.split()[:3] == ["JOBID", "USER", "STAT"]), None)
    if heading is None:
        return None
    elements = []
    for line in lines[heading + 1 :]:
        words = line.split(maxsplit=6)
        if len(words) < 6:
            continue
        row = dict(zip(("jobid", "user", "stat", "queue", "from_host", "exec_host"), words, strict=False))
        if element := _element(row):
            index = re.match(r"\S*\[(\d+)\]\s", f"{words[-1]} ") if element.index is None else None
            elements.append(_with_index(element, int(index[1])) if index else element)
    return elements


def _with_index(element: Element, index: int) -> Element:
    return Element(lsf_id=element.lsf_id, index=index, word=element.word, queue=element.queue, host=element.host)


def _element(row: dict[str, Any]) -> Element | None:
    found = _ID.fullmatch(_text(row, "jobid") or "")
    word = _text(row, "stat") or ""
    if found is None or not _WORD.fullmatch(word):
        return None
    exit_code = _text(row, "exit_code") or ""
    return Element(
        lsf_id=found[1],
        index=int(found[2]) if found[2] else None,
        word=word,
        queue=_text(row, "queue"),
        host=_text(row, "exec_host"),
        exit_code=int(exit_code) if re.fullmatch(r"\d{1,9}", exit_code) else None,
        exit_reason=_text(row, "exit_reason"),
        folder=_text(row, "sub_cwd"),
        output_file=_text(row, "output_file"),
    )


def _text(row: dict[str, Any], name: str) -> str | None:
    value = row.get(name)
    stripped = str(value).strip() if isinstance(value, str | int) else ""
    return stripped[:4096] if stripped not in ("", "-") else None


def not_found(text: str) -> set[str]:
    """Ids that LSF says it does not know; also inside the JSON form, whose records of them hold the same sentence."""
    return set(_NOT_FOUND.findall(text)) | set(re.findall(r'"ERROR":\s*"Job <([1-9]\d{0,18})> is not found', text))


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
    return {lsf_id: record(min(group, key=_rank)) for lsf_id, group in by_id.items() if not unknown_words(group)}


def _rank(element: Element) -> tuple[int, int]:
    return _LIVELIEST_FIRST.index(WORDS[element.word]), element.index or 0


def record(element: Element) -> Record:
    """What an element tells; its word must be known. Exit code and reason belong to EXIT."""
    status = WORDS[element.word]
    waiting = status in (Status.PEND, Status.PSUSP, Status.WAIT)
    reason = POST_FAILED if element.word in ("PERR", "POST_ERR") else None
    return Record(
        status=status,
        exit_code=element.exit_code if status is Status.EXIT else 0 if status is Status.DONE else None,
        reason=reason_of(element.exit_code, element.exit_reason) if status is Status.EXIT else reason,
        queue=element.queue,
        host=None if waiting else element.host,
        log_file=log_path(element.output_file, element.lsf_id, element.index, element.folder),
    )


def log_path(output_file: str | None, lsf_id: str, index: int | None, folder: str | None) -> str | None:
    """`%J` and `%I` expanded; a folder (`.../`) holds ID.out; relative to `folder` where that is known."""
    if not output_file or "\0" in output_file:
        return None
    path = output_file.replace("%J", lsf_id).replace("%I", str(index or 0))
    if path.endswith("/"):
        path = f"{path}{lsf_id}.out"
    return path if path.startswith(("/", "$HOME")) or not folder else f"{folder.rstrip('/')}/{path}"
