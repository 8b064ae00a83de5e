"""What a word of LSF does to what is known, over every pair of states."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from realtime.domain.job import LsfJob, LsfWord, advance, submitted
from realtime.domain.status import FROM_LSF, Status

START = datetime(2026, 11, 22, 2, 14, tzinfo=UTC)
SAID = [*sorted(FROM_LSF), Status.LOST]
orders = st.tuples(st.integers(1, 3), st.integers(1, 5))
words = st.builds(
    LsfWord,
    lsf_id=st.just("7"),
    status=st.sampled_from(SAID),
    order=orders,
    at=st.integers(0, 10_000).map(lambda s: START + timedelta(seconds=s)),
    exit_code=st.none() | st.integers(0, 255),
    reason=st.none() | st.just("run limit reached"),
    queue=st.none() | st.just("psanaq"),
    host=st.none() | st.just("node7"),
    elements=st.sampled_from([{}, {"DONE": 57, "RUN": 20}]),
)


def known(status: Status, order: tuple[int, int] = (1, 1)) -> LsfJob:
    return LsfJob(lsf_id="7", status=status, order=order, as_of=START, submitted_at=START)


@given(st.sampled_from(SAID), words)
def test_an_older_or_repeated_word_changes_nothing(status: Status, word: LsfWord) -> None:
    before = known(status, order=max(word.order, (2, 3)))
    assert advance(before, word) == before


@given(st.sampled_from(SAID), words)
def test_taking_a_word_twice_is_taking_it_once(status: Status, word: LsfWord) -> None:
    once = advance(known(status, (0, 0)), word)
    assert advance(once, word) == once


@given(st.sampled_from(SAID), words)
def test_every_pair_of_states_has_the_status_that_the_rule_says(status: Status, word: LsfWord) -> None:
    after = advance(known(status, (0, 0)), word)
    absorbs = status in (Status.DONE, Status.EXIT) and not word.status.live
    assert after.status is (status if absorbs else word.status)
    assert after.order == word.order


@given(st.lists(words, max_size=8))
def test_the_end_result_does_not_depend_on_repetition_or_late_arrivals(said: list[LsfWord]) -> None:
    in_order = sorted(said, key=lambda word: word.order)
    once = known(Status.PEND, (0, 0))
    for word in in_order:
        once = advance(once, word)
    disturbed = known(Status.PEND, (0, 0))
    for word in in_order:
        disturbed = advance(disturbed, word)
        disturbed = advance(disturbed, in_order[0])
    assert disturbed == once


@given(st.sampled_from(SAID), words)
def test_an_end_time_stands_exactly_when_the_state_is_an_end(status: Status, word: LsfWord) -> None:
    after = advance(known(Status.RUN, (0, 0)), word)
    assert (after.ended_at is None) == after.status.live


def word(status: Status, n: int, seconds: int, **values: Any) -> LsfWord:
    return LsfWord(lsf_id="7", status=status, order=(1, n), at=START + timedelta(seconds=seconds), **values)


def test_a_requeued_job_is_live_again_and_keeps_no_old_end() -> None:
    job = submitted("7", (1, 1), START)
    for step in (
        word(Status.RUN, 2, 5),
        word(Status.EXIT, 3, 9, exit_code=3, reason="exit 3"),
        word(Status.PEND, 4, 12),
    ):
        job = advance(job, step)
    assert (job.status, job.ended_at, job.exit_code, job.reason, job.started_at) == (
        Status.PEND,
        None,
        None,
        None,
        None,
    )
    job = advance(job, word(Status.RUN, 5, 20))
    assert job.started_at == START + timedelta(seconds=20)


def test_the_first_word_of_lsf_ends_the_wish_that_it_be_followed_and_elements_stay_until_newer_ones_come() -> None:
    named = replace(submitted("7", (1, 1), START), follow_due_at=START, named=True)
    running = advance(named, word(Status.RUN, 2, 5, elements={"RUN": 77}))
    assert (running.follow_due_at, running.named, running.elements) == (None, True, {"RUN": 77})
    ended = advance(running, word(Status.DONE, 3, 9))
    assert ended.elements == {"RUN": 77}
    assert advance(ended, word(Status.DONE, 4, 10, elements={"DONE": 77})).elements == {"DONE": 77}


def test_details_that_arrive_after_the_end_are_taken() -> None:
    ended = advance(submitted("7", (1, 1), START), word(Status.EXIT, 2, 5))
    later = advance(ended, word(Status.EXIT, 3, 8, exit_code=137, reason="killed: ran out of memory, TERM_MEMLIMIT"))
    assert (later.exit_code, later.reason) == (137, "killed: ran out of memory, TERM_MEMLIMIT")
    assert later.ended_at == START + timedelta(seconds=5)
