"""What the commands that look see of the jobs, and how they answer."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from lsf_agent.embedded.config import Config
from lsf_agent.embedded.jobs import Book, Job, Key, Status
from lsf_agent.embedded.options import RefusedError

ID = re.compile(r"([0-9]{1,18})(?:\[([0-9][0-9,:-]*)\])?")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a command prints and its exit code."""

    out: str = ""
    err: str = ""
    code: int = 0


@dataclass(frozen=True, kw_only=True)
class View:
    """The jobs at one moment. `blind`: seconds after bsub in which a job is not known yet (a fault)."""

    book: Book
    now: datetime
    config: Config
    user: str
    host: str
    blind: float
    pid: Callable[[Key], int | None]
    """the process of a job that runs"""

    def jobs(self) -> list[Job]:
        """What bjobs knows: until the clean period after its end is over, in the order of their ids."""
        return [job for job in self.book.jobs.values() if self.knows(job)]

    def knows(self, job: Job) -> bool:
        """Whether bjobs and the others know this job."""
        if (self.now - job.submitted_at).total_seconds() < self.blind:
            return False
        return job.ended_at is None or (self.now - job.ended_at).total_seconds() <= self.config.clean_period

    def find(self, word: str) -> list[Job]:
        """The jobs of an id, or of elements like `12[2]`; empty when it is not known. Raises RefusedError."""
        return [job for job in self.find_ever(word) if self.knows(job)]

    def find_ever(self, word: str) -> list[Job]:
        """As `find`, and also those that are forgotten by all but bhist."""
        match = ID.fullmatch(word)
        if match is None:
            raise RefusedError(f"{word}: Illegal job ID.")
        jobs = self.book.of(int(match[1]))
        if match[2] is None:
            return jobs
        wanted = indices(match[2])
        if wanted is None:
            raise RefusedError(f"{word}: Illegal job ID.")
        return [job for job in jobs if job.index and job.index in wanted]


def indices(spec: str) -> tuple[int, ...] | None:
    """`1-3`, `1,5` or `1-9:2` as numbers from 1 on, each once; None when it is something else."""
    chosen: dict[int, None] = {}
    for part in spec.split(","):
        match = re.fullmatch(r"([0-9]{1,6})(?:-([0-9]{1,6})(?::([0-9]{1,6}))?)?", part)
        if match is None:
            return None
        first, last, step = int(match[1]), int(match[2] or match[1]), int(match[3] or 1)
        if first < 1 or last < first or step < 1:
            return None
        chosen.update(dict.fromkeys(range(first, last + 1, step)))
    return tuple(chosen)


def named(pattern: str) -> Callable[[Job], bool]:
    """Jobs of a name, as -J takes it: `*` stands for any text; an array's elements answer to the array's name too."""
    shape = re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)
    return lambda job: bool(shape.fullmatch(job.name) or shape.fullmatch(job.submission.job_name))


ORDER = {Status.RUN: 0, Status.USUSP: 0, Status.PEND: 1, Status.PSUSP: 1, Status.DONE: 2, Status.EXIT: 2}


def listed(jobs: list[Job]) -> list[Job]:
    """In the order that bjobs lists them: running, waiting, ended."""
    return sorted(jobs, key=lambda job: (ORDER[job.status], job.key))
