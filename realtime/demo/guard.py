"""`python -m realtime.demo.guard DIRECTORY`: ends the scheduler of a demo when the demo ends, in whatever way.

The embedded scheduler outlives whoever called it, as LSF does. So the demo starts this process beside it, in a session
of its own, and holds its standard input; when that closes, by the demo or by the death of the demo, the scheduler of
DIRECTORY and its jobs are ended. Meanwhile it holds the demo's lock, so that the next demo waits.
"""

import subprocess
import sys
import time
from pathlib import Path

TIMEOUT = 10.0
STRAGGLERS = 0.5
"""Seconds in which a script that was on its way may still submit; then the scheduler is ended once more."""


def main(arguments: list[str]) -> int:
    """0: nothing of the scheduler is left."""
    (directory,) = map(Path, arguments)
    sys.stdin.buffer.read()
    code = stop_scheduler(directory)
    if directory.is_dir():
        time.sleep(STRAGGLERS)
        code = stop_scheduler(directory)
    return code


def stop_scheduler(directory: Path) -> int:
    """End the daemon of `directory` and its jobs; the exit code of that."""
    if not directory.is_dir():
        return 0
    try:
        command = [sys.executable, "-m", "lsf_agent.embedded", "stop", str(directory)]
        return subprocess.run(command, stdin=subprocess.DEVNULL, timeout=TIMEOUT, check=False).returncode
    except subprocess.TimeoutExpired:
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
