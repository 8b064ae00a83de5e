"""What the commands that look see of the jobs, and how they answer."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from lsf_agent.embedded.config import Config
from lsf_agent.embedded.jobs import FINISHED, STARTED, WAITING, Book, Job, Key
from lsf_agent.embedded.naming import ID, indices
from lsf_agent.embedded.options import RefusedError
from lsf_agent.embedded.standing import Standing, covers


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a command prints and its exit code."""

    out: str = ""
    err: str = ""
    code: int = 0


@dataclass(frozen=True, kw_only=True)
class View:
    """The jobs at one moment, on the day that it is."""

    book: Book
    now: datetime
    config: Config
    user: str
    host: str
    standing: Standing
    pid: Callable[[Key], int | None]
    """the process of a job that runs"""
    peak: Callable[[Key], int | None]
    """the most bytes that a job that runs has had"""

    def jobs(self) -> list[Job]:
        """What bjobs knows: until the clean period after its end is over, in the order of their ids."""
        return [job for job in self.book.jobs.values() if self.knows(job)]

    def knows(self, job: Job) -> bool:
        """Whether bjobs and the others know this job."""
        fault = self.standing
        if (self.now - job.submitted_at).total_seconds() < fault.blind:
            return False
        if covers(fault.forgotten + fault.lost, job):
            return False
        return job.ended_at is None or (self.now - job.ended_at).total_seconds() <= self.config.clean_period

    def find(self, word: str) -> list[Job]:
        """The jobs of an id, or of elements like `12[2]`; empty when it is not known. Raises RefusedError."""
        return [job for job in self.find_ever(word) if self.knows(job)]

    def memory(self, job: Job) -> int | None:
        """The most bytes that a job had, as far as they were measured."""
        return job.memory if job.finished or job.started_at is None else self.peak(job.key)

    def remembers(self, job: Job, all_files: bool) -> bool:
        """Whether bhist knows this job; the older ones only when it reads all its files."""
        return not covers(self.standing.lost, job) and (all_files or not covers(self.standing.archived, job))

    def find_ever(self, word: str) -> list[Job]:
        """As `find`, and also those that are forgotten."""
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


GROUPS = (STARTED, WAITING, FINISHED)


def listed(jobs: list[Job]) -> list[Job]:
    """In the order that bjobs lists them: running, waiting, ended."""
    return sorted(jobs, key=lambda job: (next(at for at, group in enumerate(GROUPS) if job.status in group), job.key))
