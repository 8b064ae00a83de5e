"""What is known of an LSF job, from what was told before and what is told now. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from lsf_agent.scheduler import Detail, Record, Usage
from realtime.domain.status import Status

ELEMENT_FAILED = "an element of the array failed"


def merged(old: Record | None, new: Record) -> Record:
    """A value that is not told this time has not gone; exit code and reason belong to their status."""
    if old is None or old == new:
        return new
    elements = _elements(old.elements, new.elements)
    failed = new.status is Status.DONE and Status.EXIT.value in elements
    status = Status.EXIT if failed else new.status
    same = old.status is status
    return replace(
        new,
        status=status,
        queue=new.queue or old.queue,
        host=new.host or (old.host if not _waiting(new) else None),
        log_file=new.log_file or old.log_file,
        exit_code=None if failed else old.exit_code if same and new.exit_code is None else new.exit_code,
        reason=ELEMENT_FAILED if failed else new.reason or (old.reason if same else None),
        elements=elements,
        usage=_of(status, new.usage.over(old.usage)),
    )


def _elements(old: Mapping[str, int], new: Mapping[str, int]) -> Mapping[str, int]:
    """LSF forgets the elements of an array one by one: those that are not listed any more have ended as they did."""
    gone = sum(old.values()) - sum(new.values())
    if gone <= 0:
        return new
    exits, dones = old.get(Status.EXIT.value, 0), old.get(Status.DONE.value, 0)
    failed = min(gone, max(0, exits - new.get(Status.EXIT.value, 0)))
    done = min(gone - failed, dones)
    failed = min(gone - done, exits)
    kept = Counter(new)
    kept.update({Status.EXIT.value: failed, Status.DONE.value: done})
    return dict(+kept)


def detailed(told: Record, detail: Detail) -> Record:
    """With what the long description adds; exit code and reason only to an EXIT."""
    exited = told.status is Status.EXIT
    return replace(
        told,
        log_file=told.log_file or detail.log_file,
        exit_code=detail.exit_code if exited else told.exit_code,
        reason=detail.reason if exited else told.reason,
        usage=_of(told.status, detail.usage.over(told.usage)),
    )


def _of(status: Status, usage: Usage) -> Usage:
    """What a job took is of its end alone: it grows until then, and one that is requeued begins anew."""
    return usage.limits if status.live else usage


def _waiting(record: Record) -> bool:
    return record.status in (Status.PEND, Status.PSUSP, Status.WAIT)
