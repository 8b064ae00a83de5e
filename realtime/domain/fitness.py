"""What `batchboard check` finds, and how what it measures is judged."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

NETWORK = re.compile(r"nfs|cifs|smb|lustre|gpfs|beegfs|ceph|afs|gluster|panfs|weka|orangefs|pvfs|9p|fuse\.(?!ext|fuse)")
"""Kinds of file systems that several hosts share."""
LITTLE = 1024**3
TOO_LITTLE = 64 * 1024**2
"""Bytes of free space."""
ODD_CLOCK = timedelta(seconds=3)
WRONG_CLOCK = timedelta(seconds=30)
"""Half of what is tolerated where the times of LSF, agent and manager are compared."""


@dataclass(frozen=True)
class Checked:
    """One thing that was looked at. `cure`: what to do; with `ok` it is advice."""

    name: str
    ok: bool
    found: str
    cure: str | None = None


def filesystem_of(mounts: str, path: str) -> str:
    """The kind of the file system of `path`, an absolute path without links; `mounts` as in /proc/self/mounts."""
    kinds: dict[str, str] = {}
    for line in mounts.splitlines():
        parts = line.split(" ")
        if len(parts) > 2:
            point = re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), parts[1])
            kinds[point.rstrip("/") + "/"] = parts[2]
    holding = [point for point in kinds if f"{path}/".startswith(point)]
    return kinds[max(holding, key=len)] if holding else "unknown"


def shared(kind: str) -> bool:
    """Whether hosts share a file system of this kind."""
    return NETWORK.match(kind) is not None


def disk(name: str, path: str, kind: str, free: int, *, may_be_shared: bool) -> Checked:
    """A folder that can be written: where it is, and how much room it has. `free` in bytes."""
    found = f"{path}: can be written, {kind}, {free / 1024**3:.1f} GiB free"
    if shared(kind) and not may_be_shared:
        return Checked(name, False, found, "set BATCHBOARD_DATA_DIR to a local disk: databases break on shared ones")
    if free < TOO_LITTLE:
        return Checked(name, False, found, "make room there")
    if free < LITTLE:
        return Checked(name, True, found, "make room there soon")
    if shared(kind):
        return Checked(
            name, True, found, "right for a spare agent, if that file system knows locks; else use a local disk"
        )
    return Checked(name, True, found)


def clock(name: str, date: str | None, now: datetime) -> Checked:
    """`date`: the Date header of an answer that has come at `now`, which is aware."""
    try:
        told = parsedate_to_datetime(date or "")
        difference = abs(now - told)
    except (ValueError, TypeError):
        return Checked(name, True, "the manager's answer has no time", "does a proxy remove the Date header?")
    found = f"{difference.total_seconds():.0f} s from the manager's"
    if difference > ODD_CLOCK:
        cure = "let NTP or chrony set the clocks of this host and the manager's (timedatectl)"
        return Checked(name, difference <= WRONG_CLOCK, found, cure)
    return Checked(name, True, found)
