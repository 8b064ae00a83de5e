"""The page for a screen on the wall, and the strip of queues."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from realtime.demo.past import Past
from realtime.protocol.agent import AgentState
from realtime.protocol.rows import Queue
from tests.pages.accessibility.conftest import axe, axe_script
from tests.pages.agent import Agent
from tests.pages.axe import THEMES, Axe
from tests.pages.conftest import needs_chromium, open_page
from tests.pages.manager import Manager
from tests.ports import free_port

pytestmark = needs_chromium

__all__ = ["axe", "axe_script"]

PAST = Past(experiment="past", runs=60, hashes=12, jobs_per_run=8)
SIZES = [(1920, 1080), (3840, 2160), (1080, 1920)]


def full(name: str, pending: int, running: int, status: str = "Open:Active") -> Queue:
    return Queue(name=name, status=status, pending=pending, running=running, suspended=0)


QUEUES = [full("psanaq", 312, 480), full("psdebugq", 4, 12, "Closed:Active"), full("milano", 1890, 2211)]


@pytest.fixture(scope="module")
def manager(seeded: Callable[[Past], Path]) -> Iterator[Manager]:
    """Whose store has the experiment `past`."""
    manager = Manager(seeded(PAST), free_port())
    manager.start()
    yield manager
    manager.stop()


@pytest.fixture(scope="module")
def agent(manager: Manager) -> Iterator[Agent]:
    """It tells of queues."""
    agent = Agent(manager.url, state=AgentState(queues=QUEUES, queues_at=datetime.now(UTC)))
    agent.start()
    yield agent
    agent.close()


def numbers(page: Page) -> list[list[str]]:
    """The table of the newest runs, as it is read."""
    rows: list[list[str]] = page.locator("#wall-runs tr").evaluate_all(
        "rows => rows.map((row) => [...row.cells].map((cell) => cell.textContent))"
    )
    return rows


def expected(wall: Any, names: list[str], rows: int) -> list[list[str]]:
    """The same from the API."""
    ids = {one["name"]: one["id"] for one in wall["hashes"]}
    found = []
    for run in wall["runs"][:rows]:
        words = {job["hash"]: word(job) for job in run["jobs"]}
        found.append([str(run["number"]), *(words.get(ids[name], "") for name in names)])
    return found


def word(job: dict[str, Any]) -> str:
    code = job["exit_code"]
    return f"EXIT {code}" if job["status"] == "EXIT" and code is not None else str(job["status"])


@pytest.mark.parametrize("size", SIZES, ids=lambda size: "x".join(map(str, size)))
def test_the_wall_fills_the_screen_without_scrolling_and_says_what_the_api_says(
    page: Page, manager: Manager, agent: Agent, size: tuple[int, int]
) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    open_page(page, manager, PAST.experiment, "/wall")
    wall = manager.call("GET", f"/experiments/{PAST.experiment}/wall")
    expect(page.locator("#wall-number")).to_have_text("60")
    expect(page.locator("#wall-processed")).to_have_text(f"{wall['processed']} of 60 runs processed")
    expect(page.locator("#wall-totals")).to_contain_text(str(wall["totals"]["DONE"]))
    names = page.locator("#wall-hashes th").all_inner_texts()[1:]
    shown = numbers(page)
    assert len(shown) >= 8 and len(names) >= 4
    assert shown == expected(wall, names, len(shown))
    sizes = page.evaluate(
        """() => [
          document.documentElement.scrollHeight - innerHeight,
          document.documentElement.scrollWidth - innerWidth,
          ...["wall-runs", "wall-failures", "wall-queues", "wall-totals"].map((id) =>
            document.getElementById(id).getBoundingClientRect().bottom - innerHeight)]"""
    )
    assert max(sizes) <= 0
    unit = min(size) / 100
    small = page.locator("main :is(td, li, p, h2)").evaluate_all(
        """all => Math.min(...all.filter((one) => one.checkVisibility()).map((one) =>
          parseFloat(getComputedStyle(one).fontSize)))"""
    )
    assert small >= 1.9 * unit


def test_the_wall_follows_a_run_a_failure_and_queues(page: Page, manager: Manager, agent: Agent) -> None:
    base = "/experiments/followed"
    manager.call("POST", "/experiments", {"name": "followed"})
    manager.call("POST", f"{base}/definitions", {"name": "calib", "executable": "/nowhere/calib.sh"})
    open_page(page, manager, "followed", "/wall")
    expect(page.locator("#wall-number")).to_have_text("none yet")
    expect(page.locator("#wall-failed-name")).to_have_text("Nothing has failed")
    manager.call("POST", f"{base}/runs", {})
    expect(page.locator("#wall-number")).to_have_text("1")
    expect(page.locator("#wall-age")).to_contain_text("running 0:")
    expect(page.locator("#wall-behind")).to_contain_text("1 behind")
    (job,) = manager.call("POST", f"{base}/jobs", {"definition": "calib", "runs": "1"})["jobs"]
    expect(page.locator("#wall-runs td")).to_have_text("Request Sent")
    agent.claim(job["id"])
    agent.submitted(job["id"], "7001")
    agent.lsf(job["id"], "7001", "RUN", queue="milano")
    expect(page.locator("#wall-runs td")).to_have_text("RUN")
    expect(page.locator("#wall-queues li")).to_have_text(["milano 1890 pending, 2211 running"])
    agent.lsf(job["id"], "7001", "EXIT", exit_code=137, reason="killed: ran out of memory")
    expect(page.locator("#wall-runs td")).to_have_text("EXIT 137")
    failure = page.locator("#wall-failures li")
    expect(failure).to_contain_text("run 1, calib")
    sentence = manager.call("GET", f"/jobs/{job['id']}/explanation")["sentence"]
    expect(failure.locator(".why")).to_have_text(sentence)


def test_nothing_on_the_wall_can_be_clicked_but_leave(page: Page, manager: Manager) -> None:
    open_page(page, manager, PAST.experiment, "/wall")
    controls = page.locator("a, button, input, select, summary, [tabindex='0']")
    seen = controls.evaluate_all(
        "all => all.filter((one) => one.checkVisibility() && !one.matches('.skip')).map((one) => one.textContent)"
    )
    assert seen == ["Leave"]
    page.get_by_role("link", name="Leave").click()
    expect(page).to_have_url(f"{manager.url}/experiments/{PAST.experiment}")


def test_the_wall_goes_on_after_the_server_was_away(page: Page, manager: Manager) -> None:
    manager.call("POST", "/experiments", {"name": "away"})
    open_page(page, manager, "away", "/wall")
    manager.stop()
    expect(page.locator("#chip-text")).to_contain_text("Stale since", timeout=15_000)
    manager.start()
    expect(page.locator("#chip-text")).to_have_text("Live", timeout=20_000)
    manager.call("POST", "/experiments/away/runs", {})
    expect(page.locator("#wall-number")).to_have_text("1")


def test_a_wall_that_is_logged_out_says_so_large(page: Page, manager: Manager) -> None:
    open_page(page, manager, PAST.experiment, "/wall")
    page.context.clear_cookies()
    page.evaluate("dispatchEvent(new Event('batchboard-logged-out'))")
    note = page.locator("#session-note")
    expect(note).to_contain_text("You are logged out")
    assert note.evaluate("one => parseFloat(getComputedStyle(one).fontSize)") >= 30


def test_the_wall_keeps_nothing_of_runs_that_pass_by(page: Page, manager: Manager) -> None:
    manager.call("POST", "/experiments", {"name": "bounded"})
    open_page(page, manager, "bounded", "/wall")
    for _ in range(70):
        manager.call("POST", "/experiments/bounded/runs", {})
    expect(page.locator("#wall-number")).to_have_text("70")
    assert len(numbers(page)) < 40
    assert page.evaluate("document.querySelectorAll('main *').length") < 400


def test_the_strip_tells_of_the_queues_that_the_jobs_went_to(page: Page, manager: Manager, agent: Agent) -> None:
    manager.call("POST", "/experiments", {"name": "queued"})
    manager.call("POST", "/experiments/queued/definitions", {"name": "one", "executable": "/nowhere/one.sh"})
    manager.call("POST", "/experiments/queued/runs", {})
    (job,) = manager.call("POST", "/experiments/queued/jobs", {"definition": "one", "runs": "1"})["jobs"]
    open_page(page, manager, "queued")
    strip = page.locator("#footing button")
    expect(strip).to_have_text(
        "milano 1890 pending, 2211 running · psanaq 312 pending, 480 running · "
        "psdebugq 4 pending, 12 running, Closed:Active"
    )
    agent.claim(job["id"])
    agent.submitted(job["id"], "7002")
    agent.lsf(job["id"], "7002", "PEND", queue="psanaq")
    expect(strip).to_have_text("psanaq 312 pending, 480 running")
    strip.click()
    rows = page.get_by_role("dialog", name="Queues").locator("tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.nth(1)).to_have_text("psdebugqClosed:Active4120")
    page.keyboard.press("Escape")
    expect(rows).to_have_count(0)
    expect(strip).to_be_focused()


def test_axe_finds_nothing_on_the_wall_and_in_the_table_of_queues(
    page: Page, manager: Manager, agent: Agent, axe: Axe
) -> None:
    open_page(page, manager, PAST.experiment, "/wall")
    axe.look("wall", *THEMES)
    page.set_viewport_size({"width": 1080, "height": 1920})
    axe.look("wall, portrait")
    open_page(page, manager, PAST.experiment, "/overview")
    page.locator("#footing button").click()
    expect(page.get_by_role("dialog", name="Queues")).to_be_visible()
    axe.look("queues", *THEMES)
