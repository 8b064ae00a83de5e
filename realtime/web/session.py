"""The life of one websocket: login before the upgrade, sending and receiving side by side, a close that says why."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from quart import websocket

from realtime.web.auth import check_login, check_place
from realtime.web.context import house
from realtime.web.sockets import GOING_AWAY

SEND_TIMEOUT = 30.0
"""Seconds after which a socket that takes nothing is closed."""
MESSAGES_A_SECOND = 20
DONE, SLOW, TOO_MANY = 1000, 4008, 4429


def admit() -> None:
    """Raises Forbidden or Unauthorized: the refusal is an HTTP answer, the socket is never opened."""
    check_place(websocket, house())
    check_login(websocket, house())


async def run(sending: Coroutine[Any, Any, int]) -> None:
    """Open the socket and run `sending` until it returns a close code, the client goes, or the server leaves."""
    sockets = house().sockets
    session = object()
    sockets.enter(session)
    try:
        await websocket.accept()
        await _close(await _first_of(_timed(sending), _listen(), _leaving()))
    finally:
        sending.close()
        sockets.leave(session)


async def _first_of(*coroutines: Coroutine[Any, Any, int]) -> int:
    """The result of the first to end; the others are cancelled."""
    parts = [asyncio.create_task(coroutine, name="websocket") for coroutine in coroutines]
    try:
        done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        return done.pop().result()
    finally:
        for part in parts:
            part.cancel()
        await asyncio.gather(*parts, return_exceptions=True)


async def _timed(sending: Coroutine[Any, Any, int]) -> int:
    try:
        return await sending
    except TimeoutError:
        return SLOW


async def _listen() -> int:
    """Clients have nothing to say; whoever talks too much is ended."""
    loop = asyncio.get_running_loop()
    second, count = loop.time(), 0
    while True:
        await websocket.receive()
        if loop.time() - second >= 1:
            second, count = loop.time(), 0
        count += 1
        if count > MESSAGES_A_SECOND:
            return TOO_MANY


async def _leaving() -> int:
    await house().sockets.leaving.wait()
    return GOING_AWAY


async def _close(code: int) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(1):
            if code == GOING_AWAY:
                await websocket.send(house().sockets.goodbye().decode())
            await websocket.close(code)


async def send(message: bytes) -> None:
    """Send a text message; TimeoutError when the client takes nothing for too long."""
    async with asyncio.timeout(SEND_TIMEOUT):
        await websocket.send(message.decode())
