"""What a commit says to the rest of the house: the changed rows of each scope and the transitions recorded."""

from dataclasses import dataclass

SITE = "site"


def experiment_scope(name: str) -> str:
    """The scope of an experiment's runs, definitions, jobs and locations."""
    return f"experiment/{name}"


def experiment_of(scope: str) -> str | None:
    """The experiment's name, or None for the site."""
    return scope.removeprefix("experiment/") if scope != SITE else None


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A visible row in its newest state, encoded once; `raw` is None for one that was deleted."""

    key: str
    seq: int
    raw: bytes | None


@dataclass(frozen=True, kw_only=True)
class ScopeChange:
    """Everything that changed in a scope between two positions, each row once, in the order of seq."""

    scope: str
    start: int
    end: int
    entries: tuple[Entry, ...]


@dataclass(frozen=True, kw_only=True)
class Commit:
    """One transaction's news. `work`: locations whose agent has something to do."""

    changes: tuple[ScopeChange, ...]
    transitions: tuple[tuple[str, bytes], ...]
    """(experiment, encoded transition)"""
    work: frozenset[str]
