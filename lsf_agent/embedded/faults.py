"""The bad days that `faults.json` orders, as one command meets them. Quick imports only.

Rules that hold a number of times are counted in `faults.counts`, under a lock, for all commands together. Writing
`faults.json` anew begins the counts anew.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from lsf_agent.embedded.printing import read_json

FILE = "faults.json"
COUNTS = "faults.counts"
ALWAYS = -1
"""Of `unanswered`: the daemon never answers."""


class Fault(NamedTuple):
    """What one command suffers; see the package."""

    delay: float = 0
    late: float = 0
    hang: bool = False
    silent: bool = False
    refuse: str | None = None
    unanswered: int = 0
    limited: int = 0
    jobs: int = 1
    answer: str | None = None
    out: str = ""
    err: str = ""
    swap: bool = False
    code: int | None = None


def suffered(directory: Path, command: str, words: Sequence[str]) -> Fault:
    """What this call suffers, and counts it."""
    told = read_json(directory / FILE)
    met = standing(told, command)
    rules = told.get("rules")
    if isinstance(rules, list) and any(concerns(rule, command, words) for rule in rules):
        met |= _counted(directory, command, words)
    return fault(met)


def standing(told: Mapping[str, Any], command: str) -> dict[str, Any]:
    """What holds for every call of a command."""
    met = {name: told[name] for name in ("delay", "late") if name in told}
    met |= {name: True for name in ("hang", "silent") if command in told.get(name, ())}
    refused = told.get("refuse", {})
    return met | ({"refuse": refused[command]} if command in refused else {})


def concerns(rule: Any, command: str, words: Sequence[str]) -> bool:
    """Whether a rule speaks of this call."""
    if not isinstance(rule, dict):
        return False
    named = rule.get("command", command)
    beginning = str(rule.get("with", ""))
    return command in ([named] if isinstance(named, str) else named) and (
        not beginning or any(word.startswith(beginning) for word in words)
    )


def fault(met: Mapping[str, Any]) -> Fault:
    """Unknown keys count for nothing."""
    known = {name: value for name, value in met.items() if name in Fault._fields}
    if known.get("unanswered") is True:
        known["unanswered"] = ALWAYS
    return Fault(**known)


def _counted(directory: Path, command: str, words: Sequence[str]) -> dict[str, Any]:
    """The first rule that still holds for this call."""
    with _locked(directory / COUNTS) as descriptor:
        rules = read_json(directory / FILE).get("rules", [])
        version = (directory / FILE).stat()
        mark = [version.st_mtime_ns, version.st_size, version.st_ino]
        stored = json.loads(os.pread(descriptor, 1 << 20, 0) or b"{}")
        met = stored.get("met", {}) if stored.get("mark") == mark else {}
        for at, rule in enumerate(rules):
            if not concerns(rule, command, words):
                continue
            before = met.get(str(at), 0)
            first = rule.get("skip", 0)
            if "times" in rule and before >= first + rule["times"]:
                continue
            met[str(at)] = before + 1
            if before < first:
                continue
            break
        else:
            rule = {}
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps({"mark": mark, "met": met}).encode(), 0)
    return dict(rule)


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)
