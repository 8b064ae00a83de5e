"""Only differences are told, no news is no news, and only LSF's own word ends a job."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lsf_agent.following.merging import merged
from lsf_agent.following.tracker import Change, Tracker
from lsf_agent.scheduler import Detail, Look, Past, Record, Usage
from realtime.domain.status import Status

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LATER = NOW + timedelta(seconds=61)
RUN = Record(status=Status.RUN, queue="q", host="h")


def look(*, missing: tuple[str, ...] = (), thorough: bool = True, **records: Record) -> Look:
    by_id = {name.removeprefix("j"): record for name, record in records.items()}
    return Look(records=by_id, missing=frozenset(missing), answered=True, thorough=thorough)


@pytest.fixture
def tracker() -> Tracker:
    tracker = Tracker()
    assert tracker.follow("job", "7", NOW)
    return tracker


def statuses(changes: list[Change]) -> list[Status]:
    return [change.record.status for change in changes]


def test_a_change_is_told_once(tracker: Tracker) -> None:
    assert tracker.looked(look(j7=RUN)) == [Change("job", "7", RUN)]
    assert tracker.looked(look(j7=RUN)) == []
    assert statuses(tracker.looked(look(j7=Record(status=Status.PEND)))) == [Status.PEND]


def test_what_is_not_told_this_time_has_not_gone(tracker: Tracker) -> None:
    tracker.looked(look(j7=Record(status=Status.RUN, queue="q", host="h", log_file="/l")))
    assert tracker.looked(look(j7=Record(status=Status.RUN))) == []


def test_silence_and_absence_are_no_news(tracker: Tracker) -> None:
    tracker.looked(look(j7=RUN))
    assert tracker.looked(Look(problem="bjobs did not answer")) == []
    assert tracker.looked(look()) == []
    assert tracker.live("7") and tracker.history_due(LATER) == []


def test_not_found_is_ignored_just_after_the_submission(tracker: Tracker) -> None:
    tracker.looked(look(missing=("7",)))
    assert tracker.history_due(NOW + timedelta(seconds=59)) == []
    assert tracker.history_due(LATER) == ["7"]
    assert tracker.history_due(LATER) == []


def test_unknown_to_both_is_lost(tracker: Tracker) -> None:
    tracker.looked(look(j7=RUN))
    tracker.looked(look(missing=("7",)))
    (change,) = tracker.history("7", Past.UNKNOWN)
    assert (change.record.status, change.record.queue) == (Status.LOST, "q")
    assert not tracker.live("7")


def test_the_history_tells_the_end(tracker: Tracker) -> None:
    tracker.looked(look(missing=("7",)))
    assert tracker.history("7", Past.ALIVE) == []
    assert statuses(tracker.history("7", Record(status=Status.DONE, exit_code=0))) == [Status.DONE]


def test_a_history_that_comes_after_bjobs_lists_the_job_again_is_void(tracker: Tracker) -> None:
    tracker.looked(look(missing=("7",)))
    tracker.looked(look(j7=RUN))
    assert tracker.history("7", Past.UNKNOWN) == []


def test_an_ended_job_is_not_looked_at_and_let_go_when_acknowledged(tracker: Tracker) -> None:
    (running,) = tracker.looked(look(j7=RUN))
    (done,) = tracker.looked(look(j7=Record(status=Status.DONE)))
    assert not tracker.live("7") and tracker.follows("job")
    tracker.settled(running)
    assert tracker.follows("job")
    assert tracker.everything() == [done]
    tracker.settled(done)
    assert not tracker.follows("job")


def test_details_are_asked_where_the_list_does_not_tell_them(tracker: Tracker) -> None:
    tracker.looked(look(j7=RUN, thorough=False))
    assert tracker.detail_due() == ["7"] and tracker.detail_due() == []
    assert [c.record.log_file for c in tracker.detail("7", Detail(log_file="/l"))] == ["/l"]
    (ended,) = tracker.looked(look(j7=Record(status=Status.EXIT), thorough=False))
    assert tracker.detail_due() == ["7"]
    tracker.settled(ended)
    assert tracker.follows("job"), "its details are awaited"
    (full,) = tracker.detail("7", Detail(exit_code=7, reason="exit 7"))
    assert (full.record.exit_code, full.record.reason, full.record.log_file) == (7, "exit 7", "/l")
    tracker.settled(full)
    assert not tracker.follows("job")


def test_details_that_never_come_hold_nothing_for_ever(tracker: Tracker) -> None:
    (ended,) = tracker.looked(look(j7=Record(status=Status.EXIT), thorough=False))
    tracker.settled(ended)
    for _ in range(5):
        assert tracker.detail_due() == ["7"]
        tracker.detail_failed("7")
    assert not tracker.follows("job")


def test_the_end_of_an_earlier_life_does_not_colour_a_requeued_job(tracker: Tracker) -> None:
    tracker.looked(look(j7=Record(status=Status.ZOMBI, reason="x")))
    (again,) = tracker.looked(look(j7=Record(status=Status.PEND)))
    assert again.record.reason is None


def test_a_deleted_job_is_forgotten(tracker: Tracker) -> None:
    tracker.follow("other", "7", NOW)
    tracker.forget("job")
    assert not tracker.follows("job") and tracker.live("7")


def test_elements_that_lsf_forgets_one_by_one_have_ended_as_they_did(tracker: Tracker) -> None:
    tracker.looked(look(j7=Record(status=Status.RUN, elements={"RUN": 3})))
    tracker.looked(look(j7=Record(status=Status.RUN, elements={"RUN": 1, "EXIT": 1, "DONE": 1})))
    assert tracker.looked(look(j7=Record(status=Status.RUN, elements={"RUN": 1}))) == []
    (ended,) = tracker.looked(look(j7=Record(status=Status.DONE, exit_code=0, elements={"DONE": 1})))
    assert ended.record.elements == {"DONE": 2, "EXIT": 1}
    assert (ended.record.status, ended.record.exit_code, ended.record.reason) == (
        Status.EXIT,
        None,
        "an element of the array failed",
    )


def test_elements_that_run_again_are_not_counted_twice(tracker: Tracker) -> None:
    tracker.looked(look(j7=Record(status=Status.RUN, elements={"RUN": 1, "EXIT": 2})))
    (again,) = tracker.looked(look(j7=Record(status=Status.RUN, elements={"RUN": 2, "EXIT": 1})))
    assert again.record.elements == {"RUN": 2, "EXIT": 1}


LIVE = [status for status in Status if status.from_lsf and status.live]


@pytest.mark.parametrize("after", LIVE)
@pytest.mark.parametrize("before", LIVE)
def test_any_live_state_may_follow_any_other(tracker: Tracker, before: Status, after: Status) -> None:
    tracker.looked(look(j7=Record(status=before)))
    assert statuses(tracker.looked(look(j7=Record(status=after)))) == ([after] if after is not before else [])
    assert tracker.live("7")


def test_what_is_followed_is_counted_by_status(tracker: Tracker) -> None:
    tracker.follow("job", "8", NOW)
    tracker.follow("job", "9", NOW)
    tracker.looked(look(j7=RUN, j8=Record(status=Status.DONE)))
    assert tracker.counts() == {"RUN": 1, "not seen yet": 1}


def test_an_id_is_of_the_job_that_had_it_first(tracker: Tracker) -> None:
    tracker.follow("other", "7", NOW)
    assert tracker.jobs_of("7") == ["job", "other"] and tracker.ids_of("other") == ["7"]
    tracker.forget("job")
    assert tracker.jobs_of("7") == ["other"] and tracker.ids_of("job") == []


@pytest.mark.parametrize("lsf_id", ["0", "", "7[2]", "-1", "abc", "٣"])
def test_only_ids_of_whole_jobs_are_followed(tracker: Tracker, lsf_id: str) -> None:
    assert not tracker.follow("job", lsf_id, NOW)


FULL = Usage(max_memory=8, memory_limit=9, run_limit=60.0, cpu_time=2.0)


def test_what_a_job_took_is_told_of_its_end_alone(tracker: Tracker) -> None:
    tracker.looked(look(j7=RUN, thorough=False))
    (limits,) = tracker.detail("7", Detail(usage=FULL))
    assert limits.record.usage == FULL.limits
    assert tracker.looked(look(j7=RUN, thorough=False)) == [], "what was told once has not gone"
    (ended,) = tracker.looked(look(j7=Record(status=Status.EXIT, usage=Usage(max_memory=7)), thorough=False))
    assert ended.record.usage == replace(FULL, max_memory=7, cpu_time=None)
    (whole,) = tracker.detail("7", Detail(usage=FULL))
    assert whole.record.usage == FULL


def test_a_job_that_is_requeued_has_taken_nothing() -> None:
    ended = Record(status=Status.EXIT, usage=FULL)
    assert merged(ended, Record(status=Status.PEND)).usage == FULL.limits
