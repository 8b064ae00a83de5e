"""What somebody points at stays while the view around it changes, in a browser in front of a real manager."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from realtime.demo.past import Past
from tests.pages.conftest import needs_chromium, open_page
from tests.pages.manager import Manager
from tests.ports import free_port

pytestmark = needs_chromium

WAITING = re.compile("Request Sent|Persisted")
PAST = Past(experiment="shift", runs=60, hashes=6, jobs_per_run=6)


@pytest.fixture(scope="module")
def manager(seeded: Callable[[Past], Path]) -> Iterator[Manager]:
    """Whose store has failed jobs."""
    manager = Manager(seeded(PAST), free_port())
    manager.start()
    yield manager
    manager.stop()


def failed_once(manager: Manager) -> list[int]:
    """Runs of which one line has failed, newest first."""
    index = manager.call("GET", "/experiments/shift/table?failed=1")["runs"]
    return [number for number, lines, *_ in index if lines == 1]


def top(place: Locator) -> float:
    box = place.bounding_box()
    assert box
    return box["y"]


def test_a_line_that_is_resubmitted_out_of_the_view_stays_under_the_pointer(page: Page, manager: Manager) -> None:
    number = failed_once(manager)[0]
    open_page(page, manager, "shift", f"?failed=1&runs={number - 5}-{number}")
    run = page.locator(f'[data-key="run/{number}"]')
    line = run.locator("tr.job")
    before = top(line)
    line.get_by_role("button", name="Resubmit").click()
    expect(line.locator(".word")).to_have_text(WAITING)
    assert abs(top(line) - before) < 2
    expect(page.get_by_role("status").get_by_text(f"is applied again to run {number}")).to_be_visible()
    page.mouse.move(1, 1)
    expect(run).to_have_count(0)


def test_lines_beside_it_stay_too_until_the_pointer_leaves(page: Page, manager: Manager) -> None:
    index = manager.call("GET", "/experiments/shift/table?failed=1")["runs"]
    number, lines, *_ = next(entry for entry in index if entry[1] > 1)
    open_page(page, manager, "shift", f"?failed=1&runs={number}")
    shown = page.locator(f'[data-key="run/{number}"] tr.job')
    expect(shown).to_have_count(lines)
    shown.first.get_by_role("button", name="Resubmit").click()
    expect(shown.first.locator(".word")).to_have_text(WAITING)
    expect(shown).to_have_count(lines)
    page.mouse.move(1, 1)
    expect(shown).to_have_count(lines - 1)


def test_the_order_is_not_said_to_have_changed_by_runs_that_are_not_in_the_view(page: Page, manager: Manager) -> None:
    failed = {number for number, *_ in manager.call("GET", "/experiments/shift/table?failed=1")["runs"]}
    other = max(set(range(1, PAST.runs + 1)) - failed)
    names = manager.call("GET", "/experiments/shift/definitions")["items"]
    open_page(page, manager, "shift", "?failed=1&sort=-counter:Progress")
    pending = page.get_by_role("button", name="Pending").locator("b")
    before = int(pending.inner_text())
    manager.call("POST", "/experiments/shift/jobs", {"definition": names[0]["name"], "runs": other})
    expect(pending).to_have_text(str(before + 1))
    expect(page.locator("#again")).to_be_hidden()
