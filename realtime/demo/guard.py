"""`python -m realtime.demo.guard DIRECTORY`: ends what outlives a demo when the demo ends, in whatever way.

Submit scripts outlive the batch client, and the embedded scheduler outlives whoever called it, as LSF does. So the demo
starts this process beside them, in a session of its own, and holds its standard input; when that closes, by the demo or
by the death of the demo, the scripts and the scheduler below DIRECTORY, the client's, are ended. Meanwhile it holds the
demo's lock, so that the next demo waits.
"""

import subprocess
import sys
from pathlib import Path

from realtime.demo.outages import take_back

TIMEOUT = 10.0


def main(arguments: list[str]) -> int:
    """0: nothing is left."""
    (directory,) = map(Path, arguments)
    sys.stdin.buffer.read()
    return end_all(directory)


def end_all(directory: Path) -> int:
    """End the scripts, then the scheduler and its jobs: none of them can submit any more. An outage of a
    shift is over. 0 when nothing is left."""
    scripts = _run("lsf_agent.ending", str(directory / "spool"))
    farm = directory / "lsf"
    take_back(farm)
    return scripts or (_run("lsf_agent.embedded", "stop", str(farm)) if farm.is_dir() else 0)


def _run(module: str, *arguments: str) -> int:
    try:
        command = [sys.executable, "-m", module, *arguments]
        return subprocess.run(command, stdin=subprocess.DEVNULL, timeout=TIMEOUT, check=False).returncode
    except subprocess.TimeoutExpired:
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
