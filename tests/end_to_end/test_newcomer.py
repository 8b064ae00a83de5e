"""A newcomer's first hour in a browser, two pages open, over Redis, against the real processes; and what Redis says."""

import json
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.bus.redis_server import TestServer, running_server
from tests.end_to_end.installation import TOKEN, Installation, installed, until

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")


class Listener:
    """A program that knows Redis and nothing of ours: it hears what is published for the experiment."""

    def __init__(self, url: str) -> None:
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self._client = _client(url)
        self._pubsub = self._client.pubsub()
        self._pubsub.psubscribe("batchboard:main:*")
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def _listen(self) -> None:
        while not self._ended.is_set():
            message = self._pubsub.get_message(ignore_subscribe_messages=True, timeout=0.1)
            if message is not None and message["channel"].split(b":")[2] in (b"changes", b"transitions"):
                self.heard.append((message["channel"].decode(), json.loads(message["data"])))

    def close(self) -> None:
        self._ended.set()
        self._thread.join()
        self._pubsub.close()
        self._client.close()


def _client(url: str) -> Any:
    return redis.Redis.from_url(url)  # its pubsub() carries no types


@pytest.fixture
def server() -> Iterator[TestServer]:
    """A running server."""
    with running_server() as server:
        yield server


@pytest.fixture
def running(tmp_path: Path, server: TestServer) -> Iterator[Installation]:
    with installed(tmp_path, REDIS_URL=server.url) as installation:
        installation.start()
        yield installation


@pytest.fixture
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


def logged_in(browser: Browser, running: Installation, wrong: list[str]) -> Page:
    """A browser of its own, with the address that batchboard printed."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.set_default_timeout(15_000)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.goto(f"{running.url}/?token={TOKEN}")
    return page


@pytest.fixture
def listener(server: TestServer) -> Iterator[Listener]:
    listener = Listener(server.url)
    yield listener
    listener.close()


@pytest.mark.timeout(150)
def test_the_main_job_in_seven_steps(running: Installation, listener: Listener, browser: Browser) -> None:
    wrong: list[str] = []
    ana, ben = logged_in(browser, running, wrong), logged_in(browser, running, wrong)

    # 1: an experiment; the other page sees it come by itself.
    ana.get_by_role("button", name="New experiment").first.click()
    ana.get_by_label("Name").fill("xppx12345")
    ana.keyboard.press("Enter")
    ben.get_by_role("link", name="xppx12345").click()
    ana.goto(f"{running.url}/experiments/xppx12345/definitions")

    # 2: a hash; a whole command line pasted into Executable is split.
    ana.get_by_label("Hash").last.fill("example")
    ana.keyboard.press("Enter")
    until(lambda: running.get("/experiments/xppx12345/definitions")["items"], "the draft is stored", 10)
    expect(ana.get_by_text("path missing").first).to_be_visible()
    executable = ana.get_by_label("Executable").first
    executable.focus()  # and the whole line at once, as by a paste
    command = f"{running.scripts / 'submit.sh'} one two"
    ana.keyboard.insert_text(command)
    executable.press("Enter")
    stored = until(
        lambda: next((d for d in running.get("/experiments/xppx12345/definitions")["items"] if d["executable"]), None),
        "the hash has its path",
        10,
    )
    assert (stored["executable"], stored["parameters"]) == (command.split()[0], "one two")
    until(
        lambda: (running.get("/experiments/xppx12345/definitions/1")["check"] or {}).get("ok"),
        "the path was found on the agent's host",
        10,
    )

    # 3: a run, and the hash applied to it with the drop-down.
    ana.goto(f"{running.url}/experiments/xppx12345")
    ana.get_by_role("button", name="Add run").click()
    ana.get_by_role("button", name="Apply a hash to run 1").click()
    ana.get_by_role("option", name="example").click()

    # 4, 5, 7: statuses and counters arrive by themselves, on both pages.
    lines = [page.locator('[data-key^="job/"]').first for page in (ana, ben)]
    for line in lines:
        expect(line.locator("[data-status]")).to_contain_text("RUN", timeout=15_000)
    counts: list[set[str]] = [set(), set()]
    letters: set[str] = set()
    for _ in range(400):
        for seen, line in zip(counts, lines, strict=True):
            counter = line.locator('[data-counter="Example Counter"]')
            seen.update(counter.all_inner_texts())
        letters.update(lines[0].locator('[data-counter="Random Char"]').all_inner_texts())
        if lines[0].locator('[data-status="DONE"]').count() and lines[1].locator('[data-status="DONE"]').count():
            break
        ana.wait_for_timeout(50)
    for seen in counts:
        assert {text.split()[-1] for text in seen} >= {str(number) for number in range(3, 11)}
    assert len(letters) > 1
    colour = (
        lines[0]
        .locator('[data-counter="Example Counter"]')
        .evaluate("node => [...node.querySelectorAll('*'), node].map(n => getComputedStyle(n).color).join(' ')")
    )
    assert _is_red(colour), colour

    # 6: log, details, delete; then another one that is killed.
    ana.get_by_role("button", name="Log example on run 1").click()
    expect(ana.get_by_text("Step: 10, ").first).to_be_visible()
    ana.keyboard.press("Escape")
    ana.get_by_role("button", name="Details example on run 1").click()
    expect(ana.get_by_text("Job <").first).to_be_visible()
    ana.keyboard.press("Escape")
    ana.get_by_role("button", name="Delete example on run 1").click()
    ana.get_by_role("button", name="Delete 1 job").click()
    for page in (ana, ben):
        expect(page.locator('[data-key^="job/"]')).to_have_count(0)
    ben.get_by_role("button", name="Apply a hash to run 1").click()
    ben.get_by_role("option", name="example").click()
    expect(ana.locator('[data-key^="job/"] [data-status]')).to_contain_text("RUN", timeout=15_000)
    ana.get_by_role("button", name="Kill example on run 1").click()
    ana.get_by_role("button", name="Kill 1 job").click()
    for page in (ana, ben):
        expect(page.locator('[data-key^="job/"] [data-status]')).to_contain_text("EXIT", timeout=15_000)
    assert len(running.submissions()) == 2

    # The manager dies; the pages say so and come back by themselves.
    running.kill("manager")
    expect(ana.locator("#chip-text")).not_to_have_text("Live")
    expect(ana.get_by_role("button", name="Add run")).to_be_disabled()
    running.start_manager()
    for page in (ana, ben):
        expect(page.locator("#chip-text")).to_have_text("Live", timeout=40_000)
    ana.get_by_role("button", name="Add run").click()
    expect(ben.locator('[data-key="run/2"]')).to_be_visible()

    rows = [row for channel, said in listener.heard if ":changes:" in channel for row in said["put"]]
    killed = running.get("/experiments/xppx12345/jobs")["items"][0]["id"]
    moved = [said["to"] for channel, said in listener.heard if ":transitions:" in channel and said["job"] == killed]
    assert moved == ["Request Sent", "PEND", "RUN", "EXIT"]
    assert any(row["key"] == f"job/{killed}" and row["status"] == "RUN" for row in rows)
    assert [text for text in wrong if "WebSocket" not in text and "ERR_CONNECTION_REFUSED" not in text] == []


def _is_red(colours: str) -> bool:
    """Whether one of the computed colours has red far above green and blue (they are mixed for contrast)."""
    for match in re.finditer(r"rgb\((\d+), (\d+), (\d+)\)", colours):
        red, green, blue = map(int, match.groups())
        if red > 2 * max(green, blue, 1):
            return True
    return False
