"""One program that acts as the user whose job it is. The first line of its standard input that is a JSON object
says what: `{"do": "script", ...}` and so on.

As the agent's own account it is `python -I -S .../lsf_agent/runner/__main__.py`; as another user the command
`batchboard-runner`, started by sudo without arguments.
"""

import importlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

DOES = {
    "script": ("script", "main"),
    "look": ("look", "main"),
    "look closely": ("dry.closely", "main"),
    "try": ("dry.dry_run", "main"),
    "read": ("files", "read"),
    "find": ("finding", "find"),
    "command": ("command", "main"),
}
"""what is asked -> module here and its function, which takes the first line and gives the exit code"""


def main() -> int:
    """Exit code 0: done. 1: an error, told on standard error. 2: not a request, or not from us."""
    if os.geteuid() == 0 and "SUDO_UID" in os.environ:
        print("nothing is run as root", file=sys.stderr)
        return 2
    request = next((found for line in lines() if (found := understood(line)) is not None), None)
    if request is None:
        print("expected a request on standard input", file=sys.stderr)
        return 2
    module, function = DOES[request["do"]]
    work: Callable[[dict[str, Any]], int] = getattr(importlib.import_module(f"lsf_agent.runner.{module}"), function)
    return work(request)


def lines() -> Iterator[bytes]:
    """Of standard input. More may be read: whoever wants a file again reads it by position."""
    rest = b""
    while piece := os.read(0, 65536):
        *whole, rest = (rest + piece).split(b"\n")
        yield from whole
    yield rest


def understood(line: bytes) -> dict[str, Any] | None:
    """A request; a line that a crash has torn is none."""
    try:
        content = json.loads(line)
    except ValueError:
        return None
    return content if isinstance(content, dict) and content.get("do") in DOES else None


if __name__ == "__main__":
    sys.path.append(str(Path(__file__).absolute().parents[2]))
    sys.exit(main())
