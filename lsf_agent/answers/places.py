"""Where LSF writes the output of each job: made absolute, and kept for when LSF has forgotten the job."""

import logging

from lsf_agent.answers.logs import absolute
from lsf_agent.following.tracker import Tracker
from lsf_agent.hands import Hands
from lsf_agent.submission.spool import Spool
from lsf_agent.submission.submissions import script_folder
from realtime.protocol.agent import Submit

log = logging.getLogger(__name__)


class LogPlaces:
    """Kept in the spool. A path without a folder is in the script's working directory, as `bsub` has it."""

    def __init__(self, spool: Spool, tracker: Tracker, script_cwd: str, hands: Hands) -> None:
        self._spool = spool
        self._tracker = tracker
        self._script_cwd = script_cwd
        self._hands = hands

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
            home = self._hands.home(request.user if request else "")
            found = absolute(path, home, self._folder(request, home))
            if found is not None and entry.log_files().get(lsf_id) != found:
                entry.remember_log(lsf_id, found)
        except OSError as error:
            log.warning("job %s: the place of its log cannot be kept: %s", job, error)
        return found

    def _folder(self, request: Submit | None, home: str | None) -> str | None:
        """Where the script worked."""
        if self._script_cwd == "home":
            return home
        return script_folder(self._script_cwd, request.executable) if request else None
