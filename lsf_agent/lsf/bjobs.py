"""`bjobs` for many jobs: its formats, and pure parsers that read the same facts out of each of them."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import Any

import msgspec

from lsf_agent.lsf.elements import REMEMBERED, WORDS, Element
from lsf_agent.lsf.usage import run_limit, seconds, size
from lsf_agent.scheduler import Usage

BASE_FIELDS = ("jobid", "stat", "queue", "exec_host")
TEXTS = ("exit_reason", "sub_cwd", "output_file")
"""They may hold anything, and come last."""
ENDS_FIELDS = (*BASE_FIELDS, "exit_code", *TEXTS)
USAGE_FIELDS = (*BASE_FIELDS, "exit_code", "cpu_used", "max_mem", "memlimit", *TEXTS)
ALL_FIELDS = (*BASE_FIELDS, "exit_code", "cpu_used", "max_mem", "memlimit", "runtimelimit", *TEXTS)
DELIMITER = "^"
ENDED = frozenset(word for word, status in WORDS.items() if not status.live)
Value = str | int | None

_ID = re.compile(r"([1-9]\d{0,18})(?:\[(\d+)\])?")
_WORD = re.compile(r"[A-Z][A-Z_]{2,9}")
_CODE = re.compile(r"[0-9]{1,9}")
_BAD_FIELD = re.compile(r"<([A-Za-z_]+)> in the format string is not a valid field name")
_BAD_OPTION = re.compile(r"\b(?:illegal|invalid|unrecognized|unknown) option", re.IGNORECASE)
_NOT_FOUND = re.compile(r"^Job <([1-9]\d{0,18})(?:\[\d+\])?> is not found", re.MULTILINE)
_NOT_FOUND_JSON = re.compile(r'"ERROR":\s*"Job <([1-9]\d{0,18})> is not found')


@dataclass(frozen=True, kw_only=True)
class Format:
    """One way to ask. Newer ones tell more; which of them an LSF understands is found by asking."""

    name: str
    options: tuple[str, ...]
    fields: tuple[str, ...]

    @property
    def kind(self) -> str:
        return self.name.partition(",")[0]

    @property
    def thorough(self) -> bool:
        """Whether it tells exit codes and log files."""
        return "exit_code" in self.fields

    def parse(self, text: str) -> list[Element] | None:
        """The elements in the output; None when it is not in this format at all."""
        if self.name.startswith("json"):
            return parse_json(text)
        if self.name.startswith("delimited"):
            return parse_delimited(text, self.fields)
        return parse_wide(text)

    def shown_by(self, parsed: list[Element] | None) -> bool:
        """Whether an answer proves that LSF understood: with `-json` even a complaint is an object."""
        return parsed is not None or not self.name.startswith("json")


def _json(name: str, fields: tuple[str, ...]) -> Format:
    return Format(name=name, options=("-o", " ".join(fields), "-json"), fields=fields)


def _delimited(name: str, fields: tuple[str, ...]) -> Format:
    wanted = f"{' '.join(fields)} delimiter='{DELIMITER}'"
    return Format(name=name, options=("-noheader", "-o", wanted), fields=fields)


FORMATS = (
    _json("json", ALL_FIELDS),
    _json("json, no run limits", USAGE_FIELDS),
    _json("json, no usage", ENDS_FIELDS),
    _json("json, few fields", BASE_FIELDS),
    _delimited("delimited", ALL_FIELDS),
    _delimited("delimited, no run limits", USAGE_FIELDS),
    _delimited("delimited, no usage", ENDS_FIELDS),
    _delimited("delimited, few fields", BASE_FIELDS),
    Format(name="wide", options=("-w",), fields=BASE_FIELDS),
)
"""Best first. An LSF refuses the whole command for one field that it does not have: LSF 9 has no run limits, the open
descendants have few fields at all."""


def ruled_out(form: Format, said: str) -> set[Format]:
    """The formats that LSF will not understand either, from what it said of this one: those with the field that it does
    not know, or, when it does not know an option, all of the kind."""
    if unknown := {field.lower() for field in _BAD_FIELD.findall(said)}:
        return {other for other in FORMATS if unknown & set(other.fields)}
    if _BAD_OPTION.search(said):
        return {other for other in FORMATS if other.kind == form.kind}
    return set()


def arguments(form: Format, ids: Sequence[str]) -> tuple[str, ...]:
    """`-a` because without it a finished job may be called unknown."""
    return ("bjobs", "-a", *form.options, *ids)


class _Row(msgspec.Struct, rename=str.upper, kw_only=True):
    """A record as LSF prints it; a number may come as text or as a number."""

    jobid: str | int | None = None
    stat: str | None = None
    queue: str | None = None
    exec_host: str | None = None
    exit_code: str | int | None = None
    cpu_used: str | int | None = None
    max_mem: str | int | None = None
    memlimit: str | int | None = None
    runtimelimit: str | int | None = None
    exit_reason: str | None = None
    sub_cwd: str | None = None
    output_file: str | None = None
    error: str | None = None


class _Answer(msgspec.Struct, rename=str.upper):
    records: list[_Row]


_ANSWER = msgspec.json.Decoder(_Answer)
_TOLD = attrgetter(*ALL_FIELDS)


def parse_json(text: str) -> list[Element] | None:
    """Whatever is printed around the object is passed over."""
    cut = text[text.find("{") : text.rfind("}") + 1]
    try:
        rows = _ANSWER.decode(cut.encode(errors="replace")).records
    except msgspec.MsgspecError:
        return _parse_odd_json(cut)
    if any(row.jobid is None for row in rows):
        return _parse_odd_json(cut)
    return [element for row in rows if row.error is None and (element := _told(*_TOLD(row)))]


def _parse_odd_json(text: str) -> list[Element] | None:
    """Records of other shapes than the known one: each that can be read counts."""
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        return None
    records = answer.get("RECORDS") if isinstance(answer, dict) else None
    if not isinstance(records, list):
        return None
    rows = ({str(key).lower(): value for key, value in row.items()} for row in records if isinstance(row, dict))
    return [element for row in rows if "error" not in row and (element := _element_of(row))]


def parse_delimited(text: str, fields: Sequence[str]) -> list[Element] | None:
    """Lines that do not have exactly these fields are passed over."""
    split = (line.split(DELIMITER, len(fields) - 1) for line in text.splitlines())
    rows = [dict(zip(fields, values, strict=True)) for values in split if len(values) == len(fields)]
    return [element for row in rows if (element := _element_of(row))]


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
        if element := _element_of(row):
            index = re.match(r"\S*\[(\d+)\]\s", f"{words[-1]} ") if element.index is None else None
            elements.append(_with_index(element, int(index[1])) if index else element)
    return elements


def _with_index(element: Element, index: int) -> Element:
    return msgspec.structs.replace(element, index=index)


def _element_of(row: dict[str, Any]) -> Element | None:
    return _told(*(_value(row.get(name)) for name in ALL_FIELDS))


def _value(value: object) -> Value:
    return value if isinstance(value, str | int) and not isinstance(value, bool) else None


def _told(
    jobid: Value, stat: Value, queue: Value, host: Value, code: Value, cpu: Value, peak: Value, *rest: Value
) -> Element | None:
    """What a job took grows as long as it lives, and is looked at at its end alone."""
    over = stat in ENDED
    return _element(jobid, stat, queue, host, code, cpu if over else None, peak if over else None, *rest)


@lru_cache(maxsize=REMEMBERED)
def _element(
    jobid: Value,
    stat: Value,
    queue: Value = None,
    exec_host: Value = None,
    exit_code: Value = None,
    cpu_used: Value = None,
    max_mem: Value = None,
    memlimit: Value = None,
    runtimelimit: Value = None,
    exit_reason: Value = None,
    sub_cwd: Value = None,
    output_file: Value = None,
) -> Element | None:
    found = _ID.fullmatch(_text(jobid) or "")
    word = _text(stat) or ""
    if found is None or not _WORD.fullmatch(word):
        return None
    code = _text(exit_code)
    return Element(
        lsf_id=found[1],
        index=int(found[2]) if found[2] else None,
        word=word,
        queue=_text(queue),
        host=_text(exec_host),
        exit_code=int(code) if code and _CODE.fullmatch(code) else None,
        exit_reason=_text(exit_reason),
        folder=_text(sub_cwd),
        output_file=_text(output_file),
        usage=Usage(
            max_memory=size(_text(max_mem)),
            memory_limit=size(_text(memlimit)),
            run_limit=run_limit(_text(runtimelimit)),
            cpu_time=seconds(_text(cpu_used)),
        ),
    )


def _text(value: Value) -> str | None:
    stripped = str(value).strip() if value is not None else ""
    return stripped[:4096] if stripped not in ("", "-") else None


def not_found(text: str) -> set[str]:
    """Ids that LSF says it does not know; also inside the JSON form, whose records of them hold the same sentence."""
    if "is not found" not in text:
        return set()
    return set(_NOT_FOUND.findall(text)) | set(_NOT_FOUND_JSON.findall(text))
