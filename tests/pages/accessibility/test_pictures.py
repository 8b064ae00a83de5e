"""The pictures of the page Overview, with a value shown in each and their tables open."""

import pytest
from playwright.sync_api import Page, expect

from tests.pages.accessibility.every_state import narrow
from tests.pages.axe import THEMES, Axe
from tests.pages.conftest import needs_chromium, open_page
from tests.pages.manager import Manager

pytestmark = [needs_chromium, pytest.mark.timeout(120)]


def test_pictures_with_a_value_shown_and_their_tables(page: Page, manager: Manager, shown: str, axe: Axe) -> None:
    open_page(page, manager, "past", "/overview?span=all")
    for name in ("jobs", "runs", "success", "times", "counter"):
        picture = page.locator(f"#{name} .chart svg")
        expect(picture.locator("text").first).to_be_visible()
        page.locator(f"#{name} summary").click()
        picture.press("End")
        expect(page.locator(f"#{name} .chart-tip")).to_be_visible()
        if name in ("jobs", "success"):
            axe.look(f"overview, a value of {name}", *(THEMES if name == "success" else ()))
    axe.look("overview, all tables open", *THEMES)
    narrow(page)
    axe.look("overview, narrow, all tables open")
