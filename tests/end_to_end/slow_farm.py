"""Two Unix users without a shared data directory, on a farm that takes 3 s a command and tells of no job at once."""

import os
import pwd
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.installation import Installation, installed, python_for

SLOW: dict[str, Any] = {"delay": 3.0, "blind": 5.0}


@contextmanager
def two_unix_users_on_a_slow_farm(**settings: str) -> Iterator[Installation]:
    """Not started yet: a manager of two processes and an agent without a shared data directory, news over Redis; 3 s a
    command, output only at the end, `not found` after bsub."""
    user = "nobody"
    python = python_for(user) if os.getuid() == 0 else None
    if python is None:
        pytest.skip("needs root, and an interpreter and a checkout that the user nobody can read")
    with tempfile.TemporaryDirectory(prefix="batchboard-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with installed(folder, agent_user=user, agent_python=python, PROCESSES="2", **settings) as apart:
            for path in (apart.scripts, *apart.scripts.iterdir()):
                os.chown(path, pwd.getpwnam(user).pw_uid, -1)
            apart.faults(**SLOW)
            yield apart
