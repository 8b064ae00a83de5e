"""New and changing jobs are looked at often, quiet ones seldom; many of them make no more commands than allowed."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lsf_agent.following.follower import CHUNK, CHUNKS_AT_ONCE
from lsf_agent.following.rounds import Rounds

INTERVAL = 10.0
MOST = CHUNK * CHUNKS_AT_ONCE


def rounds(count: int = 0) -> Rounds:
    made = Rounds(INTERVAL, lambda seconds: seconds)
    for number in range(1, count + 1):
        made.add(str(number), 0.0)
    return made


def looks(made: Rounds, lsf_id: str, begin: float, end: float) -> list[float]:
    """Times of a day of ticks at which the job is looked at."""
    return [
        now
        for now in (begin + INTERVAL * tick for tick in range(int((end - begin) / INTERVAL)))
        if lsf_id in made.take(now, MOST, CHUNK)
    ]


def test_a_job_is_looked_at_less_often_the_longer_it_is_quiet() -> None:
    made = rounds(1)
    seen = looks(made, "1", 0.0, 1500.0)
    gaps = [after - before for before, after in pairwise(seen)]
    assert gaps[:11] == [10.0] * 11
    assert set(gaps[12:27]) == {30.0}
    assert set(gaps[-10:]) == {60.0}


def test_a_change_makes_it_young_again() -> None:
    made = rounds(1)
    looks(made, "1", 0.0, 1000.0)
    made.add("1", 1000.0)
    assert looks(made, "1", 1010.0, 1050.0) == [1010.0, 1020.0, 1030.0, 1040.0]


def test_what_is_hurried_comes_before_what_is_due() -> None:
    made = rounds(1000)
    made.take(0.0, MOST, CHUNK)
    made.hurry("777")
    assert made.take(5.0, 1, CHUNK) == ["777"]
    made.hurry("9999")
    assert made.take(5.0, 1, CHUNK) == []


def test_what_is_dropped_is_not_looked_at() -> None:
    made = rounds(2)
    made.drop("1")
    assert made.take(0.0, MOST, CHUNK) == ["2"] and len(made) == 1
    made.add("1", 0.0)
    assert "1" in made.take(0.0, MOST, CHUNK)


def test_a_failed_look_is_due_again_in_an_interval() -> None:
    made = rounds(1)
    looks(made, "1", 0.0, 1000.0)
    made.hurry("1")
    assert made.take(1000.0, MOST, CHUNK) == ["1"]
    made.soon("1", 1000.0)
    assert made.take(1009.0, MOST, CHUNK) == []
    assert made.take(1010.0, MOST, CHUNK) == ["1"]


def test_a_command_that_is_not_full_takes_those_along_that_are_nearly_due() -> None:
    made = rounds(20)
    looks(made, "1", 0.0, 1000.0)
    made.hurry("1")
    near = [now for now in (1000.0, 1010.0, 1020.0, 1030.0, 1040.0, 1050.0) if len(made.take(now, MOST, CHUNK)) >= 19]
    assert len(near) == 1


def commands(made: Rounds, begin: float, minutes: int) -> float:
    """A minute, on average."""
    taken = (len(made.take(begin + INTERVAL * tick, MOST, CHUNK)) for tick in range(minutes * 6))
    return sum(-(-count // CHUNK) for count in taken) / minutes


def test_ten_thousand_new_jobs_are_looked_at_with_thirty_commands_a_minute() -> None:
    made = rounds(10_000)
    assert commands(made, 0.0, 2) <= 30


def test_ten_thousand_quiet_jobs_and_many_new_ones_are_looked_at_with_thirty_commands_a_minute() -> None:
    made = rounds(10_000)
    commands(made, 0.0, 20)
    assert commands(made, 1200.0, 5) <= 22
    for number in range(20_000, 20_400):
        made.add(str(number), 1500.0)
    assert commands(made, 1500.0, 2) <= 30


@given(st.lists(st.tuples(st.sampled_from("ahsd"), st.integers(1, 30)), max_size=60), st.integers(1, 40))
def test_whatever_happens_no_job_is_forgotten_and_none_is_taken_twice(doings: list[tuple[str, int]], most: int) -> None:
    made, there, now = rounds(), set(), 0.0
    for what, number in doings:
        lsf_id = str(number)
        now += 1.0
        match what:
            case "a":
                made.add(lsf_id, now)
                there.add(lsf_id)
            case "h":
                made.hurry(lsf_id)
            case "s":
                made.soon(lsf_id, now)
            case _:
                made.drop(lsf_id)
                there.discard(lsf_id)
        if number % 3 == 0:
            taken = made.take(now, most, 5)
            assert len(taken) == len(set(taken)) <= most and set(taken) <= there
    everything = made.take(now + 10_000.0, 10_000, 5)
    assert sorted(everything) == sorted(there)
