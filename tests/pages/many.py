"""What one does with many runs on Batch control, and where it is seen."""

from playwright.sync_api import Locator, Page, expect


def bar(page: Page) -> Locator:
    """What can be done with the selected runs."""
    return page.get_by_role("region", name="Selected runs")


def strip(page: Page, name: str) -> Locator:
    """How far the jobs of a hash are that were applied to many runs."""
    return page.get_by_role("region", name=f"{name} on its way")


def select(page: Page, runs: str) -> None:
    """By keyboard alone."""
    page.keyboard.press("s")
    field = bar(page).get_by_role("textbox")
    expect(field).to_be_focused()
    field.fill(runs)
    page.keyboard.press("Enter")
