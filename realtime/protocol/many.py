"""Bodies and answers of the calls that concern many jobs at once."""

from typing import Annotated

import msgspec

from realtime.protocol.api import SkippedRun
from realtime.protocol.wire import Shape, Strict


class ApplyPreview(Shape, frozen=True, kw_only=True):
    """What applying would do: a job on each of `runs`."""

    runs: list[int]
    skipped: list[SkippedRun]


class ManyJobs(Strict, frozen=True, kw_only=True):
    """Either `jobs` (ids), or `runs` (12, `1-20,25` or `all`), there of one `definition` (name or id) or of any.

    With `preview` nothing is done.
    """

    jobs: Annotated[list[str], msgspec.Meta(max_length=5000)] | None = None
    runs: int | str | None = None
    definition: str | int | None = None
    preview: bool = False


class ChosenJob(Shape, frozen=True, kw_only=True):
    """A job that it is done to; `status`: after it, of a deleted one the last."""

    id: str
    run: int
    hash: str
    status: str


class SkippedJob(Shape, frozen=True, kw_only=True):
    """A job that was left out; `run` and `hash` are null when there is none with this id."""

    job: str
    run: int | None
    hash: str | None
    reason: str


class ManyDone(Shape, frozen=True, kw_only=True):
    """What became of each job, or with `preview` would."""

    jobs: list[ChosenJob]
    skipped: list[SkippedJob]
