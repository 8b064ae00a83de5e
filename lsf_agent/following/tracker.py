"""Which LSF jobs are followed and what is new about them. Pure: times come in, facts go out, nothing is awaited.

Only differences are told. No news is no news: a job ends by LSF's word alone, or, when neither bjobs nor bhist know
it although LSF answers, as LOST.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lsf_agent.following.merging import detailed, merged
from lsf_agent.scheduler import Detail, Look, Past, Record
from realtime.domain.status import Status

NOT_FOUND_GRACE = timedelta(seconds=60)
"""After a submission LSF may answer from a snapshot taken before it."""
HISTORY_AGAIN = timedelta(seconds=60)
DETAIL_TRIES = 5
NOT_SEEN = "not seen yet"


@dataclass(frozen=True)
class Change:
    """Something new about an LSF job, as a whole."""

    job: str
    lsf_id: str
    record: Record


@dataclass
class _Track:
    job: str
    lsf_id: str
    since: datetime
    told: Record | None = None
    seen: Record | None = None
    """by the last look; the very same one again says nothing new"""
    thorough: bool = True
    acknowledged: bool = False
    log_asked: bool = False
    end_asked: bool = False
    detail_open: bool = False
    detail_tries: int = 0
    missing: bool = False
    history_asked_at: datetime | None = None

    @property
    def ended(self) -> bool:
        return self.told is not None and not self.told.status.live

    @property
    def silent_end(self) -> bool:
        """An EXIT without a word about why."""
        return self.told is not None and self.told.status is Status.EXIT and self.told.reason is None

    @property
    def wants_detail(self) -> bool:
        """The list does not tell log files and ends, and they were not asked for yet."""
        unasked = not self.log_asked or (self.silent_end and not self.end_asked)
        return self.told is not None and not self.thorough and unasked

    @property
    def open(self) -> bool:
        """Something may still be learned."""
        return not self.ended or self.detail_open or self.wants_detail


class Tracker:
    """The LSF jobs of all jobs. `follow` until `settled` (the end is told and acknowledged) or `forget`.

    Nothing here goes through all jobs but `everything` and `counts`.
    """

    def __init__(self) -> None:
        self._tracks: dict[tuple[str, str], _Track] = {}
        self._by_id: dict[str, dict[str, _Track]] = {}
        self._by_job: dict[str, dict[str, _Track]] = {}
        self._missing: dict[tuple[str, str], _Track] = {}
        self._undetailed: dict[tuple[str, str], _Track] = {}

    def follow(self, job: str, lsf_id: str, since: datetime) -> bool:
        """`since`: when it was submitted, or first heard of. False: followed already, or no id of a job."""
        if (job, lsf_id) in self._tracks or not (lsf_id.isascii() and lsf_id.isdigit() and int(lsf_id)):
            return False
        track = _Track(job, lsf_id, since)
        self._tracks[job, lsf_id] = track
        self._by_id.setdefault(lsf_id, {})[job] = track
        self._by_job.setdefault(job, {})[lsf_id] = track
        return True

    def forget(self, job: str) -> None:
        """The manager does not have this job any more."""
        for track in [*self._by_job.get(job, {}).values()]:
            self._remove(track)

    def settled(self, change: Change) -> None:
        """What was told has been acknowledged: an ended job of which nothing more is awaited is let go."""
        track = self._tracks.get((change.job, change.lsf_id))
        if track is not None and track.told == change.record:
            track.acknowledged = True
            self._let_go(track)

    def jobs_of(self, lsf_id: str) -> list[str]:
        """The one that had the id first comes first."""
        return [*self._by_id.get(lsf_id, {})]

    def ids_of(self, job: str) -> list[str]:
        return [*self._by_job.get(job, {})]

    def follows(self, job: str, lsf_id: str | None = None) -> bool:
        """An LSF job of it, or this one."""
        return job in self._by_job if lsf_id is None else (job, lsf_id) in self._tracks

    def submitted_at(self, job: str, lsf_id: str) -> datetime | None:
        track = self._tracks.get((job, lsf_id))
        return track.since if track else None

    def log_file(self, job: str, lsf_id: str) -> str | None:
        track = self._tracks.get((job, lsf_id))
        return track.told.log_file if track and track.told else None

    def live(self, lsf_id: str) -> bool:
        """It is to be looked at: followed, and not ended."""
        return any(not track.ended for track in self._by_id.get(lsf_id, {}).values())

    def counts(self) -> dict[str, int]:
        """Status -> LSF jobs that are followed and have not ended."""
        told = (track.told for track in self._tracks.values() if not track.ended)
        return dict(Counter(record.status.value if record else NOT_SEEN for record in told))

    def everything(self) -> list[Change]:
        """All that was told, for a manager that may not have heard it."""
        return [Change(track.job, track.lsf_id, track.told) for track in self._tracks.values() if track.told]

    def looked(self, look: Look) -> list[Change]:
        """What a look changes."""
        changes: list[Change] = []
        for lsf_id in [*look.records, *look.missing]:
            record = look.records.get(lsf_id)
            for track in self._by_id.get(lsf_id, {}).values():
                if track.ended or (record is not None and record is track.seen and not track.missing):
                    continue  # nothing new
                self._found(track, record is not None)
                track.seen = record
                if record is not None:
                    track.thorough = look.thorough
                    changes += self._tell(track, record)
        return changes

    def _found(self, track: _Track, listed: bool) -> None:
        track.missing = not listed
        if listed:
            self._missing.pop((track.job, track.lsf_id), None)
        else:
            self._missing[track.job, track.lsf_id] = track

    def history_due(self, now: datetime) -> list[str]:
        """Ids that LSF does not list, past the grace: bhist is to be asked. Each is told again only after a while."""
        due = [
            track
            for track in self._missing.values()
            if not track.ended
            and now - track.since >= NOT_FOUND_GRACE
            and (track.history_asked_at is None or now - track.history_asked_at >= HISTORY_AGAIN)
        ]
        for track in due:
            track.history_asked_at = now
        return sorted({track.lsf_id for track in due}, key=int)

    def history(self, lsf_id: str, answer: Record | Past) -> list[Change]:
        """What bhist's answer changes: an end counts, unknown there too is LOST; but not if bjobs lists it again."""
        changes: list[Change] = []
        for track in self._open(lsf_id):
            if not track.missing or answer is Past.ALIVE:
                continue
            if isinstance(answer, Record):
                changes += self._tell(track, answer)
            else:
                before = track.told or Record(status=Status.LOST)
                lost = replace(before, status=Status.LOST, reason="neither bjobs nor bhist know it", exit_code=None)
                changes += self._tell(track, lost)
        return changes

    def detail_due(self) -> list[str]:
        """Ids whose log file or end the list did not tell: the long description is to be asked, once for each."""
        due = [track for track in self._undetailed.values() if track.wants_detail]
        self._undetailed.clear()
        for track in due:
            track.log_asked = track.detail_open = True
            track.end_asked = track.silent_end
            track.detail_tries += 1
        return sorted({track.lsf_id for track in due}, key=int)

    def detail_failed(self, lsf_id: str) -> None:
        """LSF did not answer: to be asked again, a few times."""
        for track in self._named(lsf_id):
            if track.detail_tries < DETAIL_TRIES:
                track.log_asked = track.end_asked = False
                self._undetailed[track.job, track.lsf_id] = track
            else:
                track.detail_open = False
                self._let_go(track)

    def detail(self, lsf_id: str, detail: Detail | None) -> list[Change]:
        """What the long description adds; exit code and reason only to an EXIT. None: LSF describes it no more."""
        changes: list[Change] = []
        for track in self._named(lsf_id):
            track.detail_open = False
            if track.told is not None and detail is not None:
                changes += self._tell(track, detailed(track.told, detail))
            self._let_go(track)
        return changes

    def _named(self, lsf_id: str) -> list[_Track]:
        return [*self._by_id.get(lsf_id, {}).values()]

    def _open(self, lsf_id: str) -> Iterable[_Track]:
        return [track for track in self._named(lsf_id) if not track.ended]

    def _let_go(self, track: _Track) -> None:
        if track.acknowledged and not track.open:
            self._remove(track)

    def _remove(self, track: _Track) -> None:
        key = (track.job, track.lsf_id)
        if self._tracks.pop(key, None) is None:
            return
        self._missing.pop(key, None)
        self._undetailed.pop(key, None)
        for index, first, second in ((self._by_id, track.lsf_id, track.job), (self._by_job, track.job, track.lsf_id)):
            del index[first][second]
            if not index[first]:
                del index[first]

    def _tell(self, track: _Track, record: Record) -> list[Change]:
        newest = merged(track.told, record)
        changed = newest != track.told
        if changed:
            track.told = newest
            track.acknowledged = False
        if track.wants_detail:
            self._undetailed[track.job, track.lsf_id] = track
        return [Change(track.job, track.lsf_id, newest)] if changed else []
