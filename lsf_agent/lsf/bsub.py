"""The LSF IDs that a submit script prints."""

import re

SUBMITTED = r"^(?:Job <([1-9]\d{0,18})> is submitted to .*queue|Submitted batch job ([1-9]\d{0,18})\s)"
"""A line that tells an id. Never `the first number`: sites print numbers before it. Id 0 would mean all jobs."""

_SUBMITTED = re.compile(SUBMITTED, re.MULTILINE)


def ids_in(text: str) -> list[str]:
    """Ids in the order printed, each once. The second form counts only when something follows its last digit."""
    return list(dict.fromkeys(lsf or slurm for lsf, slurm in _SUBMITTED.findall(text)))
