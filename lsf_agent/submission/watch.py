"""Reads what a submit script leaves in its directory: level-based, so that it can begin anew at any moment."""

import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from lsf_agent.lsf.bsub import ids_in
from lsf_agent.submission import orphans
from lsf_agent.submission.calls import Call
from lsf_agent.submission.entry import Entry
from lsf_agent.submission.record import Ended

log = logging.getLogger(__name__)

STRAY_OUTPUT = 1.0
"""Seconds after the script's end in which what it left running may still print an id."""
CUT_OFF = "the submit script was cut off; its exit code is unknown"
ORPHAN_LOOK = 1.0
RUNNERS_GRACE = 3.0
"""Seconds beyond the time limit in which a runner would have ended a script."""
PIECE = 256 * 1024
PIECES_AT_ONCE = 16
LONGEST_LINE = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class Seen:
    """The state of a script. `lsf_ids`: those that were told; `ended` is None while it runs, and until its outputs are
    read to the end."""

    began_at: datetime | None
    bsub_called_at: datetime | None
    calls: tuple[Call, ...]
    lsf_ids: tuple[str, ...]
    ended: Ended | None


class OutputReader:
    """Finds the ids in a growing file, each piece of which is read once."""

    def __init__(self, entry: Entry, name: str) -> None:
        self._entry = entry
        self._name = name
        self._offset = 0
        self._line = b""

    def read(self, last: bool) -> tuple[list[str], bool]:
        """(new ids, read to the present end). `last`: nothing more will follow, an unfinished line counts."""
        found: list[str] = []
        for _ in range(PIECES_AT_ONCE):
            piece = self._entry.output(self._name, self._offset, PIECE)
            self._offset += len(piece)
            text = self._line + piece
            begin = text.rfind(b"\n") + 1
            self._line = text[begin:][-LONGEST_LINE:]
            found += ids_in(text.decode(errors="replace") + ("\n" if last and not piece else ""))
            if not piece:
                return found, True
        return found, False


class Watch:
    """The watch over one script. `settled` once nothing more can be learned."""

    def __init__(self, entry: Entry, timeout: float) -> None:
        self._entry = entry
        self._orphan_limit = timeout + RUNNERS_GRACE
        self._first_look: float | None = None
        self._end_seen: float | None = None
        self._orphans_at = -ORPHAN_LOOK
        self._readers = (OutputReader(entry, "stdout"), OutputReader(entry, "stderr"))
        self._ids: dict[str, None] = {}
        self.settled = False

    def look(self, clock: float) -> Seen:
        """The state now, `clock` being a monotonic time. The end is told when an id is known, else only after the
        time for stray output, and when no bsub lives that the script has left behind."""
        self._first_look = clock if self._first_look is None else self._first_look
        ended = self._ended(clock, clock - self._first_look)
        self._end_seen = clock if ended and self._end_seen is None else self._end_seen
        calls = self._entry.calls()
        ran = self._entry.script() is not None or bool(calls)
        over = ended is not None and (not ran or self._quiet(clock, ended))
        self._ids.update(dict.fromkeys(lsf_id for call in calls for lsf_id in call.lsf_ids))
        caught_up = True
        for reader in self._readers:
            found, up = reader.read(last=over)
            self._ids.update(dict.fromkeys(found))
            caught_up = caught_up and up
        self.settled = over and caught_up
        return Seen(
            began_at=self._entry.began_at,
            bsub_called_at=min((call.called_at for call in calls), default=None),
            calls=calls,
            lsf_ids=tuple(self._ids),
            ended=ended if caught_up and (over or self._ids) else None,
        )

    def _quiet(self, clock: float, ended: Ended) -> bool:
        """Nothing that the script left running may still submit; what takes too long is killed."""
        waited = clock - self._end_seen if self._end_seen is not None else 0.0
        under_way = self._entry.calls_under_way()
        if under_way and waited > self._orphan_limit:
            log.warning("job %s: its script has left a bsub that takes too long; killed", self._entry.job)
            orphans.kill(self._entry.story(), self._entry.directory)
        long_ago = (datetime.now(UTC) - ended.at).total_seconds() >= STRAY_OUTPUT
        return (long_ago or waited >= STRAY_OUTPUT) and not under_way

    def _ended(self, clock: float, watched: float) -> Ended | None:
        """The runner's word. When it died without one: once its script is gone, too, that it was cut off."""
        lives = self._entry.runner_lives()
        story = self._entry.story()
        if story.ended is not None or lives or story.began is None or self._orphaned(clock, watched):
            return story.ended
        cut_off = Ended(exit_code=None, timed_out=False, problem=CUT_OFF, at=datetime.now(UTC))
        with suppress(OSError):  # then the next agent finds the same again
            self._entry.end(cut_off)
        return cut_off

    def _orphaned(self, clock: float, watched: float) -> bool:
        """Whether the script lives on without its runner; too long without an id, and it is killed as the runner would
        have done. Where that cannot be, its life is not believed for ever, as process ids return."""
        if clock - self._orphans_at < ORPHAN_LOOK:
            return True
        self._orphans_at = clock
        story = self._entry.story()
        if not orphans.lives_on(story, self._entry.directory):
            return False
        if watched > self._orphan_limit:
            if not self._ids and story.ours:
                log.warning("job %s: its script has lost its runner and takes too long; killed", self._entry.job)
                orphans.kill(story, self._entry.directory)
            return False
        return True
