"""Whether LSF answers, from what its commands meet. Pure but for the times, which are given."""

from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Standing:
    """`answered_at`: of the last answer; `silent_since`, `problem`: of the questions without one since then."""

    answered_at: datetime | None = None
    silent_since: datetime | None = None
    problem: str | None = None

    def answered(self, now: datetime) -> "Standing":
        return Standing(answered_at=now)

    def silent(self, now: datetime, problem: str) -> "Standing":
        return replace(self, silent_since=self.silent_since or now, problem=problem)
