"""An experiment in numbers."""

from realtime.protocol.wire import Shape


class HashOverview(Shape, frozen=True, kw_only=True):
    """How one hash fares. The medians are over its last good jobs, in seconds; null without any."""

    id: int
    name: str
    archived: bool
    current: dict[str, int]
    """status -> number of current jobs in it: the newest of each run, and every live one"""
    missing: int
    """runs without a job of it"""
    median_wait: float | None
    """from the request to the start"""
    median_run: float | None


class Overview(Shape, frozen=True, kw_only=True):
    """An experiment at the position (epoch, seq)."""

    epoch: str
    seq: int
    runs: int
    processed: int
    """runs with a current job that is DONE"""
    hashes: list[HashOverview]
