"""Words and forms that several commands share: names of the cluster, reasons, times."""

from datetime import datetime

CLUSTER = "batchboard"
DEFAULT_QUEUE = "normal"
QUEUES = ("psdebugq", DEFAULT_QUEUE)

NOT_SUBMITTED = "Job not submitted."

OWNER = "TERM_OWNER: job killed by owner"
ADMIN = "TERM_ADMIN: job killed by root or LSF administrator"
FORCED = "TERM_FORCE_OWNER: job killed by owner without time for cleanup"
REQUEUED = "TERM_REQUEUE_OWNER: job killed and requeued by owner"
RUN_LIMIT = "TERM_RUNLIMIT: job killed after reaching LSF run time limit"
MEMORY_LIMIT = "TERM_MEMLIMIT: job killed after reaching LSF memory usage limit"
OUTSIDE = "TERM_EXTERNAL_SIGNAL: job killed by a signal external to LSF"
UNSEEN = "TERM_UNKNOWN: the end of the job was not seen"
NOT_RUN = "TERM_OTHER: the job could not be started"


def short_time(at: datetime) -> str:
    """`Nov 22 08:07`, local time."""
    return f"{at.astimezone():%b %e %H:%M}"


def long_time(at: datetime) -> str:
    """`Sun Nov 22 08:07:30`, local time."""
    return f"{at.astimezone():%a %b %e %H:%M:%S}"


def full_time(at: datetime) -> str:
    """`Sun Nov 22 08:07:30 2026`, local time."""
    return f"{at.astimezone():%a %b %e %H:%M:%S %Y}"


def shown_memory(size: int) -> str:
    """`9 Mbytes`, `7.9 Gbytes`."""
    return f"{size / 2**30:.1f} Gbytes" if size >= 2**30 else f"{max(1, round(size / 2**20))} Mbytes"


def shown_limit(size: int) -> str:
    """`80 M`, `7.5 G`, in the largest unit that it fills."""
    unit, power = next(((unit, power) for unit, power in (("G", 30), ("M", 20)) if size >= 2**power), ("K", 10))
    return f"{round(size / 2**power, 1):g} {unit}"


def one_line(command: str) -> str:
    """A command as bjobs shows it: new lines become semicolons."""
    return command.rstrip("\n").replace("\n", ";")
