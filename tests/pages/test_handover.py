"""The dialog Handover: a span, the text for the logbook, to copy and to save."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Browser, Page, Route, expect

from tests.pages.accessibility.conftest import axe, axe_script
from tests.pages.axe import THEMES, Axe
from tests.pages.conftest import needs_chromium, open_page
from tests.pages.manager import TOKEN, Manager

pytestmark = needs_chromium

__all__ = ["axe", "axe_script"]


def test_the_last_eight_hours_are_previewed_copied_and_saved(page: Page, manager: Manager, experiment: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_page(page, manager, experiment, "/overview")
    page.get_by_role("button", name="Handover", exact=True).click()
    dialog = page.get_by_role("dialog", name=f"Handover of {experiment}")
    text = dialog.get_by_role("region", name="Text for the logbook")
    expect(text).to_contain_text("1 run taken: 1. 0 processed, 1 not: 1.")
    expect(text).to_contain_text("made the experiment")
    expect(dialog.get_by_role("radio", name="Last 8 h")).to_be_checked()
    dialog.get_by_role("button", name="Copy").click()
    expect(dialog.get_by_role("button", name="Copy")).to_contain_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == text.text_content()
    with page.expect_download() as saved:
        dialog.get_by_role("link", name="Download .md").click()
    assert re.fullmatch(rf"{experiment}-shift-\d{{4}}-\d\d-\d\d\.md", saved.value.suggested_filename)
    assert saved.value.path().read_text() == text.text_content()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("button", name="Handover", exact=True)).to_be_focused()


def asked(address: str) -> timedelta:
    """How long the span of a question is."""
    query = parse_qs(urlsplit(address).query)
    begin, end = (datetime.fromisoformat(query[name][0]) for name in ("from", "to"))
    return end - begin


def test_another_span_is_asked_for_also_since_a_time_of_day(page: Page, manager: Manager, experiment: str) -> None:
    open_page(page, manager, experiment, "/overview")
    page.get_by_role("button", name="Handover", exact=True).click()
    dialog = page.get_by_role("dialog")
    save = dialog.get_by_role("link", name="Download .md")
    with page.expect_response(re.compile("/shift.md")):
        dialog.get_by_role("radio", name="Last 24 h").check()
    assert asked(save.get_attribute("href") or "") == timedelta(hours=24)
    time = dialog.get_by_label("Since, ")
    since = datetime.now(UTC) - timedelta(hours=3)
    with page.expect_response(re.compile("/shift.md")):
        time.fill(f"{since:%H:%M}")
    expect(dialog.get_by_role("radio", name="Since")).to_be_checked()
    assert timedelta(hours=3) <= asked(save.get_attribute("href") or "") < timedelta(hours=3, minutes=2)


def test_the_menu_of_the_experiment_leads_to_its_wall_and_its_handover(
    page: Page, manager: Manager, experiment: str
) -> None:
    open_page(page, manager, experiment)
    page.get_by_role("button", name=experiment).click()
    page.get_by_role("menuitem", name="Handover").click()
    expect(page.get_by_role("region", name="Text for the logbook")).to_contain_text(f"# {experiment}: ")
    page.keyboard.press("Escape")
    page.get_by_role("button", name=experiment).click()
    page.get_by_role("menuitem", name="Wall of").click()
    expect(page.locator("#wall-number")).to_have_text("1")


def test_a_text_that_cannot_be_had_is_said_where_it_would_stand(page: Page, manager: Manager, experiment: str) -> None:
    open_page(page, manager, experiment, "/overview")
    page.route("**/shift.md*", lambda route: away(route))
    page.get_by_role("button", name="Handover", exact=True).click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("The server did not answer")
    expect(page.get_by_role("dialog").get_by_role("button", name="Copy")).to_be_disabled()
    page.unroute("**/shift.md*")
    page.get_by_role("radio", name="Last 12 h").check()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_have_count(0)
    expect(page.get_by_role("region", name="Text for the logbook")).to_contain_text("1 run taken")


def away(route: Route) -> None:
    route.abort()


def test_axe_finds_nothing_in_the_handover(page: Page, manager: Manager, experiment: str, axe: Axe) -> None:
    open_page(page, manager, experiment, "/overview")
    page.get_by_role("button", name="Handover", exact=True).click()
    expect(page.get_by_role("region", name="Text for the logbook")).to_contain_text("1 run taken")
    axe.look("handover", *THEMES)
    page.set_viewport_size({"width": 375, "height": 700})
    axe.look("handover, narrow")
    assert page.get_by_role("dialog").evaluate("one => one.scrollWidth - one.clientWidth") <= 0


def test_times_are_those_of_the_facility_in_every_browser(browser: Browser, manager: Manager, experiment: str) -> None:
    context = browser.new_context(timezone_id="Asia/Tokyo")
    page = context.new_page()
    page.goto(f"{manager.url}/?token={TOKEN}")
    open_page(page, manager, experiment, "/overview")
    page.get_by_role("button", name="Handover", exact=True).click()
    zone = page.locator("#clock").inner_text().split()[-1]
    expect(page.get_by_role("region", name="Text for the logbook")).to_contain_text(f" {zone}\n")
    expect(page.get_by_label(f"Since, {zone}")).to_be_visible()
    context.close()
