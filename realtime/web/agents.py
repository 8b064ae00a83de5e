"""The agent's routes (own token): lease, work by a held-open request, claims, observations, answers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

import msgspec
from quart import Blueprint, Response, request

from realtime.domain.errors import Conflict
from realtime.protocol.agent import VERSION, AgentState, Claim, Claimed, Lease, LeaseRequest, Work, WorkRequest
from realtime.protocol.observations import Acknowledged, Observations
from realtime.protocol.questions import Answer
from realtime.protocol.wire import encode
from realtime.service import agents as service
from realtime.service.observations import observe
from realtime.service.work import hand_out
from realtime.store.tx import Tx
from realtime.web.auth import check_agent
from realtime.web.context import house
from realtime.web.routing import decode_body, json_response

agents = Blueprint("agents", __name__, url_prefix="/agent/v1")

T = TypeVar("T")

HOLD = 5.0
"""Seconds that a request for work is held open."""
LOOK_EVERY = 1.0
"""Seconds between two looks for work, should its news have got lost; the agent counts as heard of at each."""
NOTHING = Work()


async def _body(kind: type[T]) -> T:
    check_agent(request, house())
    found: T = decode_body(await request.get_data(cache=False), kind)
    return found


@agents.post("/lease")
async def lease() -> Response:
    """Become the agent of a location."""
    asked = await _body(LeaseRequest)
    here = house()
    if asked.protocol != VERSION:
        raise Conflict(f"this manager speaks version {VERSION}, the agent {asked.protocol}", code="wrong_version")

    def take(tx: Tx) -> Lease:
        generation = service.lease(tx, here.rules, asked, here.store.epoch)
        return Lease(
            generation=generation,
            epoch=here.store.epoch,
            instance=here.settings.instance,
            follow=service.followed(tx.conn, asked.location),
            unsettled=service.unsettled(tx, asked.location),
        )

    return json_response(encode(await here.store.write(take)))


@agents.post("/work")
async def work() -> Response:
    """What is to be done and not in the agent's hands yet; held open until there is something."""
    asked = await _body(WorkRequest)
    loop = asyncio.get_running_loop()
    until = loop.time() + HOLD
    state: AgentState | None = asked.state
    async with _hints(asked.location) as hint:
        while True:
            hint.clear()
            found = await _look(asked, state)
            state = None  # it was true when it was sent
            left = until - loop.time()
            if found != NOTHING or left <= 0 or house().sockets.leaving.is_set():
                return json_response(encode(found))
            try:
                await asyncio.wait_for(hint.wait(), min(LOOK_EVERY, left))
            except TimeoutError:
                continue


@asynccontextmanager
async def _hints(location: str) -> AsyncIterator[asyncio.Event]:
    hint = asyncio.Event()

    def on_message(topic: str, message: bytes) -> None:
        if topic == f"work:{location}":
            hint.set()

    unlisten = house().bus.listen(f"work:{location}", on_message, hint.set)
    try:
        yield hint
    finally:
        unlisten()


async def _look(asked: WorkRequest, state: AgentState | None) -> Work:
    here = house()

    def take(tx: Tx) -> Work:
        service.hear(tx, asked.location, asked.generation, state)
        return hand_out(tx, here.rules, asked.location, asked.room, asked.holding)

    found = await here.store.write(take)
    return msgspec.structs.replace(found, questions=here.questions.take(asked.location, asked.holding))


@agents.post("/claim")
async def claim() -> Response:
    """May this submit script be run?"""
    asked = await _body(Claim)
    here = house()

    def take(tx: Tx) -> Claimed:
        service.hear(tx, asked.location, asked.generation, None)
        return service.claim(tx, here.rules, asked.location, asked.job)

    return json_response(encode(await here.store.write(take)))


@agents.post("/observations")
async def observations() -> Response:
    """Take what the agent saw; acknowledged after the commit."""
    seen = await _body(Observations)
    here = house()

    def take(tx: Tx) -> list[str]:
        service.hear(tx, seen.location, seen.generation, None)
        return observe(tx, here.rules, seen.location, seen.generation, seen.observations)

    unknown = await here.store.write(take)
    newest = max((observation.n for observation in seen.observations), default=0)
    return json_response(encode(Acknowledged(n=newest, unknown=unknown)))


@agents.post("/answers")
async def answers() -> Response:
    """An answer to a question."""
    house().questions.answered(await _body(Answer))
    return Response(b"", status=204)
