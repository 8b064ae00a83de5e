"""Batch defs: trying a hash, its versions, copying hashes, and what is typed and not saved."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from realtime.protocol.questions import StubCall, Tried, TryCheck
from tests.pages.agent import Agent
from tests.pages.conftest import needs_chromium, open_page
from tests.pages.manager import Manager

pytestmark = needs_chromium


@pytest.fixture
def agent(manager: Manager) -> Iterator[Agent]:
    """The agent of the location `default`."""
    agent = Agent(manager.url)
    agent.start()
    yield agent
    agent.close()


def row_of(page: Page, manager: Manager, experiment: str, name: str = "one") -> Locator:
    """The row of a hash."""
    found = manager.call("GET", f"/experiments/{experiment}/definitions")["items"]
    (key,) = [one["key"] for one in found if one["name"] == name]
    return page.locator(f'tbody[data-key="{key}"]')


def parameters(manager: Manager, experiment: str, name: str = "one") -> str:
    """What is saved."""
    found = manager.call("GET", f"/experiments/{experiment}/definitions")["items"]
    (value,) = [one["parameters"] for one in found if one["name"] == name]
    return str(value)


def test_a_try_shows_each_check_in_words_and_what_bsub_would_have_got(
    page: Page, manager: Manager, experiment: str, agent: Agent
) -> None:
    checks = [
        TryCheck(name="path", ok=True, text="a file of 20 bytes"),
        TryCheck(name="line ends", ok=None, text="not looked at"),
        TryCheck(name="dry run", ok=True, text="exit code 0"),
    ]
    call = StubCall(arguments=["-q", "psanaq", "<img src=x>"], stdin="echo hello\n")
    tried = Tried(checks=checks, exit_code=0, stdout="Job <0> is submitted", bsub=[call])
    agent.answers["/try"] = {"tried": tried}
    open_page(page, manager, experiment, "/definitions")
    row = row_of(page, manager, experiment)
    row.get_by_role("button", name="Try one").click()
    sheet = page.get_by_role("dialog", name="Try one")
    expect(sheet.get_by_role("button", name="Try it")).to_be_focused()
    page.keyboard.press("Enter")
    expect(sheet.locator(".verdict")).to_have_text("Would submit 1 job.")
    lines = sheet.get_by_role("list", name="Checks").get_by_role("listitem")
    expect(lines).to_have_text(["goodpatha file of 20 bytes", "openline endsnot looked at", "gooddry runexit code 0"])
    expect(sheet.locator(".words").last).to_have_text("-qpsanaq<img src=x>")
    expect(sheet).to_contain_text("Job <0> is submitted")
    expect(sheet).to_contain_text("echo hello")
    page.keyboard.press("Escape")
    expect(row.get_by_role("button", name="Try one")).to_be_focused()


def test_what_is_typed_and_not_saved_is_tried_as_it_stands(
    page: Page, manager: Manager, experiment: str, agent: Agent
) -> None:
    agent.answers["/try"] = {"tried": Tried(checks=[TryCheck(name="path", ok=False, text="not there")])}
    manager.call("POST", f"/experiments/{experiment}/runs", {"number": 12})
    open_page(page, manager, experiment, "/definitions")
    page.route("**/definitions/*", lambda route: route.abort())
    row = row_of(page, manager, experiment)
    row.get_by_label("Parameters").fill("--typed 1")
    row.get_by_role("button", name="Try one").click()
    sheet = page.get_by_role("dialog")
    expect(sheet).to_contain_text("as typed, not saved yet")
    sheet.get_by_label("Run").fill("12")
    sheet.get_by_label("Run").press("Enter")
    expect(sheet.locator(".verdict")).to_have_text("Would not work: path.")
    assert agent.asked[-1].arguments == [experiment, "12", "--typed", "1"]
    assert parameters(manager, experiment) == ""


def test_a_try_with_the_agent_away_says_so(page: Page, manager: Manager, experiment: str) -> None:
    away = {"name": "elsewhere", "executable": "/nowhere/x.sh", "location": "far"}
    manager.call("POST", f"/experiments/{experiment}/definitions", away)
    open_page(page, manager, experiment, "/definitions")
    row_of(page, manager, experiment, "elsewhere").get_by_role("button", name="Try").click()
    page.get_by_role("button", name="Try it").press("Enter")
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text(
        "Not tried: the batch client of far is away"
    )
    expect(page.get_by_role("button", name="Try it")).to_be_enabled()


def test_versions_tell_what_changed_and_an_old_one_comes_back_as_an_edit(
    page: Page, manager: Manager, experiment: str
) -> None:
    made = manager.call("GET", f"/experiments/{experiment}/definitions")["items"][0]["id"]
    for value in ("--sigma 4 -v", "--sigma 6 -v"):
        manager.call("PATCH", f"/experiments/{experiment}/definitions/{made}", {"parameters": value})
    open_page(page, manager, experiment, "/definitions")
    row = row_of(page, manager, experiment)
    row.get_by_role("button", name="Version 3 of one").click()
    sheet = page.get_by_role("dialog", name="Versions of one")
    newest = sheet.locator(".versions > li").first
    expect(newest).to_contain_text("used now")
    expect(newest.locator("del")).to_have_text("4")
    expect(newest.locator("ins")).to_have_text("6")
    sheet.get_by_role("button", name="Use version 2 again").click()
    expect(row.get_by_label("Parameters")).to_have_value("--sigma 4 -v")
    expect(row.locator(".draft-note")).to_contain_text("The values of version 2, not saved yet.")
    assert parameters(manager, experiment) == "--sigma 6 -v"
    row.get_by_role("button", name="Save").click()
    expect(row.locator(".draft-note")).to_have_count(0)
    expect(row.get_by_role("button", name="Version 4 of one")).to_be_visible()
    assert parameters(manager, experiment) == "--sigma 4 -v"


@pytest.fixture
def source(manager: Manager, experiment: str) -> str:
    """Another experiment, with two hashes whose paths name it; the first one's name is taken here."""
    name = f"{experiment[:50]}-from"
    manager.call("POST", "/experiments", {"name": name})
    for hash_name in ("one", "two"):
        made: dict[str, Any] = {
            "name": hash_name,
            "executable": f"/ds/{name}/{hash_name}.sh",
            "parameters": f"--exp {name}",
        }
        manager.call("POST", f"/experiments/{name}/definitions", made)
    return name


def test_hashes_are_copied_as_the_preview_says(page: Page, manager: Manager, experiment: str, source: str) -> None:
    open_page(page, manager, experiment, "/definitions")
    page.get_by_role("button", name="Copy from another experiment").press("Enter")
    sheet = page.get_by_role("dialog")
    sheet.get_by_label("From experiment").fill(source)
    expect(sheet.get_by_label("Find")).to_have_value(source)
    expect(sheet.get_by_label("With")).to_have_value(experiment)
    expect(sheet).to_contain_text("in 4 places")
    two = sheet.get_by_role("row", name="two")
    expect(two.locator("del").first).to_have_text(source)
    expect(two.locator("ins").first).to_have_text(experiment)
    expect(sheet.get_by_role("row", name="one").locator(".wrong")).to_contain_text(
        "left out: there is a hash 'one' already"
    )
    sheet.get_by_role("button", name="Another pair").click()
    page.keyboard.type("two.sh")
    page.keyboard.press("Tab")
    page.keyboard.type("renamed.sh")
    expect(two).to_contain_text("renamed.sh")
    copy = sheet.get_by_role("button", name="Copy 1 hash")
    expect(copy).to_be_enabled()
    copy.click()
    expect(sheet).to_contain_text(f"Copied 1 hash from {source} to {experiment}.")
    made = manager.call("GET", f"/experiments/{experiment}/definitions")["items"]
    (copied,) = [one for one in made if one["name"] == "two"]
    assert (copied["executable"], copied["parameters"]) == (f"/ds/{experiment}/renamed.sh", f"--exp {experiment}")
    page.keyboard.press("Enter")
    expect(row_of(page, manager, experiment, "two").get_by_label("Executable")).to_have_value(
        f"/ds/{experiment}/renamed.sh"
    )


def test_hashes_that_are_not_chosen_are_not_copied(page: Page, manager: Manager, experiment: str, source: str) -> None:
    open_page(page, manager, experiment, "/definitions")
    page.locator("#main").press("c")
    sheet = page.get_by_role("dialog")
    sheet.get_by_label("From experiment").fill(source)
    expect(sheet.get_by_role("button", name="Copy 1 hash")).to_be_enabled()
    sheet.get_by_role("checkbox", name="All hashes").uncheck()
    expect(sheet.get_by_role("button", name="Copy", exact=True)).to_be_disabled()
    expect(sheet).to_contain_text("0 of 2 chosen.")


def test_what_is_typed_outlives_a_reload_and_is_saved_when_asked(page: Page, manager: Manager, experiment: str) -> None:
    open_page(page, manager, experiment, "/definitions")
    row = row_of(page, manager, experiment)
    row.get_by_label("Parameters").press_sequentially("half ty")
    page.reload()
    expect(row.get_by_label("Parameters")).to_have_value("half ty")
    expect(row.locator(".draft-note")).to_contain_text("Typed before the page was loaded again")
    assert parameters(manager, experiment) == ""
    row.get_by_role("button", name="Save").click()
    expect(row.locator(".draft-note")).to_have_count(0)
    assert parameters(manager, experiment) == "half ty"
    page.reload()
    expect(row.locator(".draft-note")).to_have_count(0)


def test_a_new_hash_that_could_not_be_saved_outlives_a_reload_and_can_be_discarded(
    page: Page, manager: Manager, experiment: str
) -> None:
    open_page(page, manager, experiment, "/definitions")
    rows = page.locator("#definitions > tbody")
    page.locator("#main").press("n")
    page.keyboard.type("one")
    page.keyboard.press("Tab")
    expect(rows.nth(1).get_by_role("alert")).to_contain_text("there is a hash 'one' already")
    page.keyboard.type("/nowhere/two.sh")
    page.reload()
    expect(rows).to_have_count(3)
    expect(rows.nth(1).get_by_label("Hash")).to_have_value("one")
    expect(rows.nth(1).get_by_label("Executable")).to_have_value("/nowhere/two.sh")
    rows.nth(1).get_by_role("button", name="Discard").click()
    expect(rows).to_have_count(2)
    page.reload()
    expect(rows).to_have_count(2)


def test_a_draft_over_somebody_elses_change_shows_both_values(page: Page, manager: Manager, experiment: str) -> None:
    open_page(page, manager, experiment, "/definitions")
    row = row_of(page, manager, experiment)
    row.get_by_label("Parameters").press_sequentially("mine")
    made = manager.call("GET", f"/experiments/{experiment}/definitions")["items"][0]["id"]
    manager.call("PATCH", f"/experiments/{experiment}/definitions/{made}", {"parameters": "theirs"})
    page.reload()
    row.get_by_role("button", name="Save").click()
    expect(row.get_by_role("alert")).to_contain_text("Theirs: theirs. Yours: mine.")
    row.get_by_role("button", name="Use mine").click()
    expect(row.get_by_role("alert")).to_have_count(0)
    assert parameters(manager, experiment) == "mine"


def test_arrow_keys_move_between_rows_in_the_same_column(page: Page, manager: Manager, experiment: str) -> None:
    open_page(page, manager, experiment, "/definitions")
    row_of(page, manager, experiment).get_by_label("Executable").press("ArrowDown")
    expect(page.locator("#definitions > tbody").last.get_by_label("Executable")).to_be_focused()
