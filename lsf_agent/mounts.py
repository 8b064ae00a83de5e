"""File systems by name: whom to bound and to blame when a path does not answer. The path itself is never touched."""

import re
from pathlib import Path

MOUNTS = "/proc/self/mounts"


def mount_of(path: str, mounts: str = MOUNTS) -> str:
    """The mount point below which `path` lies by its name; on the root file system the first folder of it, which may be
    a symbolic link to another one."""
    return _mount_point(path, mounts) or "/" + path.lstrip("/").split("/", 1)[0]


def place_of(path: str, mounts: str = MOUNTS) -> str:
    """What to name when `path` does not answer: its mount point, or on the root file system its folder."""
    return _mount_point(path, mounts) or str(Path(path).parent)


def _mount_point(path: str, mounts: str) -> str | None:
    lines = Path(mounts).read_text(errors="replace").splitlines()
    points = [_plain(line.split(" ")[1]) for line in lines if " " in line]
    return max((one for one in points if one != "/" and f"{path}/".startswith(f"{one}/")), key=len, default=None)


def _plain(point: str) -> str:
    """The kernel writes blanks and backslashes as octal numbers."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), point)
