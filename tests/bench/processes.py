"""What processes take: memory, CPU, open sockets. From /proc."""

import os
from pathlib import Path


def family(pid: int) -> list[int]:
    """The Python processes of a server: itself and all its descendants, without a Redis among them."""
    found = [pid] if Path(f"/proc/{pid}/exe").readlink().name.startswith("python") else []
    for thread in Path(f"/proc/{pid}/task").iterdir():
        for child in (thread / "children").read_text().split():
            found += family(int(child))
    return found


def cpu(pids: list[int]) -> float:
    """Seconds so far."""
    spent = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        spent += int(fields[11]) + int(fields[12])
    return spent / os.sysconf("SC_CLK_TCK")


def rss(pids: list[int]) -> int:
    """Resident bytes."""
    pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids)
    return pages * os.sysconf("SC_PAGE_SIZE")


def sockets(pid: int) -> int:
    """Open sockets of one process."""
    return sum(str(link.readlink()).startswith("socket:") for link in Path(f"/proc/{pid}/fd").iterdir())
