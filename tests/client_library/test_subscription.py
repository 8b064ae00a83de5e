"""`subscribe` in front of a real server that is killed, stopped, restarted and replaced."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from realtime.client import Change, Refused, Subscription, subscribe
from realtime.protocol.wire import encode
from tests.bus.waiting import until
from tests.client_library.served import kill, rows_of_store, served
from tests.pages.manager import TOKEN, Manager

SECONDS = 20.0


@pytest.fixture(scope="module")
def manager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Manager]:
    manager = served(tmp_path_factory.mktemp("served"))
    yield manager
    manager.stop()


class Follower:
    """A subscription that is followed, and everything it said."""

    def __init__(self, subscription: Subscription) -> None:
        self.subscription = subscription
        self.changes: list[Change] = []
        self.of_changes: dict[str, Any] = {}
        """rows by key, from the changes alone"""

    async def run(self) -> None:
        async for change in self.subscription:
            if change.reset:
                self.of_changes = {}
            self.of_changes |= {row.key: row for row in change.put}
            for key in change.drop:
                self.of_changes.pop(key, None)
            self.changes.append(change)

    @property
    def rows(self) -> dict[str, Any]:
        """The view, as JSON, without the locations."""
        view = json.loads(encode(dict(self.subscription.view)))
        return {key: row for key, row in view.items() if row["kind"] != "location"}

    async def reaches(self, manager: Manager) -> None:
        """Wait until the view is what the store says."""
        await self.after(lambda: self.rows == rows_of_store(manager))
        assert self.of_changes == dict(self.subscription.view)

    async def after(self, true: Callable[[], object]) -> None:
        await until(true, SECONDS)


@asynccontextmanager
async def followed(manager: Manager, since: str | None = None) -> AsyncIterator[Follower]:
    follower = Follower(subscribe(manager.url, "xpp1", since, token=TOKEN))
    task = asyncio.create_task(follower.run())
    try:
        await follower.after(lambda: follower.subscription.connected or task.done())
        yield follower
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_the_view_is_the_stores_after_every_change(manager: Manager) -> None:
    async with followed(manager) as follower:
        await follower.after(lambda: follower.changes)
        assert follower.changes[0].reset
        assert {row.key for row in follower.changes[0].put} == follower.subscription.view.keys()
        await follower.reaches(manager)
        number = manager.call("POST", "/experiments/xpp1/runs", {"params": {"Sample": "LaB6"}})["number"]
        job = manager.call("POST", "/experiments/xpp1/jobs", {"definition": "one", "runs": number})["jobs"][0]
        await follower.reaches(manager)
        manager.call("POST", f"/jobs/{job['id']}/kill")
        await follower.reaches(manager)
        manager.call("DELETE", f"/jobs/{job['id']}")
        await follower.after(lambda: job["key"] not in follower.subscription.view)
        await follower.reaches(manager)
        assert not any(change.reset for change in follower.changes[1:])
        assert [change.seq for change in follower.changes] == sorted({change.seq for change in follower.changes})


async def test_since_a_position_only_what_is_newer_comes(manager: Manager) -> None:
    async with followed(manager) as follower:
        await follower.after(lambda: follower.changes)
        since = follower.subscription.position
    assert since == follower.changes[-1].position
    run = manager.call("POST", "/experiments/xpp1/runs", {})
    async with followed(manager, since) as follower:
        await follower.after(lambda: follower.changes)
        assert not follower.changes[0].reset
        assert follower.subscription.view.keys() == {run["key"]}


async def test_a_position_that_cannot_be_served_gives_the_whole_view(manager: Manager) -> None:
    async with followed(manager, "feed:1") as follower:
        await follower.reaches(manager)
        assert [change.reset for change in follower.changes] == [True]


async def test_what_was_iterated_before_is_gone_on_from(manager: Manager) -> None:
    subscription = subscribe(manager.url, "xpp1", token=TOKEN)
    async for first in subscription:
        assert first.reset
        break
    run = manager.call("POST", "/experiments/xpp1/runs", {})
    async for second in subscription:
        assert not second.reset
        assert run["key"] in {row.key for row in second.put}
        break


async def test_without_an_experiment_it_is_the_list_of_experiments(manager: Manager) -> None:
    subscription = subscribe(manager.url, None, token=TOKEN)
    async for change in subscription:
        assert change.reset
        break
    assert "experiment/xpp1" in subscription.view


async def test_the_token_is_the_variables_unless_another_one_is_given(
    manager: Manager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BATCHBOARD_TOKEN", TOKEN)
    async for _ in subscribe(manager.url, "xpp1"):
        break
    monkeypatch.setenv("BATCHBOARD_TOKEN", "another")
    with pytest.raises(Refused) as refused:
        await anext(aiter(subscribe(manager.url, "xpp1")))
    assert refused.value.status == 401
    assert "token" in str(refused.value)


async def test_what_does_not_exist_is_refused_with_the_servers_words(manager: Manager) -> None:
    with pytest.raises(Refused, match="nowhere") as refused:
        await anext(aiter(subscribe(manager.url, "nowhere", token=TOKEN)))
    assert refused.value.status == 404


async def test_a_server_that_was_killed_is_come_back_to_without_a_new_snapshot(tmp_path: Path) -> None:
    manager = served(tmp_path)
    try:
        async with followed(manager) as follower:
            await follower.reaches(manager)
            kill(manager)
            await follower.after(lambda: not follower.subscription.connected)
            assert follower.subscription.problem
            manager.start()
            manager.call("POST", "/experiments/xpp1/jobs", {"definition": "one", "runs": 2})
            await follower.reaches(manager)
            assert follower.subscription.problem is None
            assert [change.reset for change in follower.changes] == [True] + [False] * (len(follower.changes) - 1)
    finally:
        manager.stop()


async def test_a_server_that_says_goodbye_is_come_back_to(tmp_path: Path) -> None:
    manager = served(tmp_path)
    try:
        async with followed(manager) as follower:
            await follower.reaches(manager)
            manager.stop()
            await follower.after(lambda: not follower.subscription.connected)
            manager.start()
            manager.call("PATCH", "/experiments/xpp1/runs/1", {"params": {"Sample": "Si"}})
            await follower.reaches(manager)
            assert sum(change.reset for change in follower.changes) == 1
    finally:
        manager.stop()


async def test_another_store_under_the_same_address_replaces_the_view(tmp_path: Path) -> None:
    manager = served(tmp_path / "one")
    other = Manager(tmp_path / "two", manager.port)
    try:
        async with followed(manager) as follower:
            await follower.reaches(manager)
            epoch = follower.changes[-1].epoch
            manager.call("POST", "/experiments/xpp1/runs", {"number": 77})
            await follower.after(lambda: "run/77" in follower.subscription.view)
            kill(manager)
            _made_elsewhere(other)
            other.start()
            await follower.reaches(other)
            assert follower.changes[-1].epoch != epoch
            assert "run/77" not in follower.subscription.view
            assert [change.reset for change in follower.changes].count(True) == 2
    finally:
        manager.stop()
        other.stop()


def _made_elsewhere(other: Manager) -> None:
    """A furnished store, made by a server on another port, so that nobody comes before it is furnished."""
    elsewhere = served(other.folder.with_name("elsewhere"))
    elsewhere.stop()
    shutil.move(elsewhere.folder, other.folder)
