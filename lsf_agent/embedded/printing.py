"""How a command prints and reads its small files. Quick imports only."""

import json
import os
from pathlib import Path
from typing import Any


def write(descriptor: int, text: str) -> int:
    """Prints; answers the number of bytes."""
    return write_bytes(descriptor, text.encode("utf-8", "surrogateescape"))


def write_bytes(descriptor: int, content: bytes) -> int:
    written = 0
    while written < len(content):
        written += os.write(descriptor, content[written:])
    return written


def write_line(descriptor: int, text: str) -> None:
    """Prints a text with one new line at its end; nothing for none."""
    if text:
        write(descriptor, text.rstrip("\n") + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """A small file of settings; empty when it is missing or no JSON object."""
    try:
        told = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}
