"""The pages in a real browser in front of a real manager; no agent: jobs wait as `Persisted` after a while."""

from playwright.sync_api import Page, expect

from tests.pages.conftest import needs_chromium, open_page
from tests.pages.manager import Manager

SHOW_REPORT = """async (row) => {
  const page = document.querySelector("script[type=module]").src;
  const { Report } = await import(page.replace("pages/control", "parts/report"));
  const cell = document.body.appendChild(document.createElement("p"));
  cell.id = "tried";
  new Report(cell).show(row);
}"""

pytestmark = needs_chromium


def test_a_hash_is_applied_by_keyboard_and_its_line_comes_by_the_feed(
    page: Page, manager: Manager, experiment: str
) -> None:
    open_page(page, manager, experiment)
    page.get_by_role("button", name="Apply a hash to run 1").press("ArrowDown")
    expect(page.get_by_role("option", name="one", selected=True)).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator('[data-key="run/1"] [data-key^="job/"]')).to_have_count(1)
    expect(page.get_by_role("button", name="Apply a hash to run 1")).to_be_focused()


def test_a_hash_that_is_live_on_the_run_asks_first_and_the_safe_answer_makes_nothing(
    page: Page, manager: Manager, experiment: str
) -> None:
    manager.call("POST", f"/experiments/{experiment}/jobs", {"definition": "one", "runs": 1})
    open_page(page, manager, experiment)
    page.get_by_role("button", name="Apply a hash to run 1").click()
    page.get_by_role("option", name="one").click()
    expect(page.get_by_role("dialog")).to_contain_text("apply again?")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert len(manager.call("GET", f"/experiments/{experiment}/jobs")["items"]) == 1


def test_a_refusal_is_shown_where_the_action_was_until_dismissed(page: Page, manager: Manager, experiment: str) -> None:
    open_page(page, manager, experiment)
    refusal = '{"error": {"code": "busy", "message": "the store is busy"}}'
    page.route("**/jobs", lambda route: route.fulfill(status=503, body=refusal, content_type="application/json"))
    page.get_by_role("button", name="Apply a hash to run 1").click()
    page.get_by_role("option", name="one").click()
    expect(page.locator('[data-key="run/1"] [role=alert]')).to_contain_text("the store is busy")
    page.get_by_role("button", name="Dismiss", exact=True).click()
    expect(page.locator("#runs [role=alert]")).to_have_count(0)


def test_a_hostile_report_is_shown_and_never_executed(page: Page, manager: Manager, experiment: str) -> None:
    made = manager.call("POST", f"/experiments/{experiment}/jobs", {"definition": "one", "runs": 1})["jobs"][0]
    open_page(page, manager, experiment)
    evil = '<img src=x onerror="document.title=1"> List<int> <font color=yellow>bright</font>'
    row = made | {"counters": [{"name": "<b>Name</b>", "value": evil, "color": "red"}], "seq": made["seq"] + 1}
    page.evaluate(SHOW_REPORT, row)
    tried = page.locator("#tried")
    expect(tried.locator("b")).to_have_text("Name")
    expect(tried.locator("[data-counter]")).to_contain_text('<img src=x onerror="document.title=1"> List<int>')
    expect(tried.locator("img")).to_have_count(0)
    assert page.title() != "1"


def test_when_the_server_goes_away_the_view_stays_and_what_was_missed_comes_after(
    page: Page, manager: Manager, experiment: str
) -> None:
    open_page(page, manager, experiment)
    manager.stop()
    expect(page.locator("#chip-text")).to_contain_text("Stale since", timeout=10_000)
    expect(page.locator("#doubts")).to_have_text("Actions wait")
    page.locator("#doubts button").press("Enter")
    expect(page.locator("#doubt-words")).to_contain_text("No connection to the server. Data from")
    page.keyboard.press("Escape")
    expect(page.locator('[data-key="run/1"]')).to_be_visible()
    expect(page.get_by_role("button", name="Apply a hash to run 1")).to_be_disabled()
    manager.start()
    manager.call("POST", f"/experiments/{experiment}/runs", {})
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#chip-text")).to_have_text("Live", timeout=15_000)
    expect(page.locator('[data-key="run/2"]')).to_be_visible()
    expect(page.get_by_role("button", name="Apply a hash to run 1")).to_be_enabled()


def test_a_command_line_typed_as_executable_is_split_and_a_new_empty_row_follows(
    page: Page, manager: Manager, experiment: str
) -> None:
    open_page(page, manager, experiment, "/definitions")
    rows = page.locator("#definitions > tbody")
    expect(rows).to_have_count(2)
    rows.last.get_by_label("Hash").click()
    page.keyboard.type("two")
    page.keyboard.press("Tab")
    expect(rows).to_have_count(3)
    page.keyboard.type("/nowhere/two.sh a  b")
    page.keyboard.press("Enter")
    made = rows.nth(1)
    expect(made.get_by_label("Parameters")).to_have_value("a  b")
    expect(made.locator(".preview")).to_contain_text("two.sh")
    expect(made).not_to_have_attribute("aria-busy", "true")
    page.reload()
    made = rows.nth(1)
    expect(made.get_by_label("Executable")).to_have_value("/nowhere/two.sh")
    expect(made.get_by_label("Parameters")).to_have_value("a  b")
    expect(made.locator(".check")).to_have_text("not checked yet")


def test_a_cell_that_is_typed_in_is_not_overwritten_and_a_conflict_shows_both_values(
    page: Page, manager: Manager, experiment: str
) -> None:
    found = manager.call("GET", f"/experiments/{experiment}/definitions")["items"][0]
    open_page(page, manager, experiment, "/definitions")
    row = page.locator(f'tbody[data-key="{found["key"]}"]')
    row.get_by_label("Parameters").fill("mine")
    change = {"parameters": "theirs", "name": "renamed"}
    manager.call("PATCH", f"/experiments/{experiment}/definitions/{found['id']}", change)
    expect(row.get_by_label("Hash")).to_have_value("renamed")
    expect(row.get_by_label("Parameters")).to_have_value("mine")
    page.keyboard.press("Tab")
    expect(row.get_by_role("alert")).to_contain_text("Theirs: theirs. Yours: mine.")
    row.get_by_role("button", name="Use mine").click()
    expect(row.get_by_role("alert")).to_have_count(0)
    page.reload()
    expect(row.get_by_label("Parameters")).to_have_value("mine")


def test_the_panel_is_an_address_and_esc_gives_the_focus_back(page: Page, manager: Manager, experiment: str) -> None:
    made = manager.call("POST", f"/experiments/{experiment}/jobs", {"definition": "one", "runs": 1})["jobs"][0]
    open_page(page, manager, experiment, f"#job/{made['id']}/history")
    expect(page.locator("#panel")).to_contain_text("Request Sent")
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    page.get_by_role("button", name="Log one on run 1").click()
    expect(page.get_by_role("heading", name="one on run 1")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Log one on run 1")).to_be_focused()


def test_an_open_menu_stays_in_place_when_a_run_comes_in_above(page: Page, manager: Manager, experiment: str) -> None:
    for _ in range(30):
        manager.call("POST", f"/experiments/{experiment}/runs", {})
    open_page(page, manager, experiment)
    button = page.get_by_role("button", name="Apply a hash to run 30")
    button.click()
    before = button.bounding_box()
    manager.call("POST", f"/experiments/{experiment}/runs", {})
    expect(page.locator('[data-key="run/32"]')).to_have_count(1)
    expect(page.get_by_role("listbox")).to_be_visible()
    assert button.bounding_box() == before
    page.keyboard.press("Escape")
    expect(page.locator('[data-key="run/32"]')).to_be_in_viewport()
