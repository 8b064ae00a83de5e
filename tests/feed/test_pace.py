"""When a pass may begin, and what is done once for all who ask for it."""

import asyncio

import pytest

from realtime.feed.pace import Pace
from realtime.feed.together import Together


def test_the_first_news_go_out_at_once() -> None:
    assert Pace().wait(1000.0) == 0


def test_short_passes_begin_25_ms_apart() -> None:
    pace = Pace()
    pace.passed(100.0, 100.002)
    assert pace.wait(100.002) == pytest.approx(0.023)
    assert pace.wait(100.025) == 0


def test_after_a_long_pass_others_have_as_much_time() -> None:
    pace = Pace()
    pace.passed(100.0, 100.2)
    assert pace.wait(100.2) == pytest.approx(0.2)
    assert pace.wait(101.0) == 0


async def test_who_asks_for_the_same_at_the_same_time_is_given_the_same() -> None:
    together: Together[object] = Together()
    gate = asyncio.Event()
    made = []

    async def make() -> object:
        await gate.wait()
        made.append(object())
        return made[-1]

    first, leaver, other = (asyncio.create_task(together.call("a", make)) for _ in range(3))
    apart = asyncio.create_task(together.call("b", make))
    await asyncio.sleep(0)
    leaver.cancel()
    gate.set()
    assert await first is await other
    assert await apart is not await first
    assert leaver.cancelled() or leaver.cancelling()
    assert await together.call("a", make) is not await first
    assert len(made) == 3


async def test_what_fails_fails_for_all_who_asked_and_the_next_is_tried_anew() -> None:
    together: Together[int] = Together()

    async def fail() -> int:
        await asyncio.sleep(0)
        raise OSError("no")

    async def succeed() -> int:
        return 1

    asked = await asyncio.gather(together.call("a", fail), together.call("a", fail), return_exceptions=True)
    assert [type(error) for error in asked] == [OSError, OSError]
    assert await together.call("a", succeed) == 1
