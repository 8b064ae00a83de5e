"""One LSF command: hands the daemon what was typed and prints what it answers.

Only quick imports, so that a command takes some hundredths of a second.
"""

import os
import signal
import time
from pathlib import Path
from typing import Any

from lsf_agent.embedded import faults, patience
from lsf_agent.embedded.conversation import Conversation
from lsf_agent.embedded.faults import Fault
from lsf_agent.embedded.printing import read_json, write, write_line

PATIENCE = 10.0
MINUTE = 60.0


def main(arguments: list[str]) -> int:
    """The exit code of `DIRECTORY COMMAND ARGUMENT...`."""
    directory, command, *words = arguments
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    fault = Fault() if command == "stop" else faults.suffered(Path(directory), command, words)
    settings = read_json(Path(directory, "config.json"))
    code = suffer(fault, command, words, settings)
    if code is None:
        code = ask(directory, command, words, fault, settings)
    time.sleep(fault.late)
    return code if fault.code is None else fault.code


def suffer(fault: Fault, command: str, words: list[str], settings: dict[str, Any]) -> int | None:
    """What happens before the daemon is asked; the exit code when the command ends there already."""
    time.sleep(fault.delay)
    write_line(1, fault.out)
    write_line(2, fault.err)
    while fault.hang:
        signal.pause()
    if fault.refuse is not None:
        write_line(2, fault.refuse)
        return 255
    if fault.silent:
        return 0
    code = patience.unanswered(fault.unanswered, seconds(settings, "patience", PATIENCE), command, words)
    if code is None and command == "bsub":
        code = patience.limited(fault.limited, seconds(settings, "minute", MINUTE))
    return code


def ask(directory: str, command: str, words: list[str], fault: Fault, settings: dict[str, Any]) -> int:
    """Lets the daemon do it."""
    request = {
        "command": command,
        "words": words,
        "environment": dict(os.environ),
        "cwd": working_directory(),
        "umask": umask(),
        "token": os.urandom(12).hex(),
        "jobs": fault.jobs,
    }
    try:
        return Conversation(directory, request, fault, seconds(settings, "patience", PATIENCE)).hold()
    except OSError as error:
        ending = ". Job not submitted.\n" if command == "bsub" else "\n"
        write(2, f"lsb_init: Failed in an LSF library call: {error}{ending}")
        return 255


def seconds(settings: dict[str, Any], name: str, default: float) -> float:
    """A setting that is a time."""
    value = settings.get(name)
    return value if isinstance(value, int | float) and value > 0 else default


def working_directory() -> str:
    """Where the command was called; also when that folder is gone meanwhile, as then the shell's word counts."""
    try:
        return str(Path.cwd())
    except FileNotFoundError:
        return os.environ.get("PWD", "/")


def umask() -> int:
    """Of this process."""
    current = os.umask(0o077)
    os.umask(current)
    return current
