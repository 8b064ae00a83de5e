"""Reads what a submit script leaves in its directory: level-based, so that it can begin anew at any moment."""

import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from lsf_agent.lsf.bsub import ids_in
from lsf_agent.spool import Ended, Entry

STRAY_OUTPUT = 1.0
"""Seconds after the script's end in which what it left running may still print an id."""
CUT_OFF = "the submit script was cut off; its exit code is unknown"
PIECE = 256 * 1024
PIECES_AT_ONCE = 16
LONGEST_LINE = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class Seen:
    """The state of a script. `ended` is None while it runs, and until its outputs are read to the end."""

    began_at: datetime | None
    bsub_called_at: datetime | None
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
        self._orphan_limit = timeout + 5.0
        self._first_look: float | None = None
        self._end_seen: float | None = None
        self._readers = (OutputReader(entry, "stdout"), OutputReader(entry, "stderr"))
        self._ids: dict[str, None] = {}
        self.settled = False

    def look(self, clock: float) -> Seen:
        """The state now, `clock` being a monotonic time. The end is told when an id is known, else only after the
        time for stray output."""
        self._first_look = clock if self._first_look is None else self._first_look
        ended = self._ended(clock - self._first_look)
        self._end_seen = clock if ended and self._end_seen is None else self._end_seen
        waited = self._end_seen is not None and clock - self._end_seen >= STRAY_OUTPUT
        over = ended is not None and (ended.problem is not None or waited)
        caught_up = True
        for reader in self._readers:
            found, up = reader.read(last=over)
            self._ids.update(dict.fromkeys(found))
            caught_up = caught_up and up
        self.settled = over and caught_up
        return Seen(
            began_at=self._entry.began_at,
            bsub_called_at=self._entry.bsub_called_at(),
            lsf_ids=tuple(self._ids),
            ended=ended if caught_up and (over or self._ids) else None,
        )

    def _ended(self, watched: float) -> Ended | None:
        """The runner's word. When it died without one: once its script is gone, too, that it was cut off."""
        lives = self._entry.runner_lives()
        ended = self._entry.ended()
        if ended is not None or lives or self._orphaned(watched):
            return ended
        cut_off = Ended(exit_code=None, timed_out=False, problem=CUT_OFF, ended_at=datetime.now(UTC))
        with suppress(OSError):  # then the next agent finds the same again
            self._entry.end(cut_off)
        return cut_off

    def _orphaned(self, watched: float) -> bool:
        """Whether the script seems to live on without its runner; not believed for ever, as process ids return."""
        script = self._entry.script()
        if script is None or watched > self._orphan_limit:
            return False
        try:
            os.killpg(script.pid, 0)
        except (ProcessLookupError, PermissionError):
            return False
        return True
