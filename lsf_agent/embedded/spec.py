"""What a runner must know of its job, and what it tells of the end. Files in the folder of the running job."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from lsf_agent.embedded.config import replace_file


@dataclass(frozen=True, kw_only=True)
class Spec:
    """`spec.json`. Paths of output are expanded and absolute, but may name a directory."""

    label: str
    name: str
    script: str
    shell: str
    user: str
    queue: str
    host: str
    cwd: str
    umask: int
    environment: dict[str, str]
    stdin: str | None
    out: str | None
    out_appends: bool
    err: str | None
    err_appends: bool
    mailed: bool
    pre: str | None
    post: str | None

    def write(self, path: Path) -> None:
        """Readable for the owner alone: the environment may hold secrets."""
        replace_file(path, json.dumps(asdict(self)).encode(), 0o600)

    @staticmethod
    def read(path: Path) -> "Spec":
        return Spec(**json.loads(path.read_bytes()))


@dataclass(frozen=True, kw_only=True)
class End:
    """`status`. `exit` is 128 + the signal for a job whose shell died by one; `cpu` are seconds, `memory` are
    bytes."""

    exit: int
    reason: str | None
    cpu: float
    pid: int
    started_at: datetime
    ended_at: datetime
    memory: int | None = None

    def write(self, path: Path) -> None:
        replace_file(path, json.dumps(asdict(self), default=datetime.isoformat).encode(), 0o600)

    @staticmethod
    def read(path: Path) -> "End | None":
        """None when there is none: the runner was killed, or still lives."""
        try:
            told = json.loads(path.read_bytes())
        except FileNotFoundError:
            return None
        told["started_at"] = datetime.fromisoformat(told["started_at"])
        told["ended_at"] = datetime.fromisoformat(told["ended_at"])
        return End(**told)
