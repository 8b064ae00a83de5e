"""Why a job failed, how it compares to the last good one, and asking for it once more, otherwise."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.pages.agent import Agent
from tests.pages.conftest import needs_chromium, open_page
from tests.pages.failures import ERROR, LOG, ended, give_log, out_of_memory, refused
from tests.pages.manager import Manager

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def agent(manager: Manager) -> Iterator[Agent]:
    """The agent of the location `default`."""
    agent = Agent(manager.url)
    agent.start()
    yield agent
    agent.close()


def why(page: Page) -> Locator:
    """The explanation in the panel."""
    return page.get_by_role("region", name="Why it failed")


def newest(manager: Manager, experiment: str) -> dict[str, Any]:
    """The job that was made last."""
    job: dict[str, Any] = manager.call("GET", f"/experiments/{experiment}/jobs?limit=1")["items"][0]
    return job


def dialog(page: Page) -> Locator:
    """In which a job is resubmitted."""
    return page.get_by_role("dialog", name="Resubmit one on run 1")


def test_a_failed_job_says_what_happened_and_shows_the_error_in_its_log(
    page: Page, manager: Manager, agent: Agent, experiment: str
) -> None:
    job = ended(manager, agent, experiment, "1", exit_code=1, reason="exit 1")
    give_log(agent, job, LOG)
    open_page(page, manager, experiment, f"#job/{job}")
    expect(why(page).locator(".sentence")).to_have_text(f"It ended with exit code 1; its log says “{ERROR}”.")
    lines = why(page).get_by_role("region", name="Last lines of the log")
    expect(lines).to_have_text(LOG.rstrip())
    expect(lines.locator("mark")).to_have_text(ERROR)
    why(page).get_by_role("link", name="Show the error in the log").click()
    expect(page).to_have_url(f"{manager.url}/experiments/{experiment}#job/{job}/log/@{LOG.index(ERROR)}")
    expect(page.locator(".log > [data-marked]")).to_have_text(ERROR)


def test_a_job_without_an_answer_of_the_agent_says_what_is_known(
    page: Page, manager: Manager, agent: Agent, experiment: str
) -> None:
    job = ended(manager, agent, experiment, "2", exit_code=139, reason="exit 139: killed by signal 11 (SEGV)")
    open_page(page, manager, experiment, f"#job/{job}")
    expect(why(page).locator(".sentence")).to_have_text(
        "It crashed: segmentation fault (exit code 139, signal 11, SEGV)."
    )
    expect(why(page).locator(".last")).to_have_text("The log cannot be read now: bjobs did not answer.")


def test_a_script_that_was_refused_shows_what_it_printed(
    page: Page, manager: Manager, agent: Agent, experiment: str
) -> None:
    job = refused(manager, agent, experiment)
    open_page(page, manager, experiment, f"#job/{job}")
    refusal = "nosuchq: No such queue. Job not submitted"
    expect(why(page).locator(".sentence")).to_have_text(f"LSF's bsub refused the job: “{refusal}”.")
    expect(why(page).locator("mark")).to_have_text(f"{refusal}.")
    expect(why(page).locator(".advice")).to_contain_text("Choose a queue")
    why(page).get_by_role("link", name="Submit script").click()
    expect(page.get_by_role("tab", name="Submit script")).to_have_attribute("aria-selected", "true")


def test_the_offered_resubmission_is_one_click(page: Page, manager: Manager, agent: Agent, experiment: str) -> None:
    job = out_of_memory(manager, agent, experiment, "3")
    open_page(page, manager, experiment, f"#job/{job}")
    expect(why(page).locator(".advice")).to_contain_text("-M 8G: peak was 7.9 of 8 GB.")
    why(page).get_by_role("button", name="Resubmit with -M 12G").click()
    expect(page.locator(".toast")).to_contain_text("one is applied again to run 1 with calib -M 12G")
    made = newest(manager, experiment)
    assert (made["parameters"], made["run"]) == ("calib -M 12G", 1)
    page.locator(".toast").get_by_role("link", name="run 1").click()
    expect(page).to_have_url(f"{manager.url}/experiments/{experiment}#job/{made['id']}")
    expect(why(page)).to_be_hidden()


def test_the_comparison_shows_what_differs_and_where_the_logs_part(
    page: Page, manager: Manager, agent: Agent, experiment: str
) -> None:
    good = ended(manager, agent, experiment, "4", "DONE")
    job = ended(manager, agent, experiment, "5", exit_code=1, reason="exit 1", sha256="b" * 64)
    give_log(agent, good, "reading part 7\nreading part 8\nwrote 81 images\n", None)
    give_log(agent, job, LOG)
    open_page(page, manager, experiment, f"#job/{job}")
    why(page).get_by_text("Compare with the last good job").click()
    table = why(page).get_by_role("table", name="What differs from the last good job")
    expect(table).to_be_visible()
    told = manager.call("GET", f"/jobs/{job}/comparison")
    rows = [[row["what"], row["this"], row["that"]] for row in told["differences"]]
    assert rows == [["script", "b" * 12, "a" * 12]]
    assert [row.locator("th, td").all_inner_texts() for row in table.locator("tbody tr").all()] == rows
    expect(why(page).locator(".compared")).to_contain_text("The logs are alike for 2 lines; then they part.")
    parts = why(page).locator(".part")
    assert parts.locator("pre").all_inner_texts() == ["Traceback (most recent call last):", "wrote 81 images"]
    expect(parts.nth(1).get_by_role("link")).to_have_attribute("href", f"#job/{good}/log/@30")


def test_without_a_good_job_the_comparison_says_so(page: Page, manager: Manager, agent: Agent, experiment: str) -> None:
    job = ended(manager, agent, experiment, "6", exit_code=1)
    open_page(page, manager, experiment, f"#job/{job}")
    why(page).get_by_text("Compare with the last good job").click()
    expect(why(page).locator(".compared")).to_have_text("No job of one went well before this one.")


def test_a_job_is_resubmitted_with_other_parameters(
    page: Page, manager: Manager, agent: Agent, experiment: str
) -> None:
    job = out_of_memory(manager, agent, experiment, "7")
    open_page(page, manager, experiment, f"#job/{job}")
    opener = why(page).get_by_role("button", name="Resubmit with…")
    opener.click()
    field = dialog(page).get_by_label("Parameters")
    expect(field).to_be_focused()
    expect(field).to_have_value("calib -M 8G")
    called = dialog(page).get_by_role("list", name="Called as").locator("li")
    assert called.all_inner_texts() == ["/nowhere/one.sh", experiment, "1", "calib", "-M", "8G"]
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    opener.click()
    field.fill("x" * 4001)
    page.keyboard.press("Enter")
    wrong = dialog(page).locator(".wrong")
    expect(wrong).to_contain_text("at most 4000 characters")
    expect(field).to_have_attribute("aria-invalid", "true")
    field.fill("calib -M 10G")
    expect(wrong).to_be_hidden()
    expect(dialog(page).locator("ins")).to_have_text("10G")
    dialog(page).get_by_role("button", name="Resubmit").click()
    expect(dialog(page)).to_have_count(0)
    assert newest(manager, experiment)["parameters"] == "calib -M 10G"


def test_a_job_whose_hash_was_edited_can_be_resubmitted_as_the_hash_is_now(
    page: Page, manager: Manager, agent: Agent, experiment: str
) -> None:
    job = ended(manager, agent, experiment, "8", "DONE")
    path = f"/experiments/{experiment}/definitions"
    definition = manager.call("GET", path)["items"][0]["id"]
    manager.call("PATCH", f"{path}/{definition}", {"executable": "/nowhere/two.sh", "parameters": "new"})
    open_page(page, manager, experiment)
    page.locator(f"[data-key='job/{job}']").get_by_role("button", name="Resubmit").click(modifiers=["Shift"])
    expect(dialog(page).get_by_role("radio", name="As this job ran")).to_be_checked()
    dialog(page).get_by_role("radio", name="As the hash is now").check()
    called = dialog(page).get_by_role("list", name="Called as").locator("li")
    assert called.all_inner_texts() == ["/nowhere/two.sh", experiment, "1", "new"]
    dialog(page).get_by_role("button", name="Resubmit").click()
    expect(dialog(page)).to_have_count(0)
    made = newest(manager, experiment)
    assert (made["executable"], made["parameters"]) == ("/nowhere/two.sh", "new")


def test_a_good_job_can_be_resubmitted_otherwise_from_its_panel(
    page: Page, manager: Manager, agent: Agent, experiment: str
) -> None:
    job = ended(manager, agent, experiment, "9", "DONE")
    open_page(page, manager, experiment, f"#job/{job}")
    page.locator("#panel").get_by_role("button", name="Resubmit with…").click()
    dialog(page).get_by_label("Parameters").fill("other")
    page.keyboard.press("Enter")
    expect(dialog(page)).to_have_count(0)
    assert newest(manager, experiment)["parameters"] == "other"
