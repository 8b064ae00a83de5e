"""Logs whose path a script has posted: read only below the folders where such a log may lie."""

import errno
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from lsf_agent.answers.logs import absolute
from lsf_agent.answers.reading import Reading
from lsf_agent.hands import Hands
from lsf_agent.scheduler import Scheduler

T = TypeVar("T")

JOBS_ASKED = 10
"""LSF jobs of one job whose working directory is asked for."""
KEPT = 10_000


class PostedLogs:
    """Allowed are the script's folder, `roots`, and the working directories of the job's LSF jobs, asked for when the
    path is not below the others."""

    def __init__(self, scheduler: Scheduler, hands: Hands, roots: Sequence[str]) -> None:
        self._scheduler = scheduler
        self._hands = hands
        self._roots = tuple(roots)
        self._folders: dict[tuple[str, str], str | None] = {}

    async def read(self, job: str, user: str, executable: str, path: str, ids: Sequence[str], reading: Reading[T]) -> T:
        """What `reading` makes of it. Raises FileNotFoundError: allowed, but not there (yet); another OSError;
        SilentError when LSF's word is needed."""
        if not path.startswith("/"):
            raise OSError(errno.EINVAL, "not an absolute path")
        allowed = [str(Path(executable).parent), *self._roots]
        try:
            return await reading.of_file(path, allowed)
        except OSError as error:
            if error.errno != errno.EXDEV or not ids:
                raise
        allowed += [folder for lsf_id in ids[:JOBS_ASKED] if (folder := await self._folder(job, user, lsf_id))]
        return await reading.of_file(path, allowed)

    async def _folder(self, job: str, user: str, lsf_id: str) -> str | None:
        """Where an LSF job works; asked for once."""
        if (job, lsf_id) not in self._folders:
            facts = await self._scheduler.facts(lsf_id)
            if facts is None:
                return None
            if len(self._folders) >= KEPT:
                self._folders.clear()
            home = self._hands.home(user)
            self._folders[job, lsf_id] = absolute(facts.folder, home, None) if facts.folder else None
        return self._folders[job, lsf_id]
