"""axe-core finds nothing on Batch control, in any state, in light and dark."""

import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.sync_api import Page, expect

from realtime.protocol.agent import AgentState
from realtime.web.auth import session_cookie
from tests.pages.accessibility.every_state import LSF_WORDS, job_on, narrow, wide
from tests.pages.agent import Agent, log_answer
from tests.pages.axe import THEMES, Axe
from tests.pages.conftest import needs_chromium, open_page
from tests.pages.manager import TOKEN, Manager

pytestmark = [needs_chromium, pytest.mark.timeout(120)]


def test_batch_control_in_a_list(page: Page, manager: Manager, shown: str, axe: Axe) -> None:
    open_page(page, manager, "empty")
    axe.look("no runs, no hash", *THEMES)
    page.set_viewport_size({"width": 1440, "height": 2400})
    open_page(page, manager, shown)
    expect(page.get_by_role("complementary", name="First steps")).to_be_visible()
    expect(page.locator('[data-key="run/1"] .job')).to_have_count(3)
    axe.look("every status", *THEMES)
    page.get_by_role("button", name="Got it").click()
    page.locator('[data-key="run/10"] .unfold').click()
    page.locator(f'[data-key="run/{1 + LSF_WORDS.index("RUN")}"] .lsf-opener').click()
    expect(page.locator("[data-lsf]")).to_have_count(2)
    page.locator('[data-key="run/5"] .hash-name').hover()
    axe.look("earlier jobs and LSF jobs folded out")
    page.get_by_role("button", name="Comment on run 18").first.click()
    page.get_by_role("textbox", name="Comment on run 18").fill("typed")
    axe.look("comment being typed", "light")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Tags of run 18").click()
    page.get_by_role("combobox", name="Add a tag").fill("x" * 50)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="x")).to_be_visible()
    axe.look("tags being edited, one refused")
    page.goto(f"{manager.url}/experiments/{shown}#run/3")
    narrow(page)
    page.reload()
    expect(page.locator('[data-key="run/3"] .job')).to_have_count(1)
    axe.look("narrow")
    page.locator('[data-key="run/3"] .more').click()
    axe.look("narrow, actions open", "light")


def test_quiet_jobs_and_a_farm_that_is_away(page: Page, manager: Manager, axe: Axe) -> None:
    open_page(page, manager, "past")
    expect(page.locator("#doubts")).not_to_be_empty()
    axe.look("batch client away")
    agent = Agent(manager.url, location="past")
    agent.start()
    expect(page.locator(".beside").filter(has_text="quiet").first).to_be_visible()
    axe.look("quiet jobs", *THEMES)
    agent.close()


def test_finding(page: Page, manager: Manager, shown: str, axe: Axe) -> None:
    open_page(page, manager, shown)
    page.get_by_role("button", name="Failed").click()
    page.get_by_role("button", name="Filter", exact=False).last.click()
    axe.look("filter open", *THEMES)
    page.get_by_role("button", name="Hash", exact=True).click()
    expect(page.get_by_role("dialog", name="Hash")).to_contain_text("one")
    axe.look("hashes to filter by")
    page.keyboard.press("Escape")
    page.get_by_label("Runs", exact=True).fill("9-")
    page.keyboard.press("Enter")
    expect(page.locator("#runs-wrong")).not_to_be_empty()
    axe.look("a wrong range")
    page.get_by_label("Runs", exact=True).fill("99")
    page.keyboard.press("Enter")
    expect(page.locator(".none-found")).to_be_visible()
    axe.look("empty result", *THEMES)
    narrow(page)
    axe.look("empty result, narrow")
    wide(page)
    page.get_by_role("button", name="Clear").click()
    page.get_by_role("button", name="Columns").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    axe.look("columns", *THEMES)
    page.keyboard.press("Escape")
    page.goto(
        f"{manager.url}/experiments/{shown}?column=param:Sample&line=lsf&line=counter:Rate&line=counter:Long&sort=-counter:Rate"
    )
    expect(page.locator(".count").first).to_be_visible()
    axe.look("counters as columns", *THEMES)
    page.goto(f"{manager.url}/experiments/{shown}?mode=grid&counter=Rate")
    expect(page.locator(".job-link").first).to_be_visible()
    axe.look("grid", *THEMES)
    page.get_by_role("button", name="Counter: Rate").click()
    axe.look("grid, choice of a counter")
    page.keyboard.press("Escape")
    narrow(page)
    axe.look("grid, narrow")


def test_applying_and_many_at_once(page: Page, manager: Manager, shown: str, axe: Axe) -> None:
    open_page(page, manager, shown)
    page.get_by_role("button", name="Apply a hash to run 18").click()
    expect(page.get_by_role("option").first).to_be_visible()
    axe.look("choice of a hash", *THEMES)
    page.keyboard.type("zzz")
    axe.look("choice of a hash, none found")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Kill one on run 18").click()
    axe.look("Kill?")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Delete one on run 10").first.click()
    axe.look("Delete?")
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    expect(page.get_by_role("textbox", name="Selected runs")).to_be_focused()
    page.keyboard.type("1-18")
    page.keyboard.press("Enter")
    selected = page.get_by_role("region", name="Selected runs")
    expect(selected.get_by_role("button", name="Kill")).to_contain_text("live")
    axe.look("selection", *THEMES)
    selected.get_by_role("button", name="Kill").click()
    expect(page.get_by_role("dialog")).to_contain_text("live jobs")
    axe.look("kill many")
    page.keyboard.press("Escape")
    selected.get_by_role("button", name="Apply").click()
    dialog = page.get_by_role("dialog", name="Apply a hash to runs")
    dialog.get_by_label("Hash", exact=True).click()
    expect(page.get_by_role("combobox", name="Hash to apply")).to_be_focused()
    page.keyboard.type("far")
    page.keyboard.press("Enter")
    expect(dialog.locator(".bulk-preview")).to_contain_text("1-18")
    axe.look("apply, with a preview", *THEMES)
    narrow(page)
    axe.look("apply, narrow")
    wide(page)
    dialog.get_by_label("every run").check()
    page.route("**/jobs", lambda route: None)
    page.get_by_role("dialog").get_by_role("button", name="Apply to 18 runs").click()
    page.unroute("**/jobs")
    axe.look("jobs on their way, not answered")


def test_the_job_panel(page: Page, manager: Manager, shown: str, agent: Agent, axe: Axe) -> None:
    job = job_on(manager, shown, 1 + LSF_WORDS.index("EXIT"))
    text = "first line\n\x1b[31mred\x1b[0m\nlast line\n"
    agent.answers[f"{job}/log"] = log_answer(text)
    agent.answers[f"{job}/details"] = {"text": "Job <731011>, User <x>"}
    open_page(page, manager, shown, f"#job/{job}/log")
    panel = page.locator("#panel")
    expect(panel.locator(".log")).to_contain_text("last line", timeout=20_000)
    axe.look("log", *THEMES)
    for tab, said in (
        ("Job", "Timeline"),
        ("LSF", "731011"),
        ("Submit script", "Called as"),
        ("Posts", "Post by hand"),
    ):
        panel.get_by_role("tab", name=tab, exact=True).click()
        expect(panel).to_contain_text(said)
        axe.look(tab)
    address = manager.call("GET", f"/jobs/{job}/report-address")["url"]
    httpx.post(address, content="not JSON", timeout=10)
    for number in (1, 2):
        report = {"Progress": f"{number}/20", "Hit rate": f"{number}.5 %", "Phase": ["<b>on</b>", "green"]}
        manager.report_later({"id": job, "experiment": shown}, report | {"Odd": {}})
    expect(panel.locator(".posts > li")).to_have_count(4, timeout=20_000)
    panel.locator(".posts summary").first.click()
    axe.look("Posts, some refused")
    panel.get_by_role("tab", name="Job", exact=True).click()
    panel.get_by_role("button", name=re.compile("^Progress over time")).click()
    axe.look("Job, with a report and a table of its numbers", *THEMES)
    narrow(page)
    axe.look("panel, narrow")
    wide(page)
    for run in (16, 18):
        page.goto(f"{manager.url}/experiments/{shown}#job/{job_on(manager, shown, run)}/log")
        expect(panel.locator("h2")).to_contain_text(f"run {run}")
        axe.look(f"panel of a job in doubt or without a log, run {run}")
    panel.get_by_role("tab", name="Posts", exact=True).click()
    expect(panel).to_contain_text("No post has arrived")
    axe.look("Posts, none yet")
    page.goto(f"{manager.url}/experiments/{shown}#job/{'0' * 24}/log")
    expect(panel).to_contain_text("There is no such job")
    axe.look("panel of no job")


def test_what_the_heading_opens(page: Page, manager: Manager, shown: str, axe: Axe) -> None:
    open_page(page, manager, shown)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    axe.look("help", *THEMES)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Settings").click()
    expect(page.get_by_role("radio").first).to_be_visible()
    axe.look("settings")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Notifications").click()
    expect(page.get_by_role("dialog", name="Notifications")).to_be_visible()
    axe.look("notifications")
    page.keyboard.press("Escape")
    page.get_by_role("button", name=shown, exact=True).click()
    expect(page.get_by_role("menu")).to_be_visible()
    axe.look("other experiments")


def test_doubts(page: Page, manager: Manager, shown: str, agent: Agent, axe: Axe) -> None:
    open_page(page, manager, shown)
    now = datetime.now(UTC)
    agent.state = AgentState(answered_at=now, silent_since=now - timedelta(minutes=2), problem="bjobs gave no answer")
    expect(page.locator("#doubts")).to_contain_text("LSF silent")
    log_in_until(page, manager, timedelta(minutes=10))
    page.reload()
    expect(page.locator("#session-note")).to_contain_text("Your login ends at")
    axe.look("LSF silent, login about to end", *THEMES)
    log_in_until(page, manager, timedelta(seconds=1))
    page.reload()
    expect(page.locator("#session-note")).to_contain_text("You are logged out", timeout=15_000)
    axe.look("logged out", "light", "dark")
    agent.state = AgentState(answered_at=datetime.now(UTC))


def log_in_until(page: Page, manager: Manager, left: timedelta) -> None:
    """The browser's session ends so long from now."""
    value = session_cookie(TOKEN, datetime.now(UTC) + left)
    page.context.add_cookies([{"name": f"batchboard-main-{manager.port}", "value": value, "url": manager.url}])
    page.evaluate("localStorage.removeItem('batchboard-session-ends')")


def test_a_page_that_has_lost_its_server(page: Page, manager: Manager, shown: str, axe: Axe) -> None:
    open_page(page, manager, shown)
    axe.show("light-contrast")
    manager.stop()
    expect(page.locator("#doubts")).to_have_text("Actions wait", timeout=10_000)
    axe.look("stale", *THEMES)
    manager.start()
