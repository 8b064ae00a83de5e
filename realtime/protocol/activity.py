"""Who did what in an experiment."""

from realtime.protocol.api import Page
from realtime.protocol.wire import Shape, UtcTime


class Deed(Shape, frozen=True, kw_only=True):
    """One request of a person or a program that changed something. `seq` is unique in the experiment and grows."""

    seq: int
    at: UtcTime
    by: str
    action: str
    """apply, kill, delete, cancel, resubmit, adopt, hash, run, comment, tags or experiment"""
    text: str
    """what was done, in words that follow `by`"""
    run: int | None
    """these three: where to look, when it was one"""
    job: str | None
    definition: int | None


class ActivityPage(Page[Deed], frozen=True, kw_only=True):
    """Newest first, go on with `before=next`; with `since` oldest first, go on with `since=next`, or from `seq` when
    `next` is null."""
