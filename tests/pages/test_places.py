"""Addresses that are wrong or name a place, the way of Tab through the table, and what stays where it is."""

import re
import shutil
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect

from realtime.web.auth import session_cookie
from tests.pages.conftest import needs_chromium, open_page
from tests.pages.manager import TOKEN, Manager

pytestmark = needs_chromium

UPPER = """() => [...document.querySelectorAll("#runs tbody[data-key]")]
  .find((row) => row.getBoundingClientRect().bottom > 200).dataset.key"""


def runs(manager: Manager, experiment: str, count: int) -> None:
    """That many runs more, each with a job of the hash `one`."""
    for _ in range(count):
        manager.call("POST", f"/experiments/{experiment}/runs", {})
    manager.call("POST", f"/experiments/{experiment}/jobs", {"definition": "one", "runs": "all"})


def test_what_is_wrong_with_an_address_is_said_at_its_field_and_the_rest_of_it_holds(
    page: Page, manager: Manager, experiment: str
) -> None:
    manager.call("POST", f"/experiments/{experiment}/runs", {})
    open_page(page, manager, experiment, "?runs=abc&sort=colour&text=2")
    field = page.get_by_label("Runs", exact=True)
    expect(field).to_have_value("abc")
    expect(field).to_have_attribute("aria-invalid", "true")
    said = page.locator("#runs-wrong")
    expect(said).to_contain_text("“abc” is neither a run number nor a range such as 1-20; sort: ")
    expect(page.locator("#runs tbody[data-key]")).to_have_count(1)
    field.fill("1-2")
    expect(said).to_be_empty()
    expect(field).not_to_have_attribute("aria-invalid", "true")
    page.go_back()
    expect(said).to_contain_text("“abc”")
    expect(field).to_have_value("abc")


def test_tab_passes_all_lines_but_the_one_at_hand(page: Page, manager: Manager, experiment: str) -> None:
    runs(manager, experiment, 3)
    open_page(page, manager, experiment)
    expect(page.locator("#runs tr.job")).to_have_count(4)
    page.keyboard.press("j")
    page.keyboard.press("j")
    line = page.locator('[data-key="run/4"] tr.job')
    expect(line.locator(".at")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    inside = "() => document.activeElement.closest('tr')?.dataset.key ?? null"
    assert page.evaluate(inside) == line.get_attribute("data-key")
    for _ in range(12):
        page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('#runs tbody').contains(document.activeElement)") is False
    stops = page.locator("#runs tbody :is(a, button, input):not([tabindex='-1'])")
    assert set(stops.evaluate_all("(all) => all.map((one) => one.closest('tr').dataset.key)")) == {
        line.get_attribute("data-key")
    }


def test_a_hash_has_an_address_that_shows_it_also_when_it_is_archived(
    page: Page, manager: Manager, experiment: str
) -> None:
    manager.call("POST", f"/experiments/{experiment}/jobs", {"definition": "one", "runs": 1})
    (row,) = manager.call("GET", f"/experiments/{experiment}/definitions")["items"]
    manager.call("DELETE", f"/experiments/{experiment}/definitions/{row['id']}")
    open_page(page, manager, experiment, f"/definitions#definition/{row['id']}")
    line = page.locator(f'[data-key="definition/{row["id"]}"]')
    expect(line).to_have_attribute("data-marked", "")
    expect(line).to_be_in_viewport()
    expect(line.get_by_label("Hash")).to_be_focused()
    expect(page.get_by_label("Show archived")).to_be_checked()
    page.evaluate("() => { location.hash = '#definition/999999'; }")
    expect(page.locator("#hash-note")).to_contain_text("There is no hash with the id 999999")
    expect(line).not_to_have_attribute("data-marked", "")


def test_a_websocket_that_ends_with_its_session_comes_back_with_the_renewed_one(
    page: Page, manager: Manager, experiment: str
) -> None:
    name = f"batchboard-main-{manager.port}"
    short = session_cookie(TOKEN, datetime.now(UTC) + timedelta(seconds=6))
    page.context.add_cookies([{"name": name, "value": short, "url": manager.url}])
    open_page(page, manager, experiment)
    page.evaluate(
        """() => {
          const chip = document.querySelector("#chip-text");
          window.said = [];
          const say = () => window.said.push(chip.textContent);
          new MutationObserver(say).observe(chip, { childList: true, characterData: true, subtree: true });
        }"""
    )
    with page.expect_websocket(timeout=30_000):
        long = session_cookie(TOKEN, datetime.now(UTC) + timedelta(hours=1))
        page.context.add_cookies([{"name": name, "value": long, "url": manager.url}])
    expect(page.locator("#chip-text")).to_have_text("Live")
    assert "Logged out" not in page.evaluate("window.said")


def test_runs_of_the_grid_are_selected_by_ctrl_and_shift(page: Page, manager: Manager, experiment: str) -> None:
    runs(manager, experiment, 5)
    open_page(page, manager, experiment, "?mode=grid")
    digits = [page.locator(f'[data-key="run/{number}"] .digits') for number in range(7)]
    digits[5].click(modifiers=["Control"])
    bar = page.get_by_role("region", name="Selected runs")
    expect(bar).to_contain_text("1 run selected")
    digits[3].click(modifiers=["Shift"])
    expect(bar).to_contain_text("3 runs selected")
    digits[4].click(modifiers=["Control"])
    expect(bar.get_by_role("textbox")).to_have_value("3,5")


def test_the_panel_of_a_job_that_is_deleted_says_so(page: Page, manager: Manager, experiment: str) -> None:
    made = manager.call("POST", f"/experiments/{experiment}/jobs", {"definition": "one", "runs": 1})
    job = made["jobs"][0]["id"]
    manager.call("POST", f"/jobs/{job}/kill")
    open_page(page, manager, experiment, f"#job/{job}/log")
    panel = page.locator("#panel")
    expect(panel).to_contain_text("one")
    manager.call("DELETE", f"/jobs/{job}")
    expect(panel).to_contain_text(re.compile("deleted"))
    expect(page.locator(f'[data-key="job/{job}"]')).to_have_count(0)


def test_what_is_looked_at_keeps_its_place_with_other_rows_and_in_another_window(
    page: Page, manager: Manager, experiment: str
) -> None:
    runs(manager, experiment, 60)
    open_page(page, manager, experiment, "#run/20")
    row = page.locator('[data-key="run/20"]')
    expect(row.locator(".job")).to_be_visible()
    compact = row.evaluate("(row) => row.rows[1].offsetHeight")
    page.get_by_role("button", name="Settings").click()
    comfortable = page.get_by_role("radio", name="Comfortable", exact=True)
    expect(comfortable).to_be_visible()
    before = page.evaluate(UPPER)
    comfortable.check()
    page.wait_for_function("(least) => document.querySelector('#runs tr.job').offsetHeight >= least", arg=compact + 4)
    assert page.evaluate(UPPER) == before
    for width in (1024, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function(f"(before) => ({UPPER})() === before", arg=before)


def test_an_older_store_in_its_place_shows_everything_anew_where_one_was(
    page: Page, manager: Manager, experiment: str
) -> None:
    runs(manager, experiment, 60)
    manager.stop()
    copy = manager.folder.with_name(f"{manager.folder.name}-copy")
    shutil.copytree(manager.folder, copy)
    manager.start()
    open_page(page, manager, experiment, "#run/20")
    row = page.locator('[data-key="run/20"]')
    expect(row.locator(".job")).to_be_visible()
    manager.call("PATCH", f"/experiments/{experiment}/runs/20", {"comment": "of yesterday"})
    expect(row).to_contain_text("of yesterday")
    manager.stop()
    for file in copy.glob("batchboard.db*"):
        shutil.copyfile(file, manager.folder / file.name)
    for file in manager.folder.glob("batchboard.db-*"):
        if not (copy / file.name).exists():
            file.unlink()
    manager.start()
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#chip-text")).to_have_text("Live", timeout=20_000)
    expect(row).not_to_contain_text("of yesterday")
    expect(row.locator(".job")).to_be_visible()
    expect(row).to_be_in_viewport()
    expect(page.locator("#runs .reading")).to_have_count(0)
