"""The list of hashes to choose from, the same hash again on the newest run, and the panel's places in a log."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.pages.agent import Agent, log_answer
from tests.pages.conftest import needs_chromium, open_page
from tests.pages.manager import Manager

pytestmark = needs_chromium


@pytest.fixture
def many(manager: Manager, experiment: str) -> str:
    """The experiment with forty hashes more, one of which is archived and one a draft."""
    for number in range(40):
        made = {"name": f"step {number} of {('calib', 'peak_finder')[number % 2]}", "executable": "/nowhere/x.sh"}
        manager.call("POST", f"/experiments/{experiment}/definitions", made)
    manager.call("POST", f"/experiments/{experiment}/definitions", {"name": "draft"})
    return experiment


def choose(page: Page, typed: str, run: int = 1) -> None:
    """Apply what is first when this is typed."""
    page.get_by_role("button", name=f"Apply a hash to run {run}", exact=True).press("ArrowDown")
    page.get_by_role("combobox", name=f"Hash for run {run}").fill(typed)
    page.keyboard.press("Enter")


def applied(manager: Manager, experiment: str) -> list[tuple[int, str]]:
    """Run and hash of every job, newest first."""
    jobs = manager.call("GET", f"/experiments/{experiment}/jobs")["items"]
    return [(job["run"], job["definition"]["name"]) for job in jobs]


def test_what_is_typed_finds_by_parts_of_names_and_enter_applies_the_one_shown_as_chosen(
    page: Page, manager: Manager, many: str
) -> None:
    open_page(page, manager, many)
    page.get_by_role("button", name="Apply a hash to run 1").press("ArrowDown")
    field = page.get_by_role("combobox", name="Hash for run 1")
    expect(field).to_be_focused()
    expect(page.get_by_role("option")).to_have_count(41)
    page.keyboard.type("FIND 3")
    options = page.get_by_role("option")
    expect(options.first).to_have_text("step 3 of peak_finder")
    assert all("find" in text and "3" in text for text in options.all_inner_texts())
    expect(options.first.locator("mark").first).to_have_text("3")
    page.keyboard.press("ArrowDown")
    chosen = page.get_by_role("option", selected=True)
    expect(chosen).to_have_text("step 13 of peak_finder")
    assert field.get_attribute("aria-activedescendant") == chosen.get_attribute("id")
    page.keyboard.press("Enter")
    expect(page.locator('[data-key="run/1"] [data-key^="job/"]')).to_have_count(1)
    assert applied(manager, many) == [(1, "step 13 of peak_finder")]
    expect(page.get_by_role("button", name="Apply a hash to run 1")).to_be_focused()


def test_the_keys_of_the_list_move_and_esc_closes_without_applying(page: Page, manager: Manager, many: str) -> None:
    open_page(page, manager, many)
    button = page.get_by_role("button", name="Apply a hash to run 1")
    button.press("ArrowDown")
    chosen = page.get_by_role("option", selected=True)
    expect(chosen).to_have_text("one")
    for key, name in {
        "End": "step 39 of peak_finder",
        "ArrowDown": "one",
        "ArrowUp": "step 39 of peak_finder",
        "Home": "one",
    }.items():
        page.keyboard.press(key)
        expect(chosen).to_have_text(name)
        expect(chosen).to_be_in_viewport()
    page.keyboard.type("no such name")
    expect(page.get_by_text("None of 41 hashes has this in its name.")).to_be_visible()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_have_count(0)
    expect(button).to_be_focused()
    assert applied(manager, many) == []


def test_the_hash_applied_last_is_first_also_after_a_reload(page: Page, manager: Manager, many: str) -> None:
    open_page(page, manager, many)
    for number in (7, 30):
        choose(page, f"step {number} of")
        expect(page.locator(f'[data-key="run/1"] tr:has-text("step {number} of")')).to_have_count(1)
    page.reload()
    page.get_by_role("button", name="Apply a hash to run 1").press("ArrowDown")
    options = page.get_by_role("option")
    expect(options.nth(0)).to_contain_text("step 30 of calib")
    expect(options.nth(1)).to_contain_text("step 7 of peak_finder")
    expect(options.nth(2)).to_have_text("one")
    expect(options.first).to_contain_text("live on this run")


def test_the_list_is_usable_on_a_small_screen(page: Page, manager: Manager, many: str) -> None:
    page.set_viewport_size({"width": 375, "height": 700})
    open_page(page, manager, many)
    page.get_by_role("button", name="Apply a hash to run 1").click()
    box = page.locator(".hash-choice").bounding_box()
    assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 375 and box["y"] + box["height"] <= 700
    page.get_by_role("option", name="step 0 of calib").click()
    expect(page.locator('[data-key="run/1"] [data-key^="job/"]')).to_have_count(1)


def test_one_key_applies_the_last_hash_to_the_newest_run_and_says_so(
    page: Page, manager: Manager, experiment: str
) -> None:
    open_page(page, manager, experiment)
    page.keyboard.press("a")
    expect(page.locator(".toast")).to_contain_text("No hash was applied with this browser yet")
    choose(page, "one")
    expect(page.locator('[data-key="run/1"] [data-key^="job/"]')).to_have_count(1)
    manager.call("POST", f"/experiments/{experiment}/runs", {"number": 7})
    page.locator("#main").press("a")
    expect(page.locator(".toast")).to_contain_text("Applied one to run 7.")
    assert applied(manager, experiment) == [(7, "one"), (1, "one")]


def test_one_key_asks_when_the_hash_is_live_there_and_the_safe_answer_makes_nothing(
    page: Page, manager: Manager, experiment: str
) -> None:
    open_page(page, manager, experiment)
    choose(page, "one")
    expect(page.locator('[data-key="run/1"] [data-key^="job/"]')).to_have_count(1)
    page.locator("#main").press("a")
    expect(page.get_by_role("dialog")).to_contain_text("apply again?")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert applied(manager, experiment) == [(1, "one")]


def test_undo_takes_the_same_again_back(page: Page, manager: Manager, experiment: str) -> None:
    open_page(page, manager, experiment)
    choose(page, "one")
    expect(page.locator('[data-key="run/1"] [data-key^="job/"]')).to_have_count(1)
    manager.call("POST", f"/experiments/{experiment}/runs", {})
    page.locator("#main").press("a")
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator(".toast")).to_contain_text("Taken back: one on run 2.")
    assert manager.call("GET", f"/experiments/{experiment}/jobs?run=2")["items"][0]["status"] == "EXIT"


@pytest.fixture(scope="module")
def agent(manager: Manager) -> Iterator[Agent]:
    """The agent of the location `default`."""
    agent = Agent(manager.url)
    agent.start()
    yield agent
    agent.close()


def log_of(manager: Manager, agent: Agent, experiment: str, text: str, **other: Any) -> str:
    """A job of run 1 whose log is this."""
    job = str(
        manager.call("POST", f"/experiments/{experiment}/jobs", {"definition": "one", "runs": 1})["jobs"][0]["id"]
    )
    agent.claim(job)
    agent.submitted(job, "731885")
    agent.answers[f"{job}/log"] = log_answer(text, **other)
    return job


LINES = "".join(f"läuft {number}\n" for number in range(400))


def test_a_link_to_a_log_line_marks_that_line(page: Page, manager: Manager, experiment: str, agent: Agent) -> None:
    job = log_of(manager, agent, experiment, LINES)
    place = len("".join(f"läuft {number}\n" for number in range(123)).encode())
    open_page(page, manager, experiment, f"#job/{job}/log/@{place}")
    marked = page.locator(".log [data-marked]")
    expect(marked).to_have_text("läuft 123")
    expect(marked).to_be_in_viewport()
    assert agent.asked[-1].offset == 0


def test_a_click_left_of_a_log_line_makes_a_link_to_it(
    page: Page, manager: Manager, experiment: str, agent: Agent
) -> None:
    job = log_of(manager, agent, experiment, "first\nsecond\n")
    open_page(page, manager, experiment, f"#job/{job}/log")
    page.locator(".log span", has_text="second").click(position={"x": 6, "y": 6})
    expect(page.locator(".log [data-marked]")).to_have_text("second")
    expect(page).to_have_url(re.compile(rf"#job/{job}/log/@6$"))
    page.reload()
    expect(page.locator(".log [data-marked]")).to_have_text("second")


def test_a_link_to_a_line_that_the_log_does_not_have_shows_its_end_and_says_so(
    page: Page, manager: Manager, experiment: str, agent: Agent
) -> None:
    job = log_of(manager, agent, experiment, "first\nsecond\n")
    open_page(page, manager, experiment, f"#job/{job}/log/@5000")
    expect(page.locator("#panel")).to_contain_text("The log has no byte 5,000 now; this is its end.")
    expect(page.locator(".log")).to_contain_text("second")


def test_the_panel_takes_the_focus_and_says_when_its_job_is_not_there_or_deleted(
    page: Page, manager: Manager, experiment: str
) -> None:
    open_page(page, manager, experiment, f"#job/{'0' * 24}/log")
    expect(page.locator("#panel")).to_contain_text("There is no such job")
    expect(page.locator("#panel-title")).to_be_focused()
    job = manager.call("POST", f"/experiments/{experiment}/jobs", {"definition": "one", "runs": 1})["jobs"][0]["id"]
    page.get_by_role("button", name="Log one on run 1").click()
    expect(page.locator("#panel-title")).to_have_text("one on run 1")
    expect(page.locator("#panel-title")).to_be_focused()
    manager.call("POST", f"/jobs/{job}/kill")
    manager.call("DELETE", f"/jobs/{job}")
    expect(page.locator("#panel")).to_contain_text("This job was deleted.")
