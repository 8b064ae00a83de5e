"""The bad days of `faults.json` that the whole farm suffers, as the daemon sees them: what is said of which job."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lsf_agent.embedded.dialect import Dialect
from lsf_agent.embedded.faults import FILE
from lsf_agent.embedded.jobs import Job
from lsf_agent.embedded.naming import named


@dataclass(frozen=True, kw_only=True)
class Standing:
    """See the package. Jobs are given by id, by id and element, or by a name, in which `*` stands for any text."""

    blind: float = 0.0
    dialect: Dialect = Dialect.LSF10
    forgotten: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    archived: tuple[str, ...] = ()
    omitted: tuple[str, ...] = ()
    away: tuple[str, ...] = ()
    queues: Mapping[str, str] = field(default_factory=dict)
    kills: Mapping[str, str] = field(default_factory=dict)

    def kill_reason(self, job: Job) -> str | None:
        """Why LSF itself ends this job, if it does."""
        return next((reason for pattern, reason in self.kills.items() if covers((pattern,), job)), None)


def read(directory: Path) -> Standing:
    """As it is now; whatever is missing or wrong there is no fault."""
    try:
        told = json.loads((directory / FILE).read_bytes())
    except (OSError, ValueError):
        return Standing()
    if not isinstance(told, dict):
        return Standing()
    blind, dialect = told.get("blind"), told.get("dialect")
    return Standing(
        blind=blind if isinstance(blind, int | float) else 0.0,
        dialect=Dialect(dialect) if dialect in set(Dialect) else Dialect.LSF10,
        forgotten=_patterns(told.get("forgotten")),
        lost=_patterns(told.get("lost")),
        archived=_patterns(told.get("archived")),
        omitted=_patterns(told.get("omitted")),
        away=_patterns(told.get("away")),
        queues=_texts(told.get("queues")),
        kills=_texts(told.get("kills")),
    )


def _patterns(told: Any) -> tuple[str, ...]:
    return tuple(map(str, told)) if isinstance(told, list) else ()


def _texts(told: Any) -> dict[str, str]:
    return {str(key): str(text) for key, text in told.items()} if isinstance(told, dict) else {}


def covers(patterns: tuple[str, ...], job: Job) -> bool:
    """Whether a job is meant."""
    return any(pattern in (str(job.id), job.label) or named(pattern)(job) for pattern in patterns)
