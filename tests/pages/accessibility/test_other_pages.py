"""axe-core finds nothing on any other page, in any state, in light and dark."""

import pytest
from playwright.sync_api import Browser, Page, expect

from realtime.protocol.questions import StubCall, Tried, TryCheck
from tests.pages.accessibility.every_state import narrow, wide
from tests.pages.agent import Agent
from tests.pages.axe import THEMES, Axe
from tests.pages.conftest import needs_chromium, open_page
from tests.pages.manager import Manager

pytestmark = [needs_chromium, pytest.mark.timeout(120)]


def test_login_error_and_reference(manager: Manager, browser: Browser, axe: Axe, axe_script: str) -> None:
    page = axe.page
    page.goto(f"{manager.url}/experiments/nowhere")
    axe.look("error 404")
    page.goto(f"{manager.url}/api/v1/docs")
    axe.look("API docs")
    context = browser.new_context()
    axe.page = context.new_page()
    axe.page.goto(f"{manager.url}/")
    expect(axe.page.get_by_label("Token")).to_be_focused()
    axe.look("login", *THEMES)
    axe.page.get_by_label("Token").fill("wrong")
    axe.page.keyboard.press("Enter")
    expect(axe.page.get_by_role("alert")).to_be_visible()
    axe.look("login refused")
    narrow(axe.page)
    axe.look("login, narrow")
    context.close()


def test_experiments(page: Page, manager: Manager, shown: str, axe: Axe) -> None:
    page.goto(f"{manager.url}/")
    expect(page.locator("#chip-text")).to_have_text("Live")
    page.get_by_role("button", name=f"{shown}").first.click()
    axe.look("experiments", *THEMES)
    page.get_by_role("searchbox").fill("nothing of this kind")
    expect(page.locator("#none-found")).to_be_visible()
    axe.look("experiments, nothing found")
    page.get_by_role("searchbox").fill("")
    page.get_by_role("button", name="New experiment").click()
    axe.look("experiments, form open")
    page.get_by_label("Name", exact=True).fill("not / a name")
    page.get_by_role("button", name="Make it").click()
    expect(page.locator("#name-wrong")).not_to_be_empty()
    axe.look("experiments, form with an error")
    narrow(page)
    axe.look("experiments, narrow")


def test_batch_defs(page: Page, manager: Manager, shown: str, agent: Agent, axe: Axe) -> None:
    open_page(page, manager, "empty", "/definitions")
    axe.look("Batch defs, none yet", *THEMES)
    open_page(page, manager, shown, "/definitions")
    page.get_by_role("checkbox", name="Show archived").check()
    expect(page.locator(".check")).to_have_count(6)
    axe.look("Batch defs, every check and an archived one", *THEMES)
    row = page.locator("#definitions tbody").first
    one = manager.call("GET", f"/experiments/{shown}/definitions")["items"][0]
    field = row.get_by_label("Parameters")
    before = field.input_value()
    field.fill("mine")
    manager.call("PATCH", f"/experiments/{shown}/definitions/{one['id']}", {"parameters": "theirs"})
    page.keyboard.press("Tab")
    expect(row.get_by_role("alert")).to_be_visible()
    axe.look("Batch defs, conflict")
    row.get_by_role("button", name="Use mine").click()
    field.fill(before)
    page.keyboard.press("Tab")
    narrow(page)
    axe.look("Batch defs, narrow", *THEMES)


def test_sheets_of_batch_defs(page: Page, manager: Manager, shown: str, agent: Agent, axe: Axe) -> None:
    checks = [
        TryCheck(name="path", ok=True, text="a file of 20 bytes"),
        TryCheck(name="line ends", ok=None, text="not looked at"),
        TryCheck(name="dry run", ok=False, text="exit code 1"),
    ]
    call = StubCall(arguments=["-q", "psanaq", "<img src=x>"], stdin="echo hello\n")
    tried = Tried(checks=checks, exit_code=1, stdout="Job <0> is submitted", stderr="no", bsub=[call])
    agent.answers["/try"] = {"tried": tried}
    open_page(page, manager, shown, "/definitions")
    page.get_by_role("button", name="Try one").click()
    page.get_by_role("button", name="Try it").click()
    expect(page.locator(".verdict")).to_be_visible()
    axe.look("Try, with a result", *THEMES)
    narrow(page)
    axe.look("Try, narrow")
    wide(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="of one").click()
    expect(page.locator(".versions > li").first).to_be_visible()
    axe.look("versions", *THEMES)
    page.get_by_role("button", name="Use version 1 again").click()
    axe.look("Batch defs, an unsaved edit")
    page.get_by_role("button", name="Discard").first.click()
    page.get_by_role("button", name="Copy from another experiment").click()
    sheet = page.get_by_role("dialog")
    axe.look("copy, nothing chosen")
    sheet.get_by_label("From experiment").fill("past")
    expect(sheet.get_by_role("row")).to_have_count(5)
    axe.look("copy, with a preview", *THEMES)
    narrow(page)
    axe.look("copy, narrow")


def test_activity_and_overview(page: Page, manager: Manager, shown: str, axe: Axe) -> None:
    for name in ("activity", "overview"):
        for experiment in (shown, "empty"):
            open_page(page, manager, experiment, f"/{name}")
            axe.look(f"{name} of {experiment}", *(THEMES if experiment == shown else ()))
        open_page(page, manager, shown, f"/{name}")
        narrow(page)
        axe.look(f"{name}, narrow")
        wide(page)
