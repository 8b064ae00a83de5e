"""Writing files so that they are there: as a whole, on disk, and for as long as it takes."""

import logging
import os
from collections.abc import Callable
from pathlib import Path

from lsf_agent.backoff import Backoff

log = logging.getLogger(__name__)


async def insist(job: str, what: str, write: Callable[[], None]) -> None:
    """Repeats a write that fails; the first failure is logged. A disk that is full holds this job back, not others."""
    pause = Backoff(0.5, 30.0)
    failed = False
    while True:
        try:
            write()
        except OSError as error:
            if not failed:
                log.error("job %s: %s cannot be written: %s", job, what, error)
            failed = True
            await pause.wait()
        else:
            return


def write(path: Path, content: bytes) -> None:
    """The whole file or nothing, for every reader; after a power failure perhaps nothing."""
    temporary = path.with_name(f"{path.name}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    temporary.rename(path)


def write_durably(path: Path, content: bytes) -> None:
    """The whole file or nothing, on disk on return; raises OSError."""
    temporary = path.with_name(f"{path.name}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(path)
    settle_names(path.parent)


def settle_names(directory: Path) -> None:
    """Makes the names in a directory durable."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
