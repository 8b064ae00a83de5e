"""A mark beside the store that tells whether an older copy of it was put in its place.

The store's counters only grow. The mark remembers epoch and how far they had come; a store that is not as far, or of
another epoch, has forgotten what was done since. Written a few seconds late, it never runs ahead of the store.
"""

import logging
import os
from pathlib import Path

import msgspec

from realtime.domain.errors import Unavailable

logger = logging.getLogger(__name__)


class Mark(msgspec.Struct, frozen=True):
    """`total`: the sum of all scopes' seq."""

    epoch: str
    total: int


def read_mark(path: Path) -> Mark | None:
    """What was written last; None when there is none or it cannot be read as one. Raises Unavailable."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Mark)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError:
        logger.warning("%s is no mark of a store: whether the store is an older copy is not known", path)
        return None
    except OSError as error:
        raise Unavailable(f"{path} cannot be read: {error.strerror}") from error


def write_mark(path: Path, mark: Mark) -> None:
    """Replace the mark, all or nothing; raises OSError."""
    new = path.with_name(f"{path.name}.{os.getpid()}")
    with open(new, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(msgspec.json.encode(mark))
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def is_older(found: Mark, remembered: Mark | None) -> bool:
    """The store is not the one that the mark was written for, as it was then: an older copy, from whichever epoch."""
    return remembered is not None and (found.epoch != remembered.epoch or found.total < remembered.total)
