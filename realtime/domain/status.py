"""The words a job's state is told in. They are the public contract: page, API and websocket use them as they are."""

from enum import StrEnum


class Status(StrEnum):
    """State of a job (or of one LSF job of it)."""

    REQUEST_SENT = "Request Sent"
    PERSISTED = "Persisted"
    LSF_SLOW = "LSF_Slow"
    SUBMIT_FAILED = "Submit failed"
    PEND = "PEND"
    PSUSP = "PSUSP"
    WAIT = "WAIT"
    PROV = "PROV"
    RUN = "RUN"
    USUSP = "USUSP"
    SSUSP = "SSUSP"
    UNKWN = "UNKWN"
    ZOMBI = "ZOMBI"
    DONE = "DONE"
    EXIT = "EXIT"
    LOST = "LOST"

    @property
    def live(self) -> bool:
        """The job may still do something: every status but DONE, EXIT, LOST and Submit failed."""
        return self not in ENDED

    @property
    def before_lsf(self) -> bool:
        """LSF is not known to have the job."""
        return self in BEFORE_LSF

    @property
    def from_lsf(self) -> bool:
        """A word of LSF itself."""
        return self in FROM_LSF


BEFORE_LSF = frozenset({Status.REQUEST_SENT, Status.PERSISTED, Status.LSF_SLOW})
WAITING = frozenset({Status.PEND, Status.PSUSP, Status.WAIT, Status.PROV})
PENDING = BEFORE_LSF | WAITING
ENDED = frozenset({Status.DONE, Status.EXIT, Status.LOST, Status.SUBMIT_FAILED})
LIVE = frozenset(Status) - ENDED
FAILED = ENDED - {Status.DONE}
FROM_LSF = frozenset(Status) - BEFORE_LSF - {Status.SUBMIT_FAILED, Status.LOST}
