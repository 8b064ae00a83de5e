"""How full the queues of a farm are, as its agent tells it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from realtime.protocol.agent import AgentState
from realtime.protocol.rows import Queue
from realtime.protocol.wire import decode, encode
from realtime.store import lists
from tests.client import Client, SayingAgent

PSANAQ = Queue(name="psanaq", status="Open:Active", pending=312, running=480, suspended=0)


async def shown(client: Client) -> Any:
    (location,) = await client.house.store.read(lists.locations)
    return decode(encode(location), Any)


async def test_queues_are_shown_once_they_are_told_and_stay_while_nobody_knows_more(client: Client) -> None:
    agent = SayingAgent(client)
    await agent.lease()
    await agent.work()
    assert ((await shown(client))["queues"], (await shown(client))["queues_at"]) == (None, None)
    at = datetime.now(UTC)
    agent.state = AgentState(queues=[PSANAQ], queues_at=at)
    await agent.work()
    expected = [{"name": "psanaq", "status": "Open:Active", "pending": 312, "running": 480, "suspended": 0}]
    assert (await shown(client))["queues"] == expected
    agent.state = AgentState()
    await agent.work()
    assert (await shown(client))["queues"] == expected
    assert datetime.fromisoformat((await shown(client))["queues_at"]) == at


async def test_news_of_queues_move_in_steps(client: Client) -> None:
    agent = SayingAgent(client)
    await agent.lease()
    at = datetime.now(UTC)
    pending = []
    for count, after in ((1, 0), (2, 5), (3, 14), (4, 15)):
        told = Queue(name="psanaq", status="Open:Active", pending=count, running=0, suspended=0)
        agent.state = AgentState(queues=[told], queues_at=at + timedelta(seconds=after))
        await agent.work()
        pending.append((await shown(client))["queues"][0]["pending"])
    assert pending == [1, 1, 1, 4]


async def test_not_more_queues_are_shown_than_fit(client: Client) -> None:
    agent = SayingAgent(client)
    await agent.lease()
    agent.state = AgentState(queues=[PSANAQ] * 150, queues_at=datetime.now(UTC))
    await agent.work()
    assert len((await shown(client))["queues"]) == 100
