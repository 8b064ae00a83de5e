"""`python -m realtime.demo.colleague`: somebody else at work on the shift's experiment, by the public API.

Every minute or so the colleague applies once more what was applied last, on the same run, writes a comment, sets a tag,
changes the parameters of a hash, and kills a job.
"""

import logging
import secrets
import sys
import time
from collections.abc import Callable
from typing import Any

from realtime.cli.api import Api, Refused
from realtime.demo.going_on import go_on
from realtime.demo.shift import HOME
from realtime.protocol.api import Applied, Apply, JobPage, RunPage
from realtime.protocol.rows import DefinitionRow, JobRow, RunRow
from realtime.settings import Settings

log = logging.getLogger("colleague")

PAUSE = 9, 6
"""Seconds between two of the five, and up to so many more."""
RECENT_RUNS = 8
COMMENTS = (
    "beam lost after 3 min",
    "jet frozen, realigned",
    "good hit rate, keep",
    "new nozzle",
    "attenuators out by mistake",
    "detector moved 2 mm upstream",
)
TAGS = ("dark", "bad beam")


class Colleague:
    """What the colleague does. What the manager refuses is let be: somebody may have been quicker."""

    def __init__(self, api: Api, settings: Settings) -> None:
        self._api = api
        self._ours: set[str] = set()

    def set_up(self) -> None:
        """There must be something to look at."""
        self._api.get(f"{HOME}/runs", RunPage, limit=1)

    def work(self) -> None:
        """One thing after the other; ends only by an error."""
        while True:
            for deed in (self.apply_the_same, self.comment, self.tag, self.change_parameters, self.kill_one):
                time.sleep(PAUSE[0] + secrets.randbelow(PAUSE[1] + 1))
                self._try(deed)

    def _try(self, deed: Callable[[], str | None]) -> None:
        try:
            done = deed()
        except Refused as error:
            log.info("refused: %s", error)
        else:
            if done:
                log.debug(done)

    def apply_the_same(self) -> str | None:
        """The hash that somebody else has applied last, to the same run; each such job is followed by one of ours."""
        newest = next((job for job in self._jobs() if job.id not in self._ours), None)
        if newest is None:
            return None
        body = Apply(definition=newest.definition.id, runs=newest.run)
        made = self._api.post(f"{HOME}/jobs", body, Applied, key=f"colleague-{newest.id}")
        self._ours = {*[job.id for job in made.jobs], *list(self._ours)[:200]}
        return f"applied {newest.definition.name} to run {newest.run}, too"

    def comment(self) -> str | None:
        """On one of the newest runs, in place of what stands there."""
        return self._note(lambda run: {"comment": secrets.choice(COMMENTS)})

    def tag(self) -> str | None:
        """One more on one of the newest runs."""
        return self._note(lambda run: {"tags": list(dict.fromkeys([*run.tags, secrets.choice(TAGS)]))})

    def _note(self, change: Callable[[RunRow], dict[str, Any]]) -> str | None:
        runs = self._api.get(f"{HOME}/runs", RunPage, limit=RECENT_RUNS).items
        if not runs:
            return None
        run = secrets.choice(runs)
        changed = change(run)
        self._api.patch(f"{HOME}/runs/{run.number}", changed, RunRow)
        return f"run {run.number}: {changed}"

    def change_parameters(self) -> str | None:
        """Of the hash that was applied last."""
        newest = next(iter(self._jobs()), None)
        if newest is None:
            return None
        parameters = f"--stride {1 + secrets.randbelow(8)} --mask masks/default_{secrets.randbelow(4)}.h5"
        address = f"{HOME}/definitions/{newest.definition.id}"
        self._api.patch(address, {"parameters": parameters}, DefinitionRow)
        return f"{newest.definition.name} has the parameters {parameters}"

    def kill_one(self) -> str | None:
        """The oldest of the jobs that run."""
        running = self._api.get(f"{HOME}/jobs", JobPage, status="RUN", limit=50).items
        if not running:
            return None
        self._api.post(f"/jobs/{running[-1].id}/kill", {}, JobRow)
        return f"killed job {running[-1].number}"

    def _jobs(self) -> list[JobRow]:
        return self._api.get(f"{HOME}/jobs", JobPage, limit=20).items


def main() -> int:
    """2: the settings are wrong; otherwise it does not return."""
    return go_on(log, Colleague)


if __name__ == "__main__":
    sys.exit(main())
