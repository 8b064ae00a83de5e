"""axe-core finds nothing in the log of a job."""

import pytest
from playwright.sync_api import Page, expect

from realtime.protocol.questions import Found, FoundLine
from tests.pages.accessibility.every_state import job_on
from tests.pages.agent import Agent, log_answer
from tests.pages.axe import THEMES, Axe
from tests.pages.conftest import needs_chromium, open_page
from tests.pages.manager import Manager

pytestmark = [needs_chromium, pytest.mark.timeout(120)]

TONES = "".join(f"\x1b[{code}mtone {code}\x1b[0m \x1b[{code + 10}mbehind\x1b[0m\n" for code in (*range(30, 38), 90))
LOG = TONES + "ERROR: bad\n"


def found(at: int, count: int) -> Found:
    items = [FoundLine(at=at, line="found")]
    return Found(items=items, count=count, start=0, to=len(LOG), size=len(LOG), source="file", complete=True)


def test_a_log_with_every_tone_a_search_and_a_marked_line(
    page: Page, manager: Manager, agent: Agent, shown: str, axe: Axe
) -> None:
    job = job_on(manager, shown, 1)
    agent.answers |= {f"{job}/log": log_answer(LOG), f"{job}/find": {"found": found(0, 8)}}
    open_page(page, manager, shown, f"#job/{job}/log")
    expect(page.locator("#panel .log")).to_contain_text("ERROR: bad")
    axe.look("every tone", *THEMES)
    page.get_by_role("searchbox", name="Search the log").fill("tone 3")
    expect(page.locator(".log-search output")).to_have_text("1 of 8")
    axe.look("found", *THEMES)
    agent.answers[f"{job}/find"] = {"found": found(len(TONES), 1)}
    page.get_by_role("button", name="First error").click()
    expect(page.locator(".log > [data-marked]")).to_have_text("ERROR: bad")
    axe.look("first error")
