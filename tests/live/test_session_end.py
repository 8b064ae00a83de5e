"""The end of a login session, over a real server: its websockets are closed, those of programs go on."""

from datetime import UTC, datetime, timedelta

from realtime.protocol.live import Close
from realtime.web.auth import COOKIE, session_cookie
from tests.live.raw import SITE, upgrade
from tests.live.served import TOKEN, Served


def browser(served: Served, lasts: timedelta) -> bytes:
    """The request of a page whose session ends after that time."""
    cookie = session_cookie(TOKEN, datetime.now(UTC) + lasts)
    return upgrade(SITE, TOKEN, Authorization="", Cookie=f"{COOKIE}-main-{served.port}={cookie}")


async def test_a_websocket_is_closed_when_its_session_ends_and_no_other(served: Served) -> None:
    program = await served.open()
    longer = await served.ask(browser(served, timedelta(hours=1)))
    short = await served.ask(browser(served, timedelta(seconds=1)))
    for client in (program, longer, short):
        assert (await client.message())["type"] == "hello"
    assert await short.closed() == Close.LOG_IN
    assert (await served.ask(browser(served, -timedelta(seconds=1)))).status == 401
    name = f"after{datetime.now(UTC):%H%M%S%f}"
    await served.post("/experiments", {"name": name})
    for client in (program, longer):
        while name not in str(await client.message("delta")):
            pass
