"""Many runs at once, comments and tags: in a real browser in front of a real manager and an agent of the test."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Error, Locator, Page, Route, expect

from tests.pages.agent import Agent
from tests.pages.conftest import needs_chromium, open_page
from tests.pages.manager import Manager
from tests.pages.many import bar, select, strip

pytestmark = needs_chromium


@pytest.fixture
def agent(manager: Manager) -> Iterator[Agent]:
    """The agent of the location `default`, for this test."""
    agent = Agent(manager.url)
    agent.start()
    yield agent
    agent.close()


def more_runs(manager: Manager, experiment: str, last: int) -> None:
    """Runs up to this number."""
    for number in range(2, last + 1):
        manager.call("POST", f"/experiments/{experiment}/runs", {"number": number})


def jobs_of(manager: Manager, experiment: str) -> list[dict[str, Any]]:
    """All jobs of the experiment, newest first."""
    found: list[dict[str, Any]] = manager.call("GET", f"/experiments/{experiment}/jobs?limit=500")["items"]
    return found


def apply(manager: Manager, experiment: str, runs: str) -> list[str]:
    """Ids of new jobs of the hash `one`, lowest run first."""
    made = manager.call("POST", f"/experiments/{experiment}/jobs", {"definition": "one", "runs": runs})
    return [job["id"] for job in sorted(made["jobs"], key=lambda job: int(job["run"]))]


def into_lsf(agent: Agent, jobs: list[str], status: str = "PEND") -> None:
    """LSF has these jobs, as 9001, 9002, ..."""
    for lsf_id, job in enumerate(jobs, 9001):
        agent.claim(job)
        agent.submitted(job, str(lsf_id))
        agent.lsf(job, str(lsf_id), status)


def box(page: Page, run: int) -> Locator:
    """The box that selects a run."""
    return page.get_by_role("checkbox", name=f"Select run {run}", exact=True)


def choose_one(page: Page, button: str) -> Locator:
    """Open the dialog from this button and choose the hash `one`, by keyboard."""
    page.get_by_role("button", name=button).click()
    dialog = page.get_by_role("dialog", name="Apply a hash to runs")
    expect(dialog.get_by_label("Hash")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="Hash to apply")).to_be_focused()
    page.keyboard.type("one")
    page.keyboard.press("Enter")
    return dialog


def send(page: Page, runs: int) -> None:
    """Apply the hash `one` to as many runs."""
    page.get_by_role("dialog").get_by_role("button", name=f"Apply to {runs} run").click()


def test_shift_takes_all_between_in_the_order_of_the_view_and_esc_lets_go(
    page: Page, manager: Manager, experiment: str
) -> None:
    more_runs(manager, experiment, 9)
    apply(manager, experiment, "3-4")
    open_page(page, manager, experiment)
    expect(bar(page)).to_have_count(0)
    box(page, 6).click()
    expect(bar(page)).to_contain_text("1 run selected")
    box(page, 3).click(modifiers=["Shift"])
    expect(bar(page)).to_contain_text("4 runs selected")
    expect(bar(page).get_by_role("textbox")).to_have_value("3-6")
    expect(bar(page).get_by_role("button", name="Kill 2 live jobs")).to_be_enabled()
    expect(bar(page).get_by_role("button", name="None to delete")).to_be_disabled()
    box(page, 5).click()
    expect(bar(page).get_by_role("textbox")).to_have_value("3-4,6")
    page.keyboard.press("Escape")
    expect(bar(page)).to_be_hidden()
    expect(box(page, 6)).not_to_be_checked()
    page.get_by_role("checkbox", name="Select every run in the view").click()
    expect(bar(page)).to_contain_text("9 runs selected")


def test_runs_are_selected_by_keys_from_the_line_at_hand(page: Page, manager: Manager, experiment: str) -> None:
    more_runs(manager, experiment, 6)
    open_page(page, manager, experiment)
    page.keyboard.press("j")
    page.keyboard.press("v")
    expect(box(page, 6)).to_be_checked()
    for _ in range(3):
        page.keyboard.press("j")
    page.keyboard.press("Shift+V")
    expect(bar(page).get_by_role("textbox")).to_have_value("3-6")
    page.keyboard.press("v")
    expect(bar(page).get_by_role("textbox")).to_have_value("4-6")
    box(page, 1).focus()
    page.keyboard.press("Space")
    expect(bar(page).get_by_role("textbox")).to_have_value("1,4-6")


def test_a_selection_outlives_the_filter_and_says_what_is_not_in_view(
    page: Page, manager: Manager, experiment: str
) -> None:
    more_runs(manager, experiment, 6)
    apply(manager, experiment, "5")
    open_page(page, manager, experiment)
    select(page, "4-6")
    page.get_by_role("searchbox").fill("one")
    expect(box(page, 5)).to_be_checked()
    expect(box(page, 6)).to_have_count(0)
    expect(bar(page)).to_contain_text("3 runs selected")
    expect(bar(page)).to_contain_text("2 runs of them not in this view")


def test_typed_runs_are_selected_and_what_is_wrong_with_them_is_said(
    page: Page, manager: Manager, experiment: str
) -> None:
    more_runs(manager, experiment, 8)
    open_page(page, manager, experiment)
    select(page, "1-3,7,20-22")
    expect(bar(page)).to_contain_text("4 runs selected")
    expect(bar(page)).to_contain_text("No such run: 20-22.")
    expect(box(page, 7)).to_be_checked()
    for typed, wrong in [
        ("5-2", "goes backwards: write 2-5"),
        ("1,x", "“x” is neither"),
        ("30-40", "No such run: 30-40"),
    ]:
        select(page, typed)
        expect(bar(page).get_by_role("alert")).to_contain_text(wrong)
        expect(bar(page)).to_contain_text("4 runs selected")
    page.keyboard.press("Escape")
    expect(bar(page).get_by_role("textbox")).to_have_value("1-3,7")


def test_what_the_preview_says_is_what_is_made(page: Page, manager: Manager, experiment: str) -> None:
    more_runs(manager, experiment, 8)
    apply(manager, experiment, "3")
    open_page(page, manager, experiment)
    select(page, "1-4,8")
    dialog = choose_one(page, "Apply to 5 runs")
    expect(dialog).to_contain_text("5 jobs, one on each of the runs 1-4, 8")
    expect(dialog).to_contain_text("On run 3 it is live now and would run twice.")
    dialog.get_by_label("only where it is missing").check()
    expect(dialog).to_contain_text("4 jobs, one on each of the runs 1-2, 4, 8")
    expect(dialog).to_contain_text("Left out: 1 run (3): it has a job of this hash that is live or DONE")
    dialog.get_by_label("only where its newest job has failed").check()
    expect(dialog).to_contain_text("0 jobs: it is not wanted on any of these runs")
    expect(dialog.get_by_role("button", name="Apply to 0 runs")).to_be_disabled()
    dialog.get_by_label("all of them").check()
    dialog.get_by_role("button", name="Leave it out").click()
    send(page, 4)
    expect(dialog).to_have_count(0)
    assert sorted(job["run"] for job in jobs_of(manager, experiment)) == [1, 2, 3, 4, 8]


def test_the_preview_follows_what_a_colleague_does_meanwhile(page: Page, manager: Manager, experiment: str) -> None:
    more_runs(manager, experiment, 3)
    open_page(page, manager, experiment)
    dialog = choose_one(page, "Apply to runs")
    dialog.get_by_label("Run numbers").fill("1-3")
    dialog.get_by_label("only where it is missing").check()
    expect(dialog.get_by_role("button", name="Apply to 3 runs")).to_be_enabled()
    apply(manager, experiment, "2")
    expect(dialog.get_by_role("button", name="Apply to 2 runs")).to_be_enabled()
    apply(manager, experiment, "1")
    expect(dialog).to_contain_text("Left out: 2 runs (1-2): each has a job of this hash that is live or DONE")


def test_the_last_runs_are_said_by_how_many_they_are(page: Page, manager: Manager, experiment: str) -> None:
    more_runs(manager, experiment, 12)
    open_page(page, manager, experiment)
    dialog = choose_one(page, "Apply to runs")
    dialog.get_by_label("Run numbers").fill("last 3")
    expect(dialog).to_contain_text("3 jobs, one on each of the runs 10-12")
    page.keyboard.press("Escape")
    select(page, "last 2, 4")
    expect(bar(page).get_by_role("textbox")).to_have_value("4,11-12")
    page.get_by_role("button", name="Filter", exact=True).click()
    page.get_by_label("Runs", exact=True).fill("last 10")
    expect(page.locator(".found")).to_have_text("10 of 12 runs")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Runs", exact=True)).to_have_value("3-12")


def test_more_than_20_jobs_are_confirmed_twice_and_undo_cancels_all_while_no_agent_is_there(
    page: Page, manager: Manager, experiment: str
) -> None:
    more_runs(manager, experiment, 25)
    open_page(page, manager, experiment)
    dialog = choose_one(page, "Apply to runs")
    dialog.get_by_label("every run").check()
    send(page, 25)
    sure = page.get_by_role("dialog", name="Make 25 jobs of one?")
    expect(sure).to_contain_text("1-25")
    page.keyboard.press("Enter")
    expect(sure).to_have_count(0)
    assert jobs_of(manager, experiment) == []
    send(page, 25)
    sure.get_by_role("button", name="Make 25 jobs").click()
    expect(dialog).to_have_count(0)
    expect(strip(page, "one")).to_contain_text("0 of 25 in LSF, 25 to go")
    strip(page, "one").get_by_role("button", name="Undo").click()
    expect(strip(page, "one")).to_contain_text("25 cancelled")
    assert {job["status"] for job in jobs_of(manager, experiment)} == {"EXIT"}


def test_undo_takes_back_what_lsf_does_not_have_and_offers_to_kill_the_rest(
    page: Page, manager: Manager, experiment: str, agent: Agent
) -> None:
    more_runs(manager, experiment, 5)
    open_page(page, manager, experiment)
    choose_one(page, "Apply to runs").get_by_label("Run numbers").fill("1-5")
    send(page, 5)
    expect(strip(page, "one")).to_contain_text("0 of 5 in LSF, 5 to go")
    jobs = [job["id"] for job in jobs_of(manager, experiment)]
    into_lsf(agent, jobs[:2])
    agent.claim(jobs[2])
    agent.submitted(jobs[2], ended_at=datetime.now(UTC), exit_code=1)
    agent.claim(jobs[3])
    expect(strip(page, "one")).to_contain_text("2 of 5 in LSF, 1 submit failed, 2 to go")
    strip(page, "one").get_by_role("button", name="Undo").click()
    expect(strip(page, "one")).to_contain_text("2 cancelled, 2 LSF had already")
    expect(strip(page, "one")).not_to_contain_text("to go")
    strip(page, "one").get_by_role("button", name="Kill these 2").click()
    expect(strip(page, "one")).to_contain_text("2 being killed")
    asked = {job["id"] for job in jobs_of(manager, experiment) if job["kill_requested_at"]}
    assert asked == {*jobs[:2], jobs[3]}


def test_progress_outlives_a_reload_and_goes_by_itself_when_all_are_in_lsf(
    page: Page, manager: Manager, experiment: str, agent: Agent
) -> None:
    more_runs(manager, experiment, 3)
    open_page(page, manager, experiment)
    choose_one(page, "Apply to runs").get_by_label("Run numbers").fill("1-3")
    send(page, 3)
    expect(strip(page, "one")).to_contain_text("3 to go")
    jobs = [job["id"] for job in jobs_of(manager, experiment)]
    into_lsf(agent, jobs[:1])
    page.reload()
    expect(strip(page, "one")).to_contain_text("1 of 3 in LSF, 2 to go")
    into_lsf(agent, jobs[1:])
    expect(strip(page, "one")).to_contain_text("3 of 3 in LSF")
    expect(strip(page, "one").get_by_role("button", name="Undo")).to_be_hidden()
    expect(strip(page, "one")).to_have_count(0, timeout=8_000)
    page.reload()
    expect(page.locator("#chip-text")).to_have_text("Live")
    expect(strip(page, "one")).to_have_count(0)


def test_an_answer_that_is_lost_is_asked_for_again_and_nothing_is_made_twice(
    page: Page, manager: Manager, experiment: str
) -> None:
    more_runs(manager, experiment, 3)
    open_page(page, manager, experiment)
    keys = []

    def lose(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        with suppress(Error):
            route.fetch()
            route.abort()

    page.route("**/jobs", lose)
    choose_one(page, "Apply to runs").get_by_label("Run numbers").fill("1-3")
    send(page, 3)
    expect(strip(page, "one")).to_contain_text("The server has not answered. It is asked again by itself")
    page.reload()
    expect(strip(page, "one")).to_contain_text("It is asked again by itself")
    page.unroute("**/jobs")
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(strip(page, "one")).to_contain_text("0 of 3 in LSF, 3 to go")
    assert len(set(keys)) == 1
    assert sorted(job["run"] for job in jobs_of(manager, experiment)) == [1, 2, 3]


def test_a_double_click_makes_nothing_twice_and_a_refusal_stays_in_the_dialog(
    page: Page, manager: Manager, experiment: str
) -> None:
    more_runs(manager, experiment, 2)
    open_page(page, manager, experiment)
    refusal = '{"error": {"code": "busy", "message": "the store is busy"}}'
    page.route("**/jobs", lambda route: route.fulfill(status=500, body=refusal, content_type="application/json"))
    dialog = choose_one(page, "Apply to runs")
    dialog.get_by_label("Run numbers").fill("1-2")
    send(page, 2)
    expect(dialog.get_by_role("alert")).to_contain_text("the store is busy")
    expect(strip(page, "one")).to_have_count(0)
    page.unroute("**/jobs")
    page.get_by_role("dialog").get_by_role("button", name="Apply to 2 runs").dblclick()
    expect(dialog).to_have_count(0)
    expect(strip(page, "one")).to_contain_text("2 to go")
    assert len(jobs_of(manager, experiment)) == 2


def test_a_run_that_is_not_there_is_named_in_the_dialog(page: Page, manager: Manager, experiment: str) -> None:
    open_page(page, manager, experiment)
    dialog = choose_one(page, "Apply to runs")
    dialog.get_by_label("Run numbers").fill("1-3")
    expect(dialog.get_by_role("alert")).to_contain_text("2, 3")
    expect(dialog.get_by_role("button", name="Apply to")).to_be_disabled()


def test_many_are_killed_and_then_deleted_of_one_hash_or_all(
    page: Page, manager: Manager, experiment: str, agent: Agent
) -> None:
    more_runs(manager, experiment, 3)
    manager.call("POST", f"/experiments/{experiment}/definitions", {"name": "two", "executable": "/nowhere/two.sh"})
    into_lsf(agent, apply(manager, experiment, "1-3"), "RUN")
    manager.call("POST", f"/experiments/{experiment}/jobs", {"definition": "two", "runs": "2"})
    open_page(page, manager, experiment)
    select(page, "1-2")
    bar(page).get_by_role("button", name="Kill 3 live jobs").click()
    dialog = page.get_by_role("dialog", name="Kill jobs of 2 runs")
    expect(dialog.get_by_role("button", name="Keep them")).to_be_focused()
    expect(dialog).to_contain_text("3 live jobs on 2 runs: 1-2.")
    dialog.get_by_label("Of").select_option("two")
    dialog.get_by_role("button", name="Kill 1 live job").click()
    expect(bar(page)).to_contain_text("1 job being killed.")
    expect(bar(page).get_by_role("button", name="Delete 1 ended job")).to_be_enabled()
    bar(page).get_by_role("button", name="Kill 2 running jobs").click()
    dialog.get_by_role("button", name="Kill 2 running jobs").click()
    expect(bar(page)).to_contain_text("2 jobs being killed.")
    asked = [job for job in jobs_of(manager, experiment) if job["kill_requested_at"]]
    assert sorted(job["run"] for job in asked) == [1, 2]
    for job in asked:
        agent.killed(job["id"])
        agent.lsf(job["id"], job["lsf_id"], "EXIT", exit_code=130)
    bar(page).get_by_role("button", name="Delete 3 ended jobs").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete 3").click()
    expect(bar(page)).to_contain_text("3 jobs deleted.")
    expect(page.locator('[data-key^="job/"]')).to_have_count(1)
    assert [job["run"] for job in jobs_of(manager, experiment)] == [3]


def test_comments_are_live_and_one_being_typed_is_never_overwritten(
    page: Page, manager: Manager, experiment: str
) -> None:
    open_page(page, manager, experiment)
    other = page.context.new_page()
    open_page(other, manager, experiment)
    other.get_by_role("button", name="Comment on run 1").click()
    other.get_by_role("textbox", name="Comment on run 1").fill("mine")
    page.get_by_role("button", name="Comment on run 1").press("Enter")
    expect(page.get_by_role("textbox", name="Comment on run 1")).to_be_focused()
    page.keyboard.type("beam was bad")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Comment on run 1: beam was bad")).to_be_focused()
    typed = other.get_by_role("textbox", name="Comment on run 1")
    expect(typed).to_have_attribute("title", "changed meanwhile to: beam was bad")
    expect(typed).to_have_value("mine")
    typed.press("Enter")
    row = other.locator('[data-key="run/1"]')
    expect(row.get_by_role("alert")).to_contain_text("Theirs: beam was bad. Yours: mine.")
    row.get_by_role("button", name="Use mine").click()
    expect(page.get_by_role("button", name="Comment on run 1: mine")).to_be_visible()
    page.get_by_role("button", name="Comment on run 1: mine").click()
    expect(page.get_by_role("textbox", name="Comment on run 1")).to_be_focused()
    page.keyboard.type(" and more")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Comment on run 1: mine")).to_be_focused()
    assert manager.call("GET", f"/experiments/{experiment}/runs/1")["comment"] == "mine"


def test_leaving_a_comment_saves_it(page: Page, manager: Manager, experiment: str) -> None:
    open_page(page, manager, experiment)
    page.get_by_role("button", name="Comment on run 1").click()
    expect(page.get_by_role("textbox", name="Comment on run 1")).to_be_focused()
    page.keyboard.type("dark run")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Comment on run 1: dark run")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Comment on run 1: dark run")).to_be_visible()


def test_tags_are_added_suggested_removed_and_filter_when_clicked(
    page: Page, manager: Manager, experiment: str
) -> None:
    more_runs(manager, experiment, 2)
    manager.call("PATCH", f"/experiments/{experiment}/runs/2", {"tags": ["bad beam", "dark"]})
    open_page(page, manager, experiment)
    other = page.context.new_page()
    open_page(other, manager, experiment)
    first = page.locator('[data-key="run/1"]')
    page.get_by_role("button", name="Tags of run 1").press("Enter")
    field = first.get_by_role("combobox", name="Add a tag to run 1")
    expect(field).to_be_focused()
    expect(first.locator("datalist option")).to_have_count(2)
    page.keyboard.type("dark,scan 7")
    page.keyboard.press("Enter")
    expect(first.get_by_role("button", name="Remove the tag scan 7 from run 1")).to_be_visible()
    expect(other.locator('[data-key="run/1"] .tag')).to_have_text(["dark", "scan 7"])
    page.keyboard.press("Backspace")
    expect(other.locator('[data-key="run/1"] .tag')).to_have_text(["dark"])
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Tags of run 1")).to_be_focused()
    page.locator('[data-key="run/2"] .tag', has_text="bad beam").click()
    expect(first).to_have_count(0)
    assert "tag=bad+beam" in page.url
