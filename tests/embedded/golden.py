"""Recorded commands of an LSF-family scheduler: the call, the exit code and both streams."""

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"


@dataclass(frozen=True, kw_only=True)
class Capture:
    """One recorded command."""

    code: int
    stdout: str
    stderr: str


def read(name: str) -> Capture:
    """The recording `golden/NAME.txt`."""
    head, _, streams = (FOLDER / f"{name}.txt").read_text().partition("--- stdout\n")
    stdout, _, stderr = streams.partition("--- stderr\n")
    code = head.rpartition("--- rc=")[2].split()[0]
    return Capture(code=int(code), stdout=stdout, stderr=stderr)
