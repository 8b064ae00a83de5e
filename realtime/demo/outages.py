"""`python -m realtime.demo.outages DIRECTORY`: twice in a shift LSF does not answer for a while.

DIRECTORY is the embedded scheduler's; the bad day is ordered in its `faults.json`. Jobs that run go on meanwhile.
"""

import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

FILE = "faults.json"
MARK = "shift"
FAULTS = {"by": MARK, "rules": [{"unanswered": True}]}
"""No command gets an answer."""
LOOK = 0.5


@dataclass(frozen=True, kw_only=True)
class Outage:
    """Seconds from the start, and its length."""

    after: float
    length: float


OUTAGES = (Outage(after=300, length=75), Outage(after=900, length=85))


def main(arguments: list[str]) -> int:
    """Does not return: ended, it would be started again."""
    (directory,) = map(Path, arguments)
    bring_about(directory, OUTAGES)
    while True:
        time.sleep(3600)


def bring_about(directory: Path, outages: Sequence[Outage]) -> None:
    """One after the other, in order; what an earlier start has left is taken back first."""
    take_back(directory)
    began = time.monotonic()
    for outage in outages:
        time.sleep(max(0.0, began + outage.after - time.monotonic()))
        while not directory.is_dir():
            time.sleep(LOOK)
        _write(directory, FAULTS)
        time.sleep(outage.length)
        take_back(directory)


def take_back(directory: Path) -> None:
    """LSF answers again, unless somebody else wants it not to."""
    try:
        found = json.loads((directory / FILE).read_bytes())
    except (OSError, ValueError):
        return
    if isinstance(found, dict) and found.get("by") == MARK:
        (directory / FILE).unlink(missing_ok=True)


def _write(directory: Path, faults: Mapping[str, object]) -> None:
    new = directory / f".{FILE}.new"
    new.write_text(json.dumps(faults))
    new.chmod(0o600)
    new.replace(directory / FILE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
