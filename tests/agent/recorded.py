"""Recorded outputs of LSF commands: command line, exit code and both streams of each."""

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"


@dataclass(frozen=True)
class Recorded:
    code: int
    stdout: str
    stderr: str

    @property
    def text(self) -> str:
        return f"{self.stdout}\n{self.stderr}"


def golden(name: str) -> Recorded:
    head, _, rest = (FOLDER / f"{name}.txt").read_text().partition("--- stdout\n")
    stdout, _, stderr = rest.partition("--- stderr\n")
    return Recorded(int(head.split("--- rc=")[1].split()[0]), stdout, stderr)


def names(pattern: str) -> list[str]:
    return sorted(path.stem for path in FOLDER.glob(f"{pattern}.txt"))
