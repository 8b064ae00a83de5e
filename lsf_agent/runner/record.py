"""The record of a submission from the runner's side: its standard input, a file of JSON lines that is only added to."""

import fcntl
import json
import os
import time
from datetime import UTC, datetime
from typing import Any

RECORD = 0
LOCK_TRIES = 20


def lock() -> bool:
    """Whether this is the one runner of the record. Held while any process has the descriptor that we were given;
    the agent's short looks at it are waited for, another runner is not."""
    for _ in range(LOCK_TRIES):
        try:
            fcntl.flock(RECORD, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.05)
        else:
            return True
    return False


def lines() -> list[dict[str, Any]]:
    """All whole lines; what a crash has torn is no line."""
    found = []
    for line in os.pread(RECORD, os.fstat(RECORD).st_size, 0).split(b"\n"):
        try:
            content = json.loads(line)
        except ValueError:
            continue
        if isinstance(content, dict):
            found.append(content)
    return found


def append(content: dict[str, Any]) -> None:
    """On disk on return. Raises OSError when it is not, or not surely, there as a whole."""
    size = os.fstat(RECORD).st_size
    torn = size > 0 and os.pread(RECORD, 1, size - 1) != b"\n"
    line = (b"\n" if torn else b"") + json.dumps(content).encode() + b"\n"
    if os.write(RECORD, line) < len(line):
        raise OSError("the disk is full")
    os.fsync(RECORD)


def now() -> str:
    return datetime.now(UTC).isoformat()
