"""An older copy of the store in its place: clients begin anew, and yesterday's requests are marked as such."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from quart.testing import QuartClient

from realtime.app import open_house
from realtime.bus.in_process import InProcessBus
from realtime.settings import Settings
from realtime.web.edge import application
from tests.client import Client, SayingAgent, bearer
from tests.conftest import TOKEN


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[Client]:
    """An application over what lies in the data directory."""
    bus = InProcessBus()
    await bus.start()
    async with open_house(settings, bus, "in-process") as house:
        app = application(house)
        async with app.test_app():
            yield Client(QuartClient(app), bearer(TOKEN), house)
    await bus.close()


@pytest.fixture
def database(settings: Settings, empty_database: Path) -> Path:
    """Where the store lies."""
    settings.data_dir.mkdir()
    return shutil.copyfile(empty_database, settings.data_dir / "batchboard.db")


async def test_an_older_copy_of_the_store_begins_a_new_epoch_and_its_requests_are_told_as_restored(
    settings: Settings, database: Path, tmp_path: Path
) -> None:
    async with serving(settings) as client:
        await client.prepare(runs=2)
        old = await client.apply(1)
        listed = await client.get("/experiments/demo/jobs")
        position = f"{listed['epoch']}:{listed['seq']}"
    shutil.copyfile(database, tmp_path / "copy.db")
    async with serving(settings) as client:
        agent = SayingAgent(client)
        await agent.lease()
        assert [submit.restored for submit in (await agent.work()).submit] == [False]
        await agent.claim(old["id"])
        await agent.submitted(old["id"], "7")
        assert (await client.call("GET", f"/experiments/demo/changes?since={position}")).status == 200
    shutil.copyfile(tmp_path / "copy.db", database)
    async with serving(settings) as client:
        assert (await client.get(f"/jobs/{old['id']}"))["status"] == "Request Sent", "the store has forgotten"
        assert (await client.get("/experiments/demo/jobs"))["epoch"] != listed["epoch"]
        gone = await client.call("GET", f"/experiments/demo/changes?since={position}")
        assert gone.error == ("gone", "since")
        agent = SayingAgent(client, seen_generation=agent.generation)
        assert (await agent.lease()).generation > agent.seen_generation
        new = await client.apply(2)
        work = await agent.work()
        assert {submit.job: submit.restored for submit in work.submit} == {old["id"]: True, new["id"]: False}
        await agent.submitted(old["id"], doubt="the batch client has lost its records of this script")
        row = await client.get(f"/jobs/{old['id']}")
        assert (row["status"], row["detail"][:8]) == ("LSF_Slow", "unknown:")
        assert [submit.job for submit in (await agent.work()).submit] == [new["id"]], "it is held, not run again"
        assert [one.job for one in (await SayingAgent(client).lease()).unsettled] == [old["id"]]


async def test_an_agent_that_knows_a_newer_generation_tells_that_its_location_is_an_older_copy(client: Client) -> None:
    await client.prepare(runs=2)
    old = await client.apply(1)
    agent = SayingAgent(client, seen_generation=41, seen_epoch=(await client.get("/experiments"))["epoch"])
    assert (await agent.lease()).generation == 42
    new = await client.apply(2)
    work = await agent.work()
    assert {submit.job: submit.restored for submit in work.submit} == {old["id"]: True, new["id"]: False}
    killed = await client.post(f"/jobs/{old['id']}/kill")
    assert killed["status"] == "Request Sent", "LSF may have it from the days that the store has forgotten"
    assert [kill.job for kill in (await agent.work()).kill] == [old["id"]]
    again = SayingAgent(client, seen_generation=42)
    assert (await again.lease()).generation == 43
    restored = {submit.job: submit.restored for submit in (await again.work()).submit}
    assert restored == {old["id"]: True, new["id"]: False}, "a lease that is in order restores nothing"
    await again.killed(old["id"])
    row = await client.get(f"/jobs/{old['id']}")
    assert (row["status"], "LSF may have it" in row["reason"]) == ("EXIT", True)


async def test_a_store_made_anew_under_an_old_agent_is_no_older_copy(client: Client) -> None:
    await client.prepare()
    waiting = await client.apply(1)
    agent = SayingAgent(client, seen_generation=41, seen_epoch="another")
    assert (await agent.lease()).generation == 42
    assert {submit.job: submit.restored for submit in (await agent.work()).submit} == {waiting["id"]: False}
