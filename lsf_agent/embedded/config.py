"""What can be set for an embedded scheduler, and the bad days that can be ordered. Both are files in its directory."""

import json
import os
from dataclasses import dataclass, fields
from pathlib import Path

FILE = "config.json"


@dataclass(frozen=True, kw_only=True)
class Config:
    """`config.json`; whatever is missing or wrong there has the value given here. Times are seconds."""

    slots: int = 4
    """jobs that run at once"""
    pend: float = 1.0
    """time that a job stays PEND at least, so that people and polls see it"""
    kill_interval: float = 2.0
    """between the signals that end a job"""
    clean_period: float = 3600.0
    """that bjobs still knows a job after its end"""
    idle: float = 60.0
    """without a command and without unfinished jobs, after which the daemon ends"""
    minute: float = 60.0
    """length of a minute of `bsub -W`"""
    patience: float = 10.0
    """after which a command says that the daemon does not respond, and tries on"""


def read(directory: Path) -> Config:
    """The configuration as it is now."""
    stored = _stored(directory)

    def number(name: str, default: float) -> float:
        value = stored.get(name)
        return value if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0 else default

    return Config(
        slots=max(1, int(number("slots", Config.slots))),
        pend=number("pend", Config.pend),
        kill_interval=number("kill_interval", Config.kill_interval),
        clean_period=number("clean_period", Config.clean_period),
        idle=number("idle", Config.idle),
        minute=number("minute", Config.minute),
        patience=number("patience", Config.patience),
    )


def configure(directory: Path, **values: float) -> None:
    """Sets some values and leaves the others; a running daemon sees them with the next command."""
    unknown = values.keys() - {field.name for field in fields(Config)}
    if unknown:
        raise TypeError(f"no such setting of the embedded scheduler: {', '.join(sorted(unknown))}")
    replace_file(directory / FILE, json.dumps({**_stored(directory), **values}).encode(), 0o600)


def replace_file(path: Path, content: bytes, mode: int) -> None:
    """Writes a whole file, so that nobody ever sees a part of it and two writers do not mix."""
    beside = path.with_name(f".{path.name}.{os.urandom(6).hex()}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as stream:
            os.fchmod(stream.fileno(), mode)
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise


def _stored(directory: Path) -> dict[str, object]:
    try:
        stored = json.loads((directory / FILE).read_bytes())
    except (OSError, ValueError):
        return {}
    return stored if isinstance(stored, dict) else {}
