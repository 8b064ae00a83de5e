"""How long a command tries: what it says while the daemon does not answer or takes no more jobs."""

import itertools
import os
import time
from collections.abc import Sequence

from lsf_agent.embedded.faults import ALWAYS
from lsf_agent.embedded.printing import write

NOT_RESPONDING = "batch system daemon not responding ... still trying\n"
LIMIT_REACHED = "Pending job threshold reached. "


def tries() -> int:
    """`LSB_NTRIES`; 0 means for ever."""
    told = os.environ.get("LSB_NTRIES", "")
    return int(told) if told.isdigit() else 0


def failure(command: str, words: Sequence[str], reason: str) -> str:
    """How a command says that the library failed: bsub with its ending, bkill for each id."""
    text = f"Failed in an LSF library call: {reason}"
    ids = [word for word in words if word[:1].isdigit()]
    if command == "bsub":
        return f"{text}. Job not submitted.\n"
    return "".join(f"Job <{word}>: {text}\n" for word in ids) if command == "bkill" and ids else f"{text}\n"


def timed_out(command: str, words: Sequence[str]) -> str:
    """What is printed when the tries are used up."""
    return failure(command, words, "Communication time out")


def unanswered(times: int, patience: float, command: str, words: Sequence[str]) -> int | None:
    """Tries that find no answer: the exit code when they were the last ones, None when the next one gets through."""
    for attempt in itertools.count(1):
        if times != ALWAYS and attempt > times:
            break
        time.sleep(patience)
        if attempt == tries():
            write(2, timed_out(command, words))
            return 255
        write(2, NOT_RESPONDING)
    return None


def limited(times: int, minute: float) -> int | None:
    """bsub while too many jobs are pending: the exit code when it gives up, None when there is room."""
    for attempt in range(1, times + 1):
        if attempt == tries():
            write(2, f"{LIMIT_REACHED}Job not submitted.\n")
            return 255
        write(2, f"{LIMIT_REACHED}Retrying in 60 seconds...\n")
        time.sleep(minute)
    return None
