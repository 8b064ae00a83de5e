"""The farm's queues, from `bqueues`. Pure."""

from realtime.protocol.rows import Queue

MOST = 100
NAME, STATUS = "QUEUE_NAME", "STATUS"
NUMBERS = ("PEND", "RUN", "SUSP")
NAME_LIMIT = 200


def parse(text: str) -> list[Queue] | None:
    """In LSF's order; of more than MOST queues those with the most jobs. None: not the table of bqueues.

    Columns are found by their headings, as newer LSFs have more of them. Whatever is printed before is passed over.
    """
    lines = [line.split() for line in text.splitlines()]
    at = next((number for number, words in enumerate(lines) if words[:1] == [NAME]), None)
    if at is None or not {STATUS, *NUMBERS} <= set(lines[at]):
        return None
    columns = lines[at]
    rows = (dict(zip(columns, words, strict=True)) for words in lines[at + 1 :] if len(words) == len(columns))
    queues = [queue for row in rows if (queue := _queue(row)) is not None]
    if len(queues) <= MOST:
        return queues
    busiest = sorted(queues, key=lambda queue: -(queue.pending + queue.running + queue.suspended))[:MOST]
    chosen = {queue.name for queue in busiest}
    return [queue for queue in queues if queue.name in chosen]


def _queue(row: dict[str, str]) -> Queue | None:
    """None for a line that is no queue. A dash is no job."""
    numbers = [0 if row[name] == "-" else int(row[name]) if row[name].isdecimal() else None for name in NUMBERS]
    pending, running, suspended = numbers
    if pending is None or running is None or suspended is None:
        return None
    return Queue(
        name=row[NAME][:NAME_LIMIT],
        status=row[STATUS][:NAME_LIMIT],
        pending=pending,
        running=running,
        suspended=suspended,
    )
