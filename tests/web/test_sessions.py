"""Login sessions: they end by themselves, are renewed before, and take their websockets with them."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from quart.testing.connections import WebsocketDisconnectError, WebsocketResponseError
from quart.typing import TestClientProtocol as Browser

from realtime.protocol.live import Close
from realtime.web.auth import cookie_name, session_cookie, session_end
from tests.client import Client

HOST = {"Host": "localhost"}
OURS = HOST | {"Origin": "http://localhost"}


def with_session(client: Client, lasts: timedelta, token: str | None = None) -> dict[str, str]:
    """Headers of a browser whose session ends after that time."""
    cookie = session_cookie(token or client.house.token, datetime.now(UTC) + lasts)
    return HOST | {"Cookie": f"{cookie_name(client.house)}={cookie}"}


async def logged_in(client: Client) -> Browser:
    browser = client.quart.app.test_client()
    assert (await browser.get(f"/?token={client.house.token}", headers=HOST)).status_code == 303
    return browser


async def api(browser: Browser, headers: dict[str, str] = HOST) -> int:
    return int((await browser.get("/api/v1/experiments", headers=headers)).status_code)


async def test_a_session_lasts_its_length_and_no_longer(client: Client) -> None:
    client.house.session_length = timedelta(hours=14)
    browser = client.quart.app.test_client()
    answer = await browser.get(f"/?token={client.house.token}", headers=HOST)
    assert "Max-Age=50400" in answer.headers["Set-Cookie"]
    assert await api(browser) == 200
    page = await (await browser.get("/", headers=HOST)).get_data(as_text=True)
    assert '"session_ends_at":"' in page
    other = client.quart.app.test_client()
    assert await api(other, with_session(client, timedelta(minutes=1))) == 200
    refused = await other.get("/api/v1/experiments", headers=with_session(client, -timedelta(seconds=1)))
    assert refused.status_code == 401
    assert (await refused.get_json())["error"]["code"] == "session_ended"
    late = await other.get("/", headers=with_session(client, -timedelta(seconds=1)))
    assert late.status_code == 401 and "token" in await late.get_data(as_text=True), "the page to log in"


async def test_a_session_is_renewed_from_a_page_of_ours_before_it_ends(client: Client) -> None:
    browser = await logged_in(client)
    client.house.session_length = timedelta(hours=20)
    answer = await browser.post("/login/renew", headers=OURS)
    assert answer.status_code == 200 and "Max-Age=72000" in answer.headers["Set-Cookie"]
    ends_at = datetime.fromisoformat((await answer.get_json())["ends_at"])
    assert timedelta(hours=19) < ends_at - datetime.now(UTC) <= timedelta(hours=20)
    assert await api(browser) == 200
    for elsewhere in (HOST | {"Origin": "https://evil.example"}, HOST | {"Origin": "null"}, HOST):
        foreign = await browser.post("/login/renew", headers=elsewhere)
        assert foreign.status_code == 403 and "Set-Cookie" not in foreign.headers


async def test_a_websocket_outlives_the_end_of_its_session_when_that_was_renewed(client: Client) -> None:
    soon, later = timedelta(seconds=1), timedelta(hours=1)
    renewed, other = with_session(client, soon), with_session(client, soon + timedelta(milliseconds=5))
    async with (
        client.quart.websocket("/api/v1/live", headers=renewed) as mine,
        client.quart.websocket("/api/v1/live", headers=other) as theirs,
    ):
        for socket in (mine, theirs):
            assert (await socket.receive_json())["type"] == "hello"
        client.house.session_length = later
        browser = client.quart.app.test_client()
        assert (await browser.post("/login/renew", headers=OURS | renewed)).status_code == 200
        with pytest.raises(WebsocketDisconnectError):
            while True:
                await theirs.receive_json()
        await client.post("/experiments", {"name": "demo"})
        while (await mine.receive_json())["type"] != "delta":
            pass


async def test_nothing_is_renewed_without_a_session_that_lasts(client: Client) -> None:
    browser = client.quart.app.test_client()
    for headers in (OURS, OURS | with_session(client, -timedelta(seconds=1)), OURS | client.headers):
        answer = await browser.post("/login/renew", headers=headers)
        assert answer.status_code == 401 and "Set-Cookie" not in answer.headers
        assert (await answer.get_json())["error"]["message"]


@pytest.mark.parametrize("cookie", ["", "x", ".", "1.", "９.x", "9" * 40 + ".x", "9" * 15 + ".00"])
async def test_what_is_no_cookie_of_ours_is_no_session(client: Client, cookie: str) -> None:
    assert session_end(client.house.token, cookie) is None
    headers = {"Cookie": f"{cookie_name(client.house)}={cookie}".encode().decode("latin-1")}
    assert await api(client.quart.app.test_client(), HOST | headers) == 401


async def test_a_cookie_of_the_former_form_or_with_another_end_means_to_log_in_again(client: Client) -> None:
    token = client.house.token
    former = hmac.new(token.encode(), b"batchboard session", hashlib.sha256).hexdigest()
    _, _, digest = session_cookie(token, datetime.now(UTC)).partition(".")
    longer = int((datetime.now(UTC) + timedelta(days=1)).timestamp() * 1000)
    for cookie in (former, f"{longer}.{digest}"):
        headers = HOST | {"Cookie": f"{cookie_name(client.house)}={cookie}"}
        assert await api(client.quart.app.test_client(), headers) == 401
    assert await api(client.quart.app.test_client(), with_session(client, timedelta(hours=1), "former token")) == 401


async def test_a_program_with_the_token_has_no_session_that_ends(client: Client) -> None:
    assert b'"session_ends_at":null' in (await client.call("GET", "//")).body


async def test_a_websocket_ends_with_the_session_it_was_opened_with(client: Client) -> None:
    headers = with_session(client, timedelta(seconds=1))
    async with client.quart.websocket("/api/v1/live", headers=headers) as socket:
        assert (await socket.receive_json())["type"] == "hello"
        with pytest.raises(WebsocketDisconnectError) as ended:
            while True:
                await socket.receive_json()
    assert ended.value.args[0] == Close.LOG_IN
    with pytest.raises(WebsocketResponseError) as refused:
        async with client.quart.websocket("/api/v1/live", headers=headers) as socket:
            await socket.receive_json()
    assert refused.value.response.status_code == 401
