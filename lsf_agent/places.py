"""Where LSF writes the output of each job: made absolute, and kept for when LSF has forgotten the job."""

import logging
from pathlib import Path

from lsf_agent.logs import absolute
from lsf_agent.spool import Spool
from lsf_agent.submissions import script_folder
from lsf_agent.tracker import Tracker

log = logging.getLogger(__name__)


class LogPlaces:
    """Kept in the spool. A path without a folder is in the script's working directory, as `bsub` has it."""

    def __init__(self, spool: Spool, tracker: Tracker, script_cwd: str) -> None:
        self._spool = spool
        self._tracker = tracker
        self._script_cwd = script_cwd

    def of(self, job: str, lsf_id: str) -> str | None:
        """The absolute path, if it is known."""
        told = self._tracker.log_file(job, lsf_id)
        return self.remember(job, lsf_id, told) if told else self._spool.entry(job).log_files().get(lsf_id)

    def remember(self, job: str, lsf_id: str, path: str) -> str | None:
        """`path` as LSF tells it, made absolute; None when a relative one cannot be. Works with a full disk, too."""
        entry = self._spool.entry(job)
        found: str | None = None
        try:
            request = entry.request()
            folder = script_folder(self._script_cwd, request.executable) if request else None
            found = absolute(path, str(Path.home()), folder)
            if found is not None and entry.log_files().get(lsf_id) != found:
                entry.remember_log(lsf_id, found)
        except OSError as error:
            log.warning("job %s: the place of its log cannot be kept: %s", job, error)
        return found
