"""The run table of an experiment of 5,000 runs and 50,000 jobs, in a real browser in front of a real manager."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from realtime.demo.past import Past
from tests.pages.conftest import needs_chromium, open_page
from tests.pages.manager import TOKEN, Manager
from tests.ports import free_port

pytestmark = [needs_chromium, pytest.mark.timeout(300)]

RUNS = 5_000
PAST = Past(experiment="long", runs=RUNS, hashes=10, jobs_per_run=10)

VISIBLE = """() => {
  const rows = [...document.querySelectorAll("#runs tbody[data-key]")];
  const seen = rows.find((row) => row.getBoundingClientRect().bottom > 200);
  return { key: seen.dataset.key, top: seen.getBoundingClientRect().top };
}"""


@pytest.fixture(scope="module")
def manager(seeded: Callable[[Past], Path]) -> Iterator[Manager]:
    """One whose store has a long past."""
    manager = Manager(seeded(PAST), free_port())
    manager.start()
    yield manager
    manager.stop()


def run(page: Page, number: int) -> Locator:
    """The rows of a run."""
    return page.locator(f'[data-key="run/{number}"]')


def to_run(page: Page, number: int) -> None:
    """Far from the newest runs, by its address."""
    page.evaluate("(hash) => { location.hash = hash; }", f"#run/{number}")
    expect(run(page, number).get_by_role("button", name=f"Apply a hash to run {number}")).to_be_visible()
    expect(page.locator("#runs .reading")).to_have_count(0)


def to_oldest(page: Page) -> None:
    """By End, again should what comes in on the way have stopped the browser's scrolling."""
    for _ in range(4):
        page.keyboard.press("End")
        with suppress(AssertionError):
            expect(run(page, 1)).to_be_in_viewport(timeout=4_000)
            return
    expect(run(page, 1)).to_be_in_viewport()


def newest(manager: Manager) -> int:
    """The number of the newest run."""
    return int(manager.call("GET", "/experiments/long/runs?limit=1")["items"][0]["number"])


def settled(page: Page) -> dict[str, Any]:
    """What is at the upper edge of the window, once nothing more is drawn."""
    page.evaluate("() => new Promise((done) => setTimeout(done, 200))")
    seen: dict[str, Any] = page.evaluate(VISIBLE)
    return seen


def test_first_rows_are_there_before_any_request_and_only_few_are_in_the_document(page: Page, manager: Manager) -> None:
    page.route("**/table/rows*", lambda route: route.abort())
    open_page(page, manager, "long")
    first = newest(manager)
    expect(run(page, first).locator(".job").first).to_be_visible()
    assert page.evaluate("performance.getEntriesByName('first-rows').length") == 1
    assert page.locator("#runs tbody[data-key]").count() < 40
    assert int(page.locator("#runs").get_attribute("aria-rowcount") or 0) > RUNS


def test_from_the_newest_to_the_oldest_and_back_rows_come_when_they_are_near(page: Page, manager: Manager) -> None:
    open_page(page, manager, "long")
    to_oldest(page)
    expect(run(page, 1).get_by_role("button", name="Apply a hash to run 1", exact=True)).to_be_visible()
    assert page.locator("#runs tbody[data-key]").count() < 40
    expect(page.locator("#runs .reading")).to_have_count(0)
    last = page.locator("#runs tbody[data-key] > tr").last.get_attribute("aria-rowindex")
    assert last == page.locator("#runs").get_attribute("aria-rowcount")
    page.keyboard.press("Home")
    expect(run(page, newest(manager))).to_be_in_viewport()
    expect(run(page, 1)).to_have_count(0)


def test_a_run_not_read_yet_shows_its_number_and_that_it_is_being_read(page: Page, manager: Manager) -> None:
    open_page(page, manager, "long")
    held: list[Any] = []
    page.route("**/table/rows*", lambda route: held.append(route))
    to_oldest(page)
    expect(run(page, 1)).to_contain_text("reading")
    expect(run(page, 1).locator(".job")).to_have_count(0)
    for route in held:
        route.continue_()
    page.unroute("**/table/rows*")
    expect(run(page, 1).locator(".job").first).to_be_visible()


def test_nothing_moves_further_down_when_runs_and_jobs_come_in_above(page: Page, manager: Manager) -> None:
    open_page(page, manager, "long")
    to_run(page, 4_000)
    page.mouse.wheel(0, 100)
    before = settled(page)
    first = newest(manager)
    for _ in range(3):
        manager.call("POST", "/experiments/long/runs", {})
    hashes = manager.call("GET", "/experiments/long/definitions")["items"]
    manager.call("POST", "/experiments/long/jobs", {"definition": hashes[0]["id"], "runs": first})
    chip = page.get_by_role("button", name="3 new runs")
    expect(chip).to_be_visible()
    assert settled(page)["key"] == before["key"]
    assert abs(settled(page)["top"] - before["top"]) < 1
    chip.click()
    expect(run(page, first + 3)).to_be_in_viewport()
    expect(chip).to_be_hidden()


def test_nothing_jumps_when_rows_above_turn_out_higher_than_estimated(page: Page, manager: Manager) -> None:
    open_page(page, manager, "long")
    to_run(page, 2_000)
    page.mouse.move(600, 500)
    wrong = page.evaluate(
        """async () => {
      const top = (row) => [row.dataset.key, row.getBoundingClientRect().top];
      const tops = () => new Map([...document.querySelectorAll("#runs tbody[data-key]")].map(top));
      const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      const wrong = [];
      for (let i = 0; i < 60; i += 1) {
        const before = tops();
        scrollBy({ top: -180, behavior: "instant" });
        await frame();
        const key = [...before.keys()].find((one) => before.get(one) > 200);
        const after = tops().get(key);
        const moved = after - before.get(key) - 180;
        if (after !== undefined && Math.abs(moved) > 1.5) wrong.push([key, moved]);
      }
      return wrong;
    }"""
    )
    assert wrong == []


def test_at_the_top_a_new_run_appears_by_itself(page: Page, manager: Manager) -> None:
    open_page(page, manager, "long")
    number = manager.call("POST", "/experiments/long/runs", {})["number"]
    expect(run(page, number)).to_be_in_viewport()
    expect(page.locator("#above")).to_be_hidden()


def test_a_filter_reaches_jobs_not_loaded_and_is_kept_true_by_the_feed(page: Page, manager: Manager) -> None:
    open_page(page, manager, "long", "?status=Request+Sent&status=Persisted&runs=1-3000")
    expect(page.locator("#runs tbody[data-key]")).to_have_count(0)
    hashes = manager.call("GET", "/experiments/long/definitions")["items"]
    made = manager.call("POST", "/experiments/long/jobs", {"definition": hashes[1]["id"], "runs": "17,2900,4000"})
    expect(page.locator("#runs tbody[data-key]")).to_have_count(2)
    expect(run(page, 17).locator(".job")).to_have_count(1)
    (job,) = [one for one in made["jobs"] if one["run"] == 17]
    manager.call("POST", f"/jobs/{job['id']}/kill")
    expect(run(page, 17)).to_have_count(0)
    expect(run(page, 2900)).to_be_visible()


def test_earlier_jobs_fold_out_in_place_with_all_their_actions(page: Page, manager: Manager) -> None:
    hashes = manager.call("GET", "/experiments/long/definitions")["items"]
    number = manager.call("POST", "/experiments/long/runs", {})["number"]
    for _ in range(3):
        body = {"definition": hashes[2]["id"], "runs": number}
        (job,) = manager.call("POST", "/experiments/long/jobs", body)["jobs"]
        manager.call("POST", f"/jobs/{job['id']}/kill")
    open_page(page, manager, "long")
    fold = run(page, number).locator(".unfold")
    expect(fold).to_have_accessible_name(f"2 earlier jobs of {hashes[2]['name']} on run {number}")
    expect(run(page, number).locator(".job")).to_have_count(1)
    where = "(row) => row.getBoundingClientRect().top"
    before = run(page, number).evaluate(where)
    fold.click()
    expect(fold).to_have_attribute("aria-expanded", "true")
    expect(run(page, number).locator("[data-earlier]")).to_have_count(2)
    assert run(page, number).evaluate(where) == before
    earlier = run(page, number).locator("[data-earlier]").last
    earlier.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete 1 job").click()
    expect(fold).to_have_text("1 earlier")
    expect(run(page, number).locator("[data-earlier]")).to_have_count(1)
    fold.press("Enter")
    expect(run(page, number).locator("[data-earlier]")).to_have_count(0)


def test_a_permalink_to_a_run_scrolls_to_it_marks_it_and_survives_a_reload(page: Page, manager: Manager) -> None:
    open_page(page, manager, "long", "#run/1234")
    for _ in range(2):
        expect(run(page, 1234)).to_be_in_viewport()
        expect(run(page, 1234)).to_have_attribute("data-marked", "")
        expect(run(page, 1234).get_by_role("link", name="1234", exact=True)).to_be_focused()
        expect(run(page, 1234).locator(".job").first).to_be_visible()
        page.reload()
    open_page(page, manager, "long", "?runs=1-20#run/1234")
    expect(page.locator("#run-note")).to_contain_text("Run 1234 does not meet the conditions of this view.")
    open_page(page, manager, "long", "#run/999999")
    page.reload()
    expect(page.locator("#run-note")).to_contain_text("There is no run 999999.")


def test_a_row_with_the_focus_stays_in_the_document_however_far_it_is_scrolled(page: Page, manager: Manager) -> None:
    open_page(page, manager, "long")
    to_run(page, 3_000)
    button = page.get_by_role("button", name="Apply a hash to run 3000")
    button.focus()
    page.evaluate("scrollTo(0, 0)")
    expect(run(page, newest(manager))).to_be_in_viewport()
    expect(button).to_be_focused()
    page.evaluate("document.activeElement.blur()")
    page.evaluate("scrollTo(0, 5)")
    expect(run(page, 3000)).to_have_count(0)


def test_lines_are_walked_with_j_and_k_and_their_actions_have_letters(page: Page, manager: Manager) -> None:
    open_page(page, manager, "long", "#run/2500")
    expect(run(page, 2500).get_by_role("link", name="2500", exact=True)).to_be_focused()
    first = run(page, 2500).locator(".job .hash-name").first
    expect(first).to_be_visible()
    page.keyboard.press("j")
    expect(first).to_be_focused()
    for _ in range(40):
        page.keyboard.press("j")
    expect(run(page, 2500).locator(".job").first).not_to_be_in_viewport()
    for _ in range(40):
        page.keyboard.press("k")
    expect(first).to_be_focused()
    page.keyboard.press("d")
    expect(page).to_have_url(f"{manager.url}/experiments/long{first.get_attribute('href')}/details")


def test_two_windows_show_the_same_and_a_server_restart_loses_neither_place_nor_news(
    page: Page, manager: Manager, browser: Browser
) -> None:
    context = browser.new_context(viewport={"width": 1024, "height": 800})
    other = context.new_page()
    other.goto(f"{manager.url}/?token={TOKEN}")
    open_page(other, manager, "long")
    open_page(page, manager, "long")
    to_run(page, 3_500)
    page.mouse.wheel(0, 100)
    before = settled(page)
    manager.stop()
    manager.start()
    number = manager.call("POST", "/experiments/long/runs", {})["number"]
    hashes = manager.call("GET", "/experiments/long/definitions")["items"]
    on = int(before["key"].removeprefix("run/")) - 1
    manager.call("POST", "/experiments/long/jobs", {"definition": hashes[0]["id"], "runs": f"{on},{number}"})
    for one in (page, other):
        one.evaluate("dispatchEvent(new Event('online'))")
        expect(one.locator("#chip-text")).to_have_text("Live", timeout=15_000)
    expect(run(other, number).locator(".job")).to_have_count(1)
    expect(page.get_by_role("button", name="1 new run")).to_be_visible()
    expect(run(page, on).locator('[data-status="Request Sent"], [data-status="Persisted"]')).to_have_count(1)
    after = settled(page)
    assert after["key"] == before["key"] and abs(after["top"] - before["top"]) < 1
    context.close()
