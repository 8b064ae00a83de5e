"""How people name jobs: ids, elements of arrays, and names with `*`. Pure."""

import re
from collections.abc import Callable

from lsf_agent.embedded.jobs import Job

ID = re.compile(r"([0-9]{1,18})(?:\[([0-9][0-9,:-]*)\])?")


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
