"""`python -m lsf_agent.embedded stop DIRECTORY` and `... history DIRECTORY` (all that happened, as JSON lines)."""

import json
import sys
from pathlib import Path

from lsf_agent.embedded import journal, stop

USAGE = "usage: python -m lsf_agent.embedded stop|history DIRECTORY"


def main(arguments: list[str]) -> int:
    """The exit code: 2 for a wrong call, 1 for a directory that is not there."""
    if len(arguments) != 2 or arguments[0] not in ("stop", "history"):
        print(USAGE, file=sys.stderr)
        return 2
    command, directory = arguments[0], Path(arguments[1])
    if not directory.is_dir():
        print(f"{directory}: no such directory", file=sys.stderr)
        return 1
    if command == "stop":
        stop(directory)
        return 0
    for event in journal.history(directory / journal.FILE):
        print(json.dumps(event))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
