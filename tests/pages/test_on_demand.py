"""What Batch control loads only when it is wanted, and that it looks as it should then."""

from playwright.sync_api import Page, expect

from tests.pages.conftest import needs_chromium, open_page
from tests.pages.manager import Manager

pytestmark = needs_chromium

LOADED = """() => performance.getEntriesByType("resource").map(({ name }) => name.split("/").slice(-2).join("/"))"""
NAMED = """async (words) => {
  const entry = document.querySelector("script[type=module]").src;
  const { namedColor } = await import(new URL("../edge/color_names.js", entry));
  return words.map(namedColor);
}"""
LATER = {
    "parts/hash_choice.js",
    "parts/panel.js",
    "parts/job_tab.js",
    "parts/posts_tab.js",
    "parts/submission_tab.js",
    "parts/job_actions.js",
    "parts/lsf_lines.js",
    "parts/filter_choice.js",
}
STYLES = {
    "style/choices.css",
    "style/panel.css",
    "style/job.css",
    "style/dock.css",
    "style/floats.css",
    "style/grid.css",
    "style/narrow.css",
}


def loaded(page: Page) -> set[str]:
    """Scripts and styles by folder and name."""
    return set(page.evaluate(LOADED))


def test_lists_the_panel_and_the_dock_come_with_their_styles_when_they_are_opened(
    page: Page, manager: Manager, experiment: str
) -> None:
    manager.call("POST", f"/experiments/{experiment}/jobs", {"definition": "one", "runs": 1})
    open_page(page, manager, experiment)
    expect(page.locator("tr.job")).to_have_count(1)
    assert loaded(page) & (LATER | STYLES) == set()
    page.get_by_role("button", name="Select…").click()
    expect(page.locator(".dock")).to_have_css("position", "fixed")
    page.locator(".choose").click()
    expect(page.locator(".hash-choice li")).to_have_css("cursor", "pointer")
    page.keyboard.press("Escape")
    page.locator("a.hash-name").click()
    expect(page.locator("#panel")).to_have_css("position", "fixed")
    assert STYLES - loaded(page) == {"style/grid.css", "style/narrow.css"}


def test_a_window_that_becomes_narrow_shows_runs_as_cards(page: Page, manager: Manager, experiment: str) -> None:
    open_page(page, manager, experiment)
    expect(page.locator("tr.run")).to_have_css("display", "table-row")
    page.set_viewport_size({"width": 375, "height": 800})
    expect(page.locator("tr.run")).to_have_css("display", "grid")


def test_names_of_colours_are_those_that_the_browser_knows(page: Page, manager: Manager, experiment: str) -> None:
    open_page(page, manager, experiment)
    words = ["rebeccapurple", "lightgoldenrodyellow", "black", "notacolour", "inherit", "constructor"]
    assert page.evaluate(NAMED, words) == ["#663399", "#fafad2", "#000000", None, None, None]
