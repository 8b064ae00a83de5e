"""The journal: every event as a line of JSON, on disk before anybody is told. Killing the daemon loses nothing."""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from lsf_agent.embedded.events import (
    Ended,
    Event,
    Killed,
    Requeued,
    Resumed,
    Returned,
    Started,
    Submission,
    Submitted,
    Suspended,
    Vanished,
)
from lsf_agent.embedded.jobs import Book

FILE = "events.jsonl"

WORDS: dict[str, type[Event]] = {
    "submit": Submitted,
    "start": Started,
    "end": Ended,
    "kill": Killed,
    "suspend": Suspended,
    "resume": Resumed,
    "vanish": Vanished,
    "return": Returned,
    "requeue": Requeued,
}


class Journal:
    """The open journal of the one daemon of a directory."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        whole = path.read_bytes().rfind(b"\n") + 1
        os.ftruncate(self._file, whole)
        self._size = whole

    def append(self, event: Event) -> None:
        """Returns when the event is on disk. Raises OSError (a full disk), and then the event is not in the journal."""
        line = (encode(event) + "\n").encode()
        try:
            written = 0
            while written < len(line):
                written += os.pwrite(self._file, line[written:], self._size + written)
            os.fsync(self._file)
        except OSError:
            os.ftruncate(self._file, self._size)
            raise
        self._size += len(line)


def events(path: Path) -> Iterator[Event]:
    """All events; a last line that was cut off by a crash does not count, nor does a missing file."""
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return
    for line in lines[:-1]:
        yield decode(line)


def book(path: Path) -> Book:
    """The jobs as the journal tells them."""
    told = Book()
    for event in events(path):
        told.apply(event)
    return told


def encode(event: Event) -> str:
    """An event as one line of JSON."""
    word = next(word for word, kind in WORDS.items() if isinstance(event, kind))
    return json.dumps({"event": word, **asdict(event)}, default=datetime.isoformat)


def decode(line: bytes | str) -> Event:
    """An event from its line; raises ValueError, KeyError or TypeError for anything else."""
    told: dict[str, Any] = json.loads(line)
    kind = WORDS[told.pop("event")]
    told["at"] = datetime.fromisoformat(told["at"])
    if kind is Submitted:
        told["submission"] = _submission(told["submission"])
    if kind is Killed:
        told["signals"] = tuple(told["signals"])
    return kind(**told)


def _submission(told: dict[str, Any]) -> Submission:
    begin_at = told["begin_at"]
    told["begin_at"] = None if begin_at is None else datetime.fromisoformat(begin_at)
    told["indices"] = tuple(told["indices"])
    return Submission(**told)


def history(path: Path) -> Iterator[dict[str, Any]]:
    """Every event with what its job is, for people and as a witness for tests. `exit` is None before the end."""
    told = Book()
    for event in events(path):
        told.apply(event)
        submission = told.of(event.id)[0].submission
        yield {
            "event": next(word for word, kind in WORDS.items() if isinstance(event, kind)),
            "id": event.id,
            "index": 0 if isinstance(event, Submitted) else event.index,
            "at": event.at.isoformat(),
            "command": submission.command,
            "job_name": submission.job_name,
            "queue": submission.queue,
            "cwd": submission.cwd,
            "user": submission.user,
            "indices": list(submission.indices),
            "exit": event.exit if isinstance(event, Ended) else None,
            "reason": event.reason if isinstance(event, Ended | Killed) else None,
            "signals": list(event.signals) if isinstance(event, Killed) else [],
        }
