"""Finding runs and choosing how they are shown, in a browser in front of a store with a long past."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Locator, Page, expect

from realtime.demo.past import Past
from tests.pages.conftest import needs_chromium, open_page
from tests.pages.manager import Manager
from tests.ports import free_port

RUNS = 150
HASHES = 10
EVIL = "<img src=x onerror='document.title=1'>"

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def manager(seeded: Callable[[Past], Path]) -> Iterator[Manager]:
    """With the experiment `shift`, whose first runs no page loads by itself."""
    past = Past(experiment="shift", runs=RUNS, hashes=HASHES, jobs_per_run=HASHES)
    manager = Manager(seeded(past), free_port())
    manager.start()
    yield manager
    manager.stop()


def index(manager: Manager, **query: Any) -> list[int]:
    """The runs of a view as the API says."""
    answer = manager.call("GET", f"/experiments/shift/table?{urlencode(query, doseq=True)}")
    return [entry[0] for entry in answer["runs"]]


def jobs_of(manager: Manager, run: int) -> list[dict[str, Any]]:
    rows = manager.call("GET", f"/experiments/shift/table/rows?runs={run}")["items"]
    return [row for row in rows if row["kind"] == "job"]


def runs_in(page: Page) -> Locator:
    return page.locator('#runs tbody[data-key^="run/"]')


def expect_found(page: Page, count: int) -> None:
    expect(page.locator(".found")).to_have_text(f"{count} of {RUNS} runs")


def test_text_reaches_jobs_that_are_not_loaded_and_the_address_carries_it(page: Page, manager: Manager) -> None:
    lsf_id = max(jobs_of(manager, 2), key=lambda job: job["number"])["lsf_id"]
    found = index(manager, text=lsf_id)
    assert found == [2]
    open_page(page, manager, "shift")
    expect(page.locator('[data-key="run/2"]')).to_have_count(0)
    page.keyboard.press("/")
    page.keyboard.type(lsf_id)
    expect(runs_in(page)).to_have_count(1)
    expect(page.locator('[data-key="run/2"] tr.job')).to_have_count(1)
    expect(page.get_by_role("searchbox", name="Filter runs")).to_be_focused()
    assert page.url.endswith(f"?text={lsf_id}")
    page.reload()
    expect(page.locator('[data-key="run/2"] tr.job')).to_have_count(1)
    expect(runs_in(page)).to_have_count(1)
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator('[data-key="run/2"] tr.job')).to_have_count(1)
    expect(other.get_by_role("searchbox", name="Filter runs")).to_have_value(lsf_id)
    expect_found(other, 1)


@pytest.mark.parametrize("kind", ["hash", "status", "user", "tag"])
def test_what_is_ticked_in_a_list_filters_by_it(page: Page, manager: Manager, kind: str) -> None:
    names = manager.call("GET", "/experiments/shift/table/names")
    hashes = [row["name"] for row in manager.call("GET", "/experiments/shift/definitions")["items"]]
    value = {"hash": hashes[0], "status": "LOST", "user": names["users"][-1], "tag": names["tags"][0]}[kind]
    open_page(page, manager, "shift")
    page.get_by_role("button", name="Filter", exact=True).click()
    page.get_by_role("button", name=kind.capitalize(), exact=True).click()
    page.get_by_role("dialog", name=kind.capitalize()).get_by_text(value, exact=True).click()
    wanted = index(manager, **{kind: value})
    assert 0 < len(wanted) <= RUNS
    expect_found(page, len(wanted))
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name=f"{kind.capitalize()}: {value}")).to_be_focused()
    assert page.url.endswith("?" + urlencode({kind: value}))


def test_a_range_of_runs_filters_and_a_wrong_one_says_so_at_its_field(page: Page, manager: Manager) -> None:
    open_page(page, manager, "shift")
    page.get_by_role("button", name="Filter", exact=True).click()
    field = page.get_by_label("Runs", exact=True)
    field.fill("3, 5-6")
    expect(runs_in(page)).to_have_count(3)
    assert page.url.endswith("?" + urlencode({"runs": "3,5-6"}))
    field.fill("6-5")
    field.press("Enter")
    expect(page.locator("#runs-wrong")).to_contain_text("backwards")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(runs_in(page)).to_have_count(3)


def test_status_buttons_show_live_counts_and_filter_and_back_undoes_it(page: Page, manager: Manager) -> None:
    open_page(page, manager, "shift")
    failed = page.get_by_role("button", name=re.compile("^Failed"))
    wanted = index(manager, failed=1)
    lines = sum(e[4] for e in manager.call("GET", "/experiments/shift/table")["runs"])
    expect(failed).to_have_text(f"Failed {lines}")
    failed.click()
    expect(failed).to_have_attribute("aria-pressed", "true")
    expect_found(page, len(wanted))
    assert page.url.endswith("?failed=1")
    page.go_back()
    expect(failed).to_have_attribute("aria-pressed", "false")
    expect(page.locator(".found")).to_have_text(f"{RUNS} runs")
    page.go_forward()
    expect_found(page, len(wanted))


def test_what_was_typed_is_one_step_back(page: Page, manager: Manager) -> None:
    open_page(page, manager, "shift", "?runs=1-9")
    field = page.get_by_role("searchbox", name="Filter runs")
    for text in ("no", "nothing", "nothing has this"):
        field.fill(text)
        expect(page).to_have_url(re.compile("text=" + text.replace(" ", r"\+") + "&runs=1-9$"))
    page.go_back()
    expect(field).to_have_value("")
    expect_found(page, 9)


def test_an_empty_result_names_its_conditions_and_takes_each_away(page: Page, manager: Manager) -> None:
    open_page(page, manager, "shift", "?runs=1-9&text=nothing+has+this")
    expect(page.get_by_role("heading", name="No run meets all of these conditions")).to_be_visible()
    expect(page.get_by_role("button", name="Take away: runs 1-9")).to_be_visible()
    page.get_by_role("button", name="Take away: text nothing has this").click()
    expect_found(page, 9)
    expect(page.get_by_role("heading", name="No run meets")).to_have_count(0)
    page.get_by_role("button", name="Clear").click()
    expect(page.locator(".found")).to_have_text(f"{RUNS} runs")
    expect(page).to_have_url(re.compile("/shift$"))


def test_a_counter_as_a_column_sorts_the_table(page: Page, manager: Manager) -> None:
    open_page(page, manager, "shift", "?column=started&line=counter:Events&line=lsf")
    head = page.get_by_role("columnheader", name="Events")
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    wanted = index(manager, sort="-counter:Events")
    expect(runs_in(page).first).to_have_attribute("data-key", f"run/{wanted[0]}")
    values = page.locator(f'[data-key="run/{wanted[0]}"] td[data-name="Events"] .value')
    shown = [int(text) for text in values.all_inner_texts() if text]
    assert shown == sorted(shown, reverse=True)
    expect(values.first).to_have_text(re.compile(r"\d+"))
    expect(page.locator('td[data-name="Events"] .age').first).to_have_text(re.compile(r"^\d+ (s|min|h|d)$"))
    head.get_by_role("button").press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending")
    expect(head.get_by_role("button")).to_be_focused()
    expect(runs_in(page).first).to_have_attribute("data-key", f"run/{index(manager, sort='counter:Events')[0]}")


def test_columns_are_chosen_moved_and_pinned_by_keyboard_and_remembered(page: Page, manager: Manager) -> None:
    open_page(page, manager, "shift")
    page.get_by_role("button", name="Columns").press("Enter")
    dialog = page.get_by_role("dialog", name="Columns")
    expect(dialog.get_by_role("searchbox")).to_be_focused()
    box = dialog.get_by_role("checkbox", name="Hit rate")
    box.press(" ")
    head = page.locator("#runs thead tr.second th")
    expect(head.filter(has_text="Hit rate")).to_have_count(1)
    dialog.get_by_role("button", name="Move Hit rate before").press("Enter")
    dialog.get_by_role("button", name="Keep Hit rate in sight").press("Enter")
    expect(dialog.get_by_role("button", name="Keep Hit rate in sight")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Columns")).to_be_focused()
    page.reload()
    expect(head.nth(2)).to_have_text("Hit rate")
    expect(head.nth(2)).to_have_class(re.compile("pinned"))
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("dialog", name="Columns").get_by_role("button", name="Reset").click()
    expect(head.filter(has_text="Hit rate")).to_have_count(0)


def test_columns_of_a_link_hold_and_hostile_or_unknown_names_stay_text(page: Page, manager: Manager) -> None:
    query = urlencode({"column": ["started", f"param:{EVIL}"], "line": ["lsf", f"counter:{EVIL}"]}, doseq=True)
    open_page(page, manager, "shift", f"?{query}")
    expect(page.get_by_role("columnheader", name=EVIL)).to_have_count(2)
    page.get_by_role("button", name="Columns").click()
    dialog = page.get_by_role("dialog", name="Columns")
    expect(dialog.get_by_role("checkbox", name=EVIL)).to_have_count(2)
    expect(dialog.get_by_role("button", name=f"Keep {EVIL} in sight")).to_have_count(2)
    expect(page.locator("img")).to_have_count(0)
    assert page.title() != "1"


def test_the_grid_shows_ten_hashes_of_a_run_with_a_counter_and_is_walked_by_arrows(
    page: Page, manager: Manager
) -> None:
    open_page(page, manager, "shift")
    page.get_by_role("button", name="Grid").click()
    expect(page.get_by_role("button", name="Grid")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#runs thead th.across")).to_have_count(HASHES)
    newest = runs_in(page).first
    hashes = {job["definition"]["id"] for job in jobs_of(manager, RUNS)}
    assert len(hashes) > 6
    expect(newest.locator("td.cell a")).to_have_count(len(hashes))
    page.get_by_role("button", name="Counter").click()
    page.get_by_role("dialog", name="Counter in the cells").get_by_text("Events", exact=True).click()
    expect(newest.locator("td.cell .value", has_text=re.compile(r"^\d+$")).first).to_be_visible()
    assert page.url.endswith("?mode=grid&counter=Events")
    expect(page.get_by_role("dialog", name="Counter in the cells")).to_have_count(0)
    page.get_by_role("button", name="Counter: Events").press("Enter")
    page.get_by_role("radio", name="No counter").press("Enter")
    expect(page.get_by_role("button", name="Counter", exact=True)).to_be_focused()
    first = newest.locator("td.cell a").first
    first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(runs_in(page).nth(1).locator("td.cell a").nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowLeft")
    expect(first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#panel")).to_be_visible()
    page.goto(f"{manager.url}/experiments/shift")
    expect(page.locator("#runs thead th.across")).to_have_count(HASHES)
    page.get_by_role("button", name="List").click()
    expect(page.locator("#runs thead th.across")).to_have_count(0)


def test_a_chosen_counter_stands_once_in_a_line_and_on_a_card_below_status_and_hash(
    page: Page, manager: Manager
) -> None:
    open_page(page, manager, "shift", "?column=started&line=lsf&line=user&line=counter:Events")
    line = page.locator("tr.job:has(td.count .value:not(:empty))").first
    expect(line.locator("td.count")).to_be_visible()
    expect(line.locator('[data-counter="Events"]')).to_have_count(0)
    page.set_viewport_size({"width": 375, "height": 800})
    expect(line.locator("td.count")).to_have_css("text-align", "left")
    places = [line.locator(part).bounding_box() for part in ("td.status .mark", "th.hash a", "td.count")]
    (status, name, counter) = ((place["y"], place["y"] + place["height"]) for place in places if place)
    assert status[0] < name[1] and name[0] < status[1], "beside each other"
    assert counter[0] >= max(status[1], name[1])


def test_a_hash_of_the_grid_sorts_by_its_own_counter(page: Page, manager: Manager) -> None:
    open_page(page, manager, "shift", "?mode=grid&counter=Events")
    head = page.locator("#runs thead th.across").nth(3)
    name = head.get_attribute("title") or ""
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    wanted = index(manager, sort="-counter:Events", of=name)
    assert wanted != index(manager, sort="-counter:Events")
    for place in range(3):
        expect(runs_in(page).nth(place)).to_have_attribute("data-key", f"run/{wanted[place]}")


def test_the_table_as_csv_has_the_present_filter_and_columns(page: Page, manager: Manager) -> None:
    open_page(page, manager, "shift", "?runs=3&column=started&line=lsf&line=counter:Events")
    with page.expect_download() as started:
        page.get_by_role("link", name="CSV").click()
    download = started.value
    assert download.suggested_filename.endswith(".csv")
    lines = download.path().read_text().splitlines()
    assert lines[0].count("Events") == 1
    assert len(lines) == 1 + manager.call("GET", "/experiments/shift/table?runs=3")["runs"][0][1]


def test_on_a_phone_the_bar_is_one_button(page: Page, manager: Manager) -> None:
    page.set_viewport_size({"width": 375, "height": 700})
    open_page(page, manager, "shift", "?runs=1-9&failed=1")
    field = page.get_by_role("searchbox", name="Filter runs")
    fold = page.get_by_role("button", name="Filter (2)")
    expect(fold).to_have_attribute("aria-expanded", "false")
    expect(field).to_be_hidden()
    fold.click()
    expect(field).to_be_visible()
    expect(page.get_by_label("Runs", exact=True)).to_have_value("1-9")
    assert page.evaluate("document.documentElement.scrollWidth") == 375
