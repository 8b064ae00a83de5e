"""What is around the pages: search, tabs, title, keys, settings, notifications, activity, overview and the login."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from realtime.web.auth import session_cookie
from tests.pages.agent import Agent
from tests.pages.conftest import needs_chromium, open_page
from tests.pages.manager import TOKEN, Manager

pytestmark = needs_chromium

SPY = """
const told = [];
window.Notification = class extends EventTarget {
  static permission = "granted";
  static requestPermission() { return Promise.resolve("granted"); }
  constructor(title, options) { super(); told.push(`${title} | ${options.body}`);
    document.documentElement.dataset.told = told.join("; "); }
  close() {}
};
"""
DENYING = SPY.replace("granted", "denied")


@pytest.fixture
def agent(manager: Manager) -> Iterator[Agent]:
    """The agent of the location `default`."""
    agent = Agent(manager.url)
    agent.start()
    yield agent
    agent.close()


def test_a_search_is_in_the_address_and_favourites_come_first_after_a_reload(page: Page, manager: Manager) -> None:
    for name in ("findme-a", "findme-b", "findme-c"):
        manager.call("POST", "/experiments", {"name": name, "instrument": "XPP"})
    page.goto(manager.url)
    page.keyboard.press("/")
    page.keyboard.type("findme XPP")
    rows = page.locator("#experiments tr")
    expect(rows).to_have_count(3)
    page.get_by_role("button", name="Favourite findme-c").click()
    expect(rows.first).to_contain_text("findme-c")
    page.reload()
    expect(page.get_by_role("searchbox")).to_have_value("findme XPP")
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text("findme-c")
    page.get_by_role("searchbox").fill("no such")
    expect(page.locator("#none-found")).to_have_text(re.compile("No experiment has “no such”"))


def test_the_four_tabs_and_the_back_button(page: Page, manager: Manager, experiment: str) -> None:
    open_page(page, manager, experiment)
    for tab in ("Batch defs", "Activity", "Overview"):
        page.get_by_role("link", name=tab, exact=True).click()
        expect(page.locator("a[aria-current=page]")).to_have_text(tab)
    page.go_back()
    expect(page.locator("a[aria-current=page]")).to_have_text("Activity")
    page.keyboard.press("2")
    expect(page.locator("a[aria-current=page]")).to_have_text("Batch control")


def test_the_name_of_the_experiment_opens_the_others_on_the_same_page(
    page: Page, manager: Manager, experiment: str
) -> None:
    manager.call("POST", "/experiments", {"name": "another"})
    open_page(page, manager, experiment, "/overview")
    page.get_by_role("button", name=experiment).click()
    page.get_by_role("menuitem", name="another").click()
    expect(page).to_have_url(f"{manager.url}/experiments/another/overview")


def test_what_somebody_does_comes_into_the_activity_of_another_window(
    page: Page, manager: Manager, experiment: str
) -> None:
    open_page(page, manager, experiment, "/activity")
    manager.call("POST", f"/experiments/{experiment}/jobs", {"definition": "one", "runs": 1})
    first = page.locator("#deeds tr").first
    expect(first).to_contain_text("one to run 1")
    first.get_by_role("link", name="run 1").click()
    expect(page).to_have_url(re.compile(r"#run/1$"))
    page.go_back()
    page.get_by_label("What").select_option("kill")
    expect(page).to_have_url(re.compile(r"activity\?action=kill$"))
    expect(page.locator("#none-found")).to_be_visible()
    page.reload()
    expect(page.get_by_label("What")).to_have_value("kill")


def test_activity_that_comes_in_while_one_reads_below_waits_above(
    page: Page, manager: Manager, experiment: str
) -> None:
    _comments(manager, experiment, 20)
    page.set_viewport_size({"width": 1440, "height": 300})
    open_page(page, manager, experiment, "/activity")
    line = page.locator("#deeds tr").nth(12)
    line.scroll_into_view_if_needed()
    page.evaluate("scrollBy(0, 200)")
    before = line.bounding_box()
    _comments(manager, experiment, 3, "news")
    expect(page.get_by_role("button", name="3 new")).to_be_visible()
    assert line.bounding_box() == before
    page.get_by_role("button", name="3 new").click()
    expect(page.locator("#deeds tr").first).to_contain_text("news 2")
    expect(page.locator("#deeds tr").first).to_be_in_viewport()


def test_older_activity_comes_on_demand(page: Page, manager: Manager, experiment: str) -> None:
    _comments(manager, experiment, 105)
    open_page(page, manager, experiment, "/activity")
    expect(page.locator("#deeds tr")).to_have_count(100)
    page.get_by_role("button", name="Older", exact=True).click()
    expect(page.locator("#deeds tr").last).to_contain_text(experiment)
    expect(page.get_by_role("button", name="Older", exact=True)).to_be_hidden()


def test_the_overview_shows_what_the_api_counts_and_follows(
    page: Page, manager: Manager, experiment: str, agent: Agent
) -> None:
    for _ in range(2):
        manager.call("POST", f"/experiments/{experiment}/runs", {})
    open_page(page, manager, experiment, "/overview")
    expect(page.locator("#runs-behind")).to_have_text("3 behind")
    for n, (job, status) in enumerate(zip(_apply(manager, experiment, "1-2"), ("DONE", "EXIT"), strict=True)):
        _ends(agent, job, str(9000 + n), status)
    line = page.locator("#hash-lines tr")
    expect(line.get_by_role("link", name="1 EXIT of one")).to_be_visible()
    expect(page.locator("#runs-behind")).to_have_text("2 behind")
    told = manager.call("GET", f"/experiments/{experiment}/overview")["hashes"][0]
    assert told["current"] == {"DONE": 1, "EXIT": 1} and told["missing"] == 1
    cells = [text.strip() for text in line.locator("td.number").all_inner_texts()]
    assert cells[:3] == ["1", "1", "1"]
    line.get_by_role("link", name="1 EXIT of one").click()
    expect(page).to_have_url(re.compile(r"\?hash=one&status=EXIT$"))


def test_title_and_icon_of_the_tab_say_what_runs_and_what_failed(
    page: Page, manager: Manager, experiment: str, agent: Agent
) -> None:
    (job,) = _apply(manager, experiment, 1)
    open_page(page, manager, experiment)
    expect(page).to_have_title(f"{experiment} · Batchboard")
    agent.claim(job)
    agent.submitted(job, "9100")
    agent.lsf(job, "9100", "RUN")
    icon = page.locator("link[rel=icon]")
    expect(page).to_have_title(f"1 running · {experiment} · Batchboard")
    expect(icon).to_have_attribute("href", re.compile(r"/favicon-running\.svg$"))
    agent.lsf(job, "9100", "EXIT")
    expect(page).to_have_title(f"1 failed · {experiment} · Batchboard")
    expect(icon).to_have_attribute("href", re.compile(r"/favicon-failed\.svg$"))
    assert page.request.get(f"{manager.url}{icon.get_attribute('href')}").ok
    open_page(page, manager, experiment, "/definitions")
    expect(page).to_have_title(f"1 failed · {experiment} · Batchboard")


def test_the_help_sheet_lists_every_key_of_the_page(page: Page, manager: Manager, experiment: str) -> None:
    open_page(page, manager, experiment)
    added = page.evaluate(
        """async () => {
          const source = document.querySelector("script[type=module]").src;
          const { keys } = await import(source.replace("pages/control", "edge/keys"));
          return keys.all().map(({ text }) => text);
        }"""
    )
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keys")
    assert len(added) > 5
    assert sheet.locator("dd").all_inner_texts().sort() == added.sort()
    expect(sheet.locator("dd")).to_have_count(len(added))
    page.keyboard.press("2")
    expect(sheet).to_be_visible()
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)


def test_a_key_that_is_taken_cannot_be_added_again_and_keys_rest_in_fields(
    page: Page, manager: Manager, experiment: str
) -> None:
    open_page(page, manager, experiment, "/activity")
    said = page.evaluate(
        """async () => {
          const source = document.querySelector("script[type=module]").src;
          const { keys } = await import(source.replace("pages/activity", "edge/keys"));
          window.pressed = [];
          keys.add({ key: "q", text: "Count", group: "Test", run: () => window.pressed.push("q") });
          keys.add({ key: "Escape", text: "Leave", group: "Test", run: () => window.pressed.push("Escape") });
          try { keys.add({ key: ["z", "q"], text: "Other", group: "Test", run() {} }); }
          catch (cause) { return cause.message; }
        }"""
    )
    assert said == "the key q is taken by “Count”"
    page.keyboard.press("q")
    page.keyboard.press("Control+q")
    page.keyboard.press("/")
    page.keyboard.press("q")
    page.keyboard.press("Escape")
    assert page.evaluate("window.pressed") == ["q", "Escape"]


def test_theme_rows_and_zone_are_remembered_and_there_before_the_first_paint(
    page: Page, manager: Manager, experiment: str
) -> None:
    open_page(page, manager, experiment)
    page.get_by_role("button", name="Settings").click()
    for choice in ("Dark, high contrast", "UTC", "Comfortable"):
        page.get_by_role("radio", name=choice, exact=True).check()
    expect(page.locator("#clock")).to_contain_text("UTC")
    page.add_init_script(
        """addEventListener("DOMContentLoaded", () => { window.first = { ...document.documentElement.dataset,
        clock: document.querySelector("#clock").textContent }; });"""
    )
    page.reload()
    first = page.evaluate("window.first")
    assert (first["theme"], first["contrast"], first["rows"]) == ("dark", "more", "comfortable")
    assert first["clock"].endswith("UTC")
    assert page.evaluate("getComputedStyle(document.body).colorScheme") == "dark"


def test_a_job_that_ends_is_told_once_and_is_no_longer_watched(
    page: Page, manager: Manager, experiment: str, agent: Agent
) -> None:
    page.add_init_script(SPY)
    (job,) = _apply(manager, experiment, 1)
    open_page(page, manager, experiment, f"#job/{job}")
    page.get_by_role("button", name="Notifications", exact=True).click()
    page.get_by_role("button", name="one on run 1", exact=True).click()
    page.keyboard.press("Escape")
    page.reload()
    expect(page.get_by_role("button", name="Notifications: 1 watched")).to_be_visible()
    _ends(agent, job, "9200", "EXIT")
    told = re.compile(rf"^one on run 1: EXIT[^;]*{experiment}$")
    expect(page.locator("html")).to_have_attribute("data-told", told)
    expect(page.get_by_role("button", name="Notifications", exact=True)).to_be_visible()


def test_what_a_filter_chooses_is_told_until_it_is_taken_off_the_list(
    page: Page, manager: Manager, experiment: str, agent: Agent
) -> None:
    page.add_init_script(SPY)
    manager.call("POST", f"/experiments/{experiment}/runs", {})
    open_page(page, manager, experiment, "?runs=2")
    page.get_by_role("button", name="Notifications", exact=True).click()
    page.get_by_role("button", name="Jobs of this filter: runs 2").click()
    for n, job in enumerate(_apply(manager, experiment, "1-2")):
        _ends(agent, job, f"930{n}", "DONE")
    expect(page.locator("html")).to_have_attribute("data-told", f"one on run 2: DONE | {experiment}")
    page.get_by_role("button", name="No longer: Jobs of this filter: runs 2").click()
    expect(page.get_by_role("dialog", name="Notifications")).to_contain_text("Nothing is watched yet")


def test_notifications_that_are_denied_say_how_to_allow_them(page: Page, manager: Manager, experiment: str) -> None:
    page.add_init_script(DENYING)
    open_page(page, manager, experiment)
    page.get_by_role("button", name="Notifications", exact=True).click()
    expect(page.get_by_role("dialog", name="Notifications").get_by_role("alert")).to_contain_text("To allow it")


def test_when_the_session_ends_what_was_typed_stays_and_the_page_goes_on_after_a_login_in_another_tab(
    page: Page, manager: Manager, experiment: str
) -> None:
    _session(page.context, manager, timedelta(seconds=4))
    open_page(page, manager, experiment, "/definitions")
    field = page.locator("#definitions").get_by_label("Parameters").last
    field.fill("typed in the night")
    note = page.locator("#session-note")
    expect(note).to_contain_text("You are logged out", timeout=15_000)
    expect(page.locator("#chip-text")).to_have_text("Logged out")
    expect(field).to_have_value("typed in the night")
    with page.context.expect_page() as opened:
        note.get_by_role("link", name="Log in").click()
    other = opened.value
    other.get_by_label("Token").fill(TOKEN)
    other.get_by_role("button", name="Log in").click()
    expect(other.locator("#chip-text")).to_have_text("Live")
    expect(page.locator("#chip-text")).to_have_text("Live", timeout=15_000)
    expect(note).to_be_hidden()
    expect(field).to_have_value("typed in the night")


def test_the_end_of_the_session_is_told_before_and_one_click_makes_it_last(
    page: Page, manager: Manager, experiment: str
) -> None:
    _session(page.context, manager, timedelta(minutes=10))
    open_page(page, manager, experiment)
    note = page.locator("#session-note")
    expect(note).to_contain_text(re.compile(r"Your login ends at \d\d:\d\d, in \d+ min\."))
    note.get_by_role("button", name="Stay logged in").click()
    expect(note).to_be_hidden()
    page.reload()
    expect(page.locator("#chip-text")).to_have_text("Live")
    expect(note).to_be_hidden()


def test_a_window_whose_network_is_gone_says_so_at_once_and_comes_back(
    page: Page, manager: Manager, experiment: str
) -> None:
    open_page(page, manager, experiment)
    page.context.set_offline(True)
    expect(page.locator("#chip-text")).to_have_text(re.compile("Reconnecting|Stale"))
    page.context.set_offline(False)
    expect(page.locator("#chip-text")).to_have_text("Live")


def test_first_steps_are_shown_until_dismissed_for_good(page: Page, manager: Manager, experiment: str) -> None:
    open_page(page, manager, experiment)
    hint = page.get_by_role("complementary", name="First steps")
    hint.get_by_role("button", name="Got it").click()
    expect(hint).to_have_count(0)
    page.reload()
    expect(page.locator("#chip-text")).to_have_text("Live")
    page.wait_for_load_state("networkidle")
    expect(hint).to_have_count(0)


def test_a_batch_client_that_goes_away_is_said_at_once_and_gone_by_itself(
    page: Page, manager: Manager, experiment: str, agent: Agent
) -> None:
    (job,) = _apply(manager, experiment, 1)
    agent.claim(job)
    open_page(page, manager, experiment)
    expect(page.locator("#doubts")).to_be_empty()
    agent.close()
    expect(page.locator("#doubts")).to_have_text("Batch client away", timeout=30_000)
    again = Agent(manager.url)
    again.start()
    expect(page.locator("#doubts")).to_be_empty(timeout=20_000)
    again.close()


def _apply(manager: Manager, experiment: str, runs: int | str) -> list[str]:
    """Ids of the jobs, by run."""
    made = manager.call("POST", f"/experiments/{experiment}/jobs", {"definition": "one", "runs": runs})["jobs"]
    return [job["id"] for job in sorted(made, key=lambda job: int(job["run"]))]


def _comments(manager: Manager, experiment: str, count: int, words: str = "comment") -> None:
    """That many entries in the activity."""
    address = f"{manager.url}/api/v1/experiments/{experiment}/runs/1"
    with httpx.Client(headers={"Authorization": f"Bearer {TOKEN}"}) as client:
        for n in range(count):
            assert client.patch(address, json={"comment": f"{words} {n}"}).is_success


def _ends(agent: Agent, job: str, lsf_id: str, status: str) -> None:
    agent.claim(job)
    agent.submitted(job, lsf_id)
    agent.lsf(job, lsf_id, status)


def _session(context: BrowserContext, manager: Manager, length: timedelta) -> None:
    """The browser's session ends that long from now."""
    value = session_cookie(TOKEN, datetime.now(UTC) + length)
    context.add_cookies([{"name": f"batchboard-main-{manager.port}", "value": value, "url": manager.url}])
    for page in context.pages:
        page.evaluate("localStorage.clear()")
