"""What a browser fetches of our scripts and styles to open Batch control of an experiment in use, and its weight."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Response, expect

from realtime.demo.past import Past
from realtime.protocol.agent import AgentState
from realtime.protocol.rows import Queue
from realtime.web.static import shortened
from tests.pages.agent import Agent
from tests.pages.conftest import needs_chromium, open_page
from tests.pages.manager import TOKEN, Manager
from tests.pages.test_modules import CODE_LIMIT, MODULES, STATIC, _modules, _styles
from tests.ports import free_port

PAST = Past(experiment="shift", runs=200, hashes=12, jobs_per_run=12)
PAGE = "control.html"


@pytest.fixture(scope="module")
def manager(seeded: Callable[[Past], Path]) -> Iterator[Manager]:
    """Whose store has an experiment with many runs and hashes."""
    manager = Manager(seeded(PAST), free_port())
    manager.start()
    yield manager
    manager.stop()


@needs_chromium
def test_what_a_new_browser_fetches_to_open_batch_control_stays_small(manager: Manager, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(f"{manager.url}/?token={TOKEN}")
    weights: dict[str, int] = {}

    def weigh(response: Response) -> None:
        name = re.search(r"/static/\w+/(.+\.(?:js|css))$", response.url)
        if name:
            path = STATIC / name[1]
            weights[name[1]] = len(shortened(path.suffix, path.read_text()).encode())

    page.on("response", weigh)
    open_page(page, manager, PAST.experiment)
    expect(page.locator("tr.job").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    context.close()
    named = {path.relative_to(STATIC).as_posix() for path in _modules(PAGE) | _styles(PAGE)}
    assert weights.keys() == named | {"first.js"}
    assert 0 < sum(weights.values()) <= CODE_LIMIT


@needs_chromium
def test_the_strip_of_queues_comes_after_the_first_paint_and_keeps_the_page_small(
    manager: Manager, browser: Browser
) -> None:
    named = {path.relative_to(STATIC).as_posix() for path in _modules(PAGE) | _styles(PAGE)} | {"first.js"}
    strip = {"parts/queue_strip.js", "pure/queues.js"}
    weights = {name: len(shortened(Path(name).suffix, (STATIC / name).read_text()).encode()) for name in named | strip}
    assert not named & strip
    assert sum(weights[name] for name in strip) <= 1_250
    assert sum(weights.values()) <= CODE_LIMIT
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(f"{manager.url}/?token={TOKEN}")
    told = Queue(name="psanaq", status="Open:Active", pending=312, running=480, suspended=0)
    agent = Agent(manager.url, state=AgentState(queues=[told], queues_at=datetime.now(UTC)))
    agent.start()
    open_page(page, manager, PAST.experiment)
    expect(page.locator("#footing button")).to_have_text("psanaq 312 pending, 480 running")
    agent.close()
    fetched = page.evaluate(
        """() => performance.getEntriesByType("resource").map(({ name, startTime }) => [name, startTime])"""
    )
    painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    late = {re.sub(r".*/static/\w+/", "", name) for name, start in fetched if start > painted and name.endswith(".js")}
    context.close()
    assert late == strip


@needs_chromium
def test_high_contrast_is_fetched_when_it_is_chosen_and_there_before_the_first_paint(
    manager: Manager, browser: Browser
) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(f"{manager.url}/?token={TOKEN}")
    open_page(page, manager, PAST.experiment)
    ink = "getComputedStyle(document.documentElement).getPropertyValue('--grey-100')"
    plain = page.evaluate(ink)
    page.get_by_role("button", name="Settings").click()
    page.get_by_role("radio", name="Light, high contrast").check()
    page.wait_for_function(f"plain => {ink} !== plain", arg=plain)
    strong = page.evaluate(ink)
    page.add_init_script(
        f"new PerformanceObserver(() => window.painted ??= {ink}).observe({{ type: 'paint', buffered: true }});"
    )
    page.reload()
    page.wait_for_function("() => window.painted")
    assert page.evaluate("window.painted") == strong
    context.close()


def test_nothing_is_written_that_the_minifier_would_leave_out() -> None:
    """It takes `void (a && b())` for a constant."""
    wrong = re.compile(r"\bvoid \([^()]*(?:\([^()]*\)[^()]*)*&&")
    assert shortened(".js", "void (a && b());").strip(";") != "void(a&&b())"
    assert [path.name for path in MODULES if wrong.search(path.read_text())] == []
