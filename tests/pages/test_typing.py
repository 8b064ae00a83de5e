"""What is typed while something is being loaded, or while the store changes below it, and what it looks like then."""

import re
import sqlite3
from contextlib import closing

import pytest
from playwright.sync_api import Page, Route, expect

from tests.pages.conftest import needs_chromium, open_page
from tests.pages.manager import Manager

pytestmark = [needs_chromium, pytest.mark.timeout(60)]

LONG = "x" * 1_900
WARM = """() => {
  const entry = document.querySelector("script[type=module]").src;
  return Promise.all(["apply", "panel"].map((name) => import(new URL(`../parts/${name}.js`, entry)))).then(() => true);
}"""
"""What the page loads beforehand is there; a test that ends or stops the manager earlier would break it off."""


class Slow:
    """A module that a browser asks for, and gets when it is told to."""

    def __init__(self, page: Page, name: str) -> None:
        self.page = page
        self._routes: list[Route] = []
        page.route(re.compile(rf"/{name}\.js$"), lambda route: self._routes.append(route))

    def wait(self) -> Route:
        """Until it is asked for."""
        while not self._routes:
            self.page.wait_for_timeout(10)
        return self._routes.pop()


def test_what_is_typed_while_the_selection_bar_is_loaded_goes_into_it(
    page: Page, manager: Manager, experiment: str
) -> None:
    open_page(page, manager, experiment)
    slow = Slow(page, "selection_bar")
    page.keyboard.press("s")
    route = slow.wait()
    page.keyboard.type("1-18,s")
    route.continue_()
    field = page.get_by_role("textbox", name="Selected runs")
    expect(field).to_be_focused()
    expect(field).to_have_value("1-18,s")
    page.keyboard.type("?")
    expect(field).to_have_value("1-18,s?")
    assert page.url.endswith(f"/experiments/{experiment}")


def test_what_is_typed_while_a_choice_is_loaded_goes_into_it_and_enter_chooses(
    page: Page, manager: Manager, experiment: str
) -> None:
    open_page(page, manager, experiment)
    slow = Slow(page, "apply")
    page.get_by_role("button", name="Apply a hash to run 1").focus()
    page.keyboard.press("Enter")
    route = slow.wait()
    page.keyboard.type("one")
    page.keyboard.press("Enter")
    route.continue_()
    expect(page.locator("tr.job")).to_have_count(1)
    assert page.evaluate(WARM)


def test_what_is_typed_while_a_comment_opens_goes_into_it(page: Page, manager: Manager, experiment: str) -> None:
    open_page(page, manager, experiment)
    slow = Slow(page, "note_editor")
    page.get_by_role("button", name="Comment on run 1").focus()
    page.keyboard.press("Enter")
    route = slow.wait()
    page.keyboard.type("2 bad shots")
    route.continue_()
    expect(page.get_by_role("textbox", name="Comment on run 1")).to_have_value("2 bad shots")
    assert page.evaluate(WARM)


def test_what_is_typed_for_what_cannot_be_loaded_goes_nowhere(page: Page, manager: Manager, experiment: str) -> None:
    open_page(page, manager, experiment)
    page.evaluate(
        "addEventListener('unhandledrejection', (event) => { event.preventDefault(); window.failed = true; })"
    )
    slow = Slow(page, "help_sheet")
    page.keyboard.press("?")
    route = slow.wait()
    page.keyboard.type("1")
    route.abort()
    page.wait_for_function("window.failed")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="1", exact=True)).to_be_focused()
    assert page.url.endswith(f"/experiments/{experiment}")


def test_a_long_comment_takes_four_lines_and_is_whole_when_it_is_edited(
    page: Page, manager: Manager, experiment: str
) -> None:
    manager.call("PATCH", f"/experiments/{experiment}/runs/1", {"comment": LONG})
    open_page(page, manager, experiment)
    comment = page.get_by_role("button", name="Comment on run 1")
    box = comment.bounding_box()
    assert box and 50 < box["height"] < 100
    expect(comment).to_have_attribute("title", LONG)
    comment.click()
    expect(page.get_by_role("textbox", name="Comment on run 1")).to_have_value(LONG)
    assert page.evaluate(WARM)


def test_a_comment_that_is_being_typed_outlives_a_store_that_was_restored(
    page: Page, manager: Manager, experiment: str
) -> None:
    open_page(page, manager, experiment)
    page.get_by_role("button", name="Comment on run 1").click()
    field = page.get_by_role("textbox", name="Comment on run 1")
    page.keyboard.type("half of a sent")
    assert page.evaluate(WARM)
    manager.stop()
    expect(page.locator("#chip-text")).not_to_have_text("Live")
    with closing(sqlite3.connect(manager.folder / "batchboard.db")) as store, store:
        store.execute("UPDATE meta SET value = ? WHERE name = 'epoch'", (b"other",))
    with page.expect_response(re.compile("/table")):
        manager.start()
    expect(page.locator("#chip-text")).to_have_text("Live", timeout=20_000)
    expect(field).to_be_focused()
    page.keyboard.type("ence")
    expect(field).to_have_value("half of a sentence")
    (run,) = manager.call("GET", f"/experiments/{experiment}/runs")["items"]
    assert run["comment"] == ""
