"""axe-core finds nothing in why a job failed, nor where it is resubmitted."""

import pytest
from playwright.sync_api import Page, expect

from tests.pages.agent import Agent
from tests.pages.axe import THEMES, Axe
from tests.pages.conftest import needs_chromium, open_page
from tests.pages.failures import LOG, ended, give_log, out_of_memory
from tests.pages.manager import Manager

pytestmark = [needs_chromium, pytest.mark.timeout(120)]


def test_an_explanation_its_comparison_and_the_dialog(
    page: Page, manager: Manager, agent: Agent, experiment: str, axe: Axe
) -> None:
    good = ended(manager, agent, experiment, "1", "DONE")
    job = out_of_memory(manager, agent, experiment, "2")
    give_log(agent, good, LOG.replace("Traceback", "went well"), None)
    give_log(agent, job, LOG)
    open_page(page, manager, experiment, f"#job/{job}")
    expect(page.locator(".explanation mark")).to_be_visible()
    page.get_by_text("Compare with the last good job").click()
    expect(page.locator(".part")).to_have_count(2)
    axe.look("explanation", *THEMES)
    definition = manager.call("GET", f"/experiments/{experiment}/definitions")["items"][0]["id"]
    manager.call("PATCH", f"/experiments/{experiment}/definitions/{definition}", {"parameters": "calib -M 9G"})
    expect(page.locator("#panel .facts")).to_contain_text("edited since")
    page.get_by_role("button", name="Resubmit with…").first.click()
    page.get_by_label("Parameters").fill("x" * 4001)
    page.keyboard.press("Enter")
    expect(page.locator("#resubmit-wrong")).to_be_visible()
    axe.look("resubmit", *THEMES)
