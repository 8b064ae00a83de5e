"""The browser's own WebSocket, on a page of ours."""

from typing import Any

from playwright.sync_api import Browser

from tests.client_library.served import KINDS, rows_of_store
from tests.pages.conftest import needs_chromium
from tests.pages.manager import TOKEN, Manager

FOLLOW = """(since) => new Promise((resolve, reject) => {
    const rows = new Map();
    const socket = new WebSocket(`/api/v1/experiments/xpp1/live${since ? `?since=${since}` : ""}`.replace(/^/,
        location.origin.replace("http", "ws")));
    window.known = { rows, socket, types: [], position: since, code: null };
    socket.onmessage = ({ data }) => {
        const message = JSON.parse(data);
        known.types.push(message.type);
        for (const row of message.rows ?? message.put ?? []) rows.set(row.key, row);
        for (const [key] of message.drop ?? []) rows.delete(key);
        if (message.last || message.type === "delta") known.position = `${message.epoch}:${message.to ?? message.seq}`;
        if (message.type === "hello") resolve(message.protocol);
    };
    socket.onclose = ({ code }) => { known.code = code; reject(code); };
})"""
"""Resolves with hello's protocol, rejects with the code of the close."""

HAS = "(wanted) => wanted.every(({ key, seq }) => known.rows.get(key)?.seq === seq)"


def of_store(manager: Manager) -> list[Any]:
    return list(rows_of_store(manager).values())


@needs_chromium
def test_snapshot_deltas_and_resume(manager: Manager, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(f"{manager.url}/?token={TOKEN}")
    assert page.evaluate(FOLLOW, None) == "batchboard.v1"
    page.wait_for_function(HAS, arg=of_store(manager))
    manager.call("POST", "/experiments/xpp1/jobs", {"definition": "one", "runs": "all"})
    page.wait_for_function(HAS, arg=of_store(manager))
    assert page.evaluate("[...known.rows.values()].map((row) => row.kind)").count(KINDS["jobs"]) == 4
    position = page.evaluate("known.position")
    page.evaluate("known.socket.close()")
    manager.call("POST", "/experiments/xpp1/runs", {})
    assert page.evaluate(FOLLOW, position) == "batchboard.v1"
    page.wait_for_function("() => known.types.length >= 2")
    assert set(page.evaluate("known.types")) == {"hello", "delta"}
    assert "run/3" in page.evaluate("[...known.rows.keys()]")


@needs_chromium
def test_a_server_that_goes_away_says_so_and_closes_with_1012(manager: Manager, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(f"{manager.url}/?token={TOKEN}")
    page.evaluate(FOLLOW, None)
    manager.stop()
    page.wait_for_function("() => known.code !== null")
    assert page.evaluate("[known.code, known.types.at(-1)]") == [1012, "bye"]


@needs_chromium
def test_a_page_of_another_origin_is_not_let_in(manager: Manager, browser: Browser) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{manager.url}/?token={TOKEN}")
    stranger = context.new_page()
    stranger.route(
        "http://stranger.example/", lambda route: route.fulfill(body="<p>hello</p>", content_type="text/html")
    )
    stranger.goto("http://stranger.example/")
    url = f"{manager.url.replace('http', 'ws', 1)}/api/v1/experiments/xpp1/live"
    opened = """(url) => new Promise((resolve) => {
        const socket = new WebSocket(url);
        socket.onopen = () => resolve(true);
        socket.onerror = () => resolve(false);
    })"""
    assert stranger.evaluate(opened, url) is False
