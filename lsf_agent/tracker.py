"""Which LSF jobs are followed and what is new about them. Pure: times come in, facts go out, nothing is awaited.

Only differences are told. No news is no news: a job ends by LSF's word alone, or, when neither bjobs nor bhist know
it although LSF answers, as LOST.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lsf_agent.scheduler import Detail, Look, Past, Record
from realtime.domain.status import Status

NOT_FOUND_GRACE = timedelta(seconds=60)
"""After a submission LSF may answer from a snapshot taken before it."""
HISTORY_AGAIN = timedelta(seconds=60)
DETAIL_TRIES = 5


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
    """The LSF jobs of all jobs. `follow` until `settled` (the end is told and acknowledged) or `forget`."""

    def __init__(self) -> None:
        self._tracks: dict[tuple[str, str], _Track] = {}

    def follow(self, job: str, lsf_id: str, since: datetime) -> bool:
        """`since`: when it was submitted, or first heard of. False: followed already, or no id of a job."""
        if (job, lsf_id) in self._tracks or not (lsf_id.isascii() and lsf_id.isdigit() and int(lsf_id)):
            return False
        self._tracks[job, lsf_id] = _Track(job, lsf_id, since)
        return True

    def forget(self, job: str) -> None:
        """The manager does not have this job any more."""
        self._tracks = {key: track for key, track in self._tracks.items() if track.job != job}

    def settled(self, change: Change) -> None:
        """What was told has been acknowledged: an ended job of which nothing more is awaited is let go."""
        track = self._tracks.get((change.job, change.lsf_id))
        if track is not None and track.told == change.record:
            track.acknowledged = True
            self._let_go(track)

    def jobs_of(self, lsf_id: str) -> list[str]:
        return [track.job for track in self._named(lsf_id)]

    def follows(self, job: str) -> bool:
        return any(track.job == job for track in self._tracks.values())

    def submitted_at(self, job: str, lsf_id: str) -> datetime | None:
        track = self._tracks.get((job, lsf_id))
        return track.since if track else None

    def log_file(self, job: str, lsf_id: str) -> str | None:
        track = self._tracks.get((job, lsf_id))
        return track.told.log_file if track and track.told else None

    @property
    def busy(self) -> bool:
        """Something may still change."""
        return any(track.open for track in self._tracks.values())

    def wanted(self) -> list[str]:
        """Ids to look at now: all that have not ended."""
        return sorted({track.lsf_id for track in self._tracks.values() if not track.ended}, key=int)

    def everything(self) -> list[Change]:
        """All that was told, for a manager that may not have heard it."""
        return [Change(track.job, track.lsf_id, track.told) for track in self._tracks.values() if track.told]

    def looked(self, look: Look) -> list[Change]:
        """What a look changes."""
        changes: list[Change] = []
        for track in self._open(look.records.keys() | look.missing):
            record = look.records.get(track.lsf_id)
            track.missing = record is None and look.answered
            if record is not None:
                track.thorough = look.thorough
                changes += self._tell(track, record)
        return changes

    def history_due(self, now: datetime) -> list[str]:
        """Ids that LSF does not list, past the grace: bhist is to be asked. Each is told again only after a while."""
        due = [
            track
            for track in self._tracks.values()
            if track.missing
            and not track.ended
            and now - track.since >= NOT_FOUND_GRACE
            and (track.history_asked_at is None or now - track.history_asked_at >= HISTORY_AGAIN)
        ]
        for track in due:
            track.history_asked_at = now
        return sorted({track.lsf_id for track in due}, key=int)

    def history(self, lsf_id: str, answer: Record | Past) -> list[Change]:
        """What bhist's answer changes: an end counts, unknown there too is LOST; but not if bjobs lists it again."""
        changes: list[Change] = []
        for track in self._open({lsf_id}):
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
        due = [track for track in self._tracks.values() if track.wants_detail]
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
            else:
                track.detail_open = False
                self._let_go(track)

    def detail(self, lsf_id: str, detail: Detail | None) -> list[Change]:
        """What the long description adds; exit code and reason only to an EXIT. None: LSF describes it no more."""
        changes: list[Change] = []
        for track in self._named(lsf_id):
            track.detail_open = False
            if track.told is not None and detail is not None:
                changes += self._tell(track, _detailed(track.told, detail))
            self._let_go(track)
        return changes

    def _named(self, lsf_id: str) -> list[_Track]:
        return [track for track in self._tracks.values() if track.lsf_id == lsf_id]

    def _let_go(self, track: _Track) -> None:
        if track.acknowledged and not track.open:
            self._tracks.pop((track.job, track.lsf_id), None)

    def _open(self, ids: Collection[str]) -> Iterable[_Track]:
        return [track for track in self._tracks.values() if track.lsf_id in ids and not track.ended]

    def _tell(self, track: _Track, record: Record) -> list[Change]:
        merged = _merged(track.told, record)
        if merged == track.told:
            return []
        track.told = merged
        track.acknowledged = False
        return [Change(track.job, track.lsf_id, merged)]


def _merged(old: Record | None, new: Record) -> Record:
    """A value that is not told this time has not gone; exit code and reason belong to their status."""
    if old is None:
        return new
    same = old.status is new.status
    return replace(
        new,
        queue=new.queue or old.queue,
        host=new.host or (old.host if not _waiting(new) else None),
        log_file=new.log_file or old.log_file,
        exit_code=old.exit_code if same and new.exit_code is None else new.exit_code,
        reason=new.reason or (old.reason if same else None),
    )


def _detailed(told: Record, detail: Detail) -> Record:
    exited = told.status is Status.EXIT
    return replace(
        told,
        log_file=told.log_file or detail.log_file,
        exit_code=detail.exit_code if exited else told.exit_code,
        reason=detail.reason if exited else told.reason,
    )


def _waiting(record: Record) -> bool:
    return record.status in (Status.PEND, Status.PSUSP, Status.WAIT)
