"""How the runner answers a question: one JSON object on standard output, in bounded time, whatever hangs."""

import errno
import json
import signal
import sys
from collections.abc import Callable
from typing import Any


def bounded(seconds: float) -> None:
    """The kernel ends this process then, also while it waits for a file system (unless not even that can be)."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, max(0.01, seconds))


def answer(work: Callable[[], Any]) -> int:
    """Prints `{"answer": ...}`, or `{"errno", "error"}` of the OSError that `work` raises."""
    try:
        said = {"answer": work()}
    except OSError as error:
        said = {"errno": error.errno or errno.EIO, "error": error.strerror or str(error)}
    except ValueError as error:
        said = {"errno": errno.EINVAL, "error": str(error)}
    json.dump(said, sys.stdout)
    sys.stdout.flush()
    return 0
