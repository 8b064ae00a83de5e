"""Makes the directory of an embedded scheduler and the commands in it."""

import os
import shlex
from pathlib import Path

from lsf_agent.embedded import config, reach

COMMANDS = ("bsub", "bjobs", "bkill", "bstop", "bresume", "brequeue", "bpeek", "bhist", "bqueues", "lsid")


def install(directory: Path, slots: int) -> Path:
    """See the package."""
    home = directory.absolute()
    own(home)
    own(home / "bin")
    config.configure(home, slots=slots)
    for command in COMMANDS:
        config.replace_file(home / "bin" / command, wrapper(home, command), 0o700)
    return home / "bin"


def own(directory: Path) -> None:
    """A folder that only this user can enter."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if directory.stat().st_uid != os.geteuid():
        raise PermissionError(f"{directory} belongs to another user")
    directory.chmod(0o700)


def wrapper(directory: Path, command: str) -> bytes:
    """The executable text of a command."""
    words = [*reach.program("client"), str(directory), command]
    return f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n'.encode("utf-8", "surrogateescape")
