"""Dependency conditions, `bsub -w`: done(ID), ended(ID), exit(ID) and started(ID), joined by &&."""

import re
from enum import Enum

from lsf_agent.embedded.jobs import FINISHED, STARTED, Book, Job, Status

TERM = re.compile(r"(done|ended|exit|started)\(\s*([0-9]+)\s*\)|([0-9]+)")


class Readiness(Enum):
    """What a condition says now."""

    MET = "met"
    OPEN = "open"
    NEVER = "never"


def parse(condition: str) -> list[tuple[str, int]] | None:
    """The kinds and ids; None when it is something else. A bare id means done."""
    terms: list[tuple[str, int]] = []
    for part in condition.split("&&"):
        match = TERM.fullmatch(part.strip())
        if match is None:
            return None
        terms.append((match[1] or "done", int(match[2] or match[3])))
    return terms


def readiness(condition: str, book: Book) -> Readiness:
    """Whether a job with this condition may start."""
    if not condition:
        return Readiness.MET
    verdicts = {_verdict(kind, job) for kind, job_id in parse(condition) or [] for job in book.of(job_id)}
    if Readiness.NEVER in verdicts:
        return Readiness.NEVER
    return Readiness.OPEN if Readiness.OPEN in verdicts else Readiness.MET


def _verdict(kind: str, job: Job) -> Readiness:
    wanted = {
        "done": {Status.DONE},
        "exit": {Status.EXIT},
        "ended": FINISHED,
        "started": STARTED | FINISHED,
    }[kind]
    if job.status in wanted:
        return Readiness.MET
    return Readiness.NEVER if job.finished else Readiness.OPEN
