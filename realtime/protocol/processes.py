"""What the processes of an installation tell each other about themselves."""

from realtime.protocol.wire import Shape, UtcTime


class ProcessReport(Shape, frozen=True, kw_only=True):
    """How one server process is; what is not said to be of now counts since its start."""

    id: str
    """unique"""
    name: str
    """in practice a number; the successor of a process has the same"""
    started_at: UtcTime
    websockets: int
    """open now"""
    websockets_refused: int
    """for want of room"""
    websockets_ended: dict[int, int]
    """by close code"""
    subscribers: int
    """of now"""
    scopes: int
    """of now"""
    passes: int
    frames: int
    rows: int
    fell_behind: int
    gaps: int
    store_reads: int
    bus_connected: bool
    """now"""
    bus_gaps: int
    bus_dropped: int
    bus_waiting: int
    """bytes that wait now to be sent to other processes"""
