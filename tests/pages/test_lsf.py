"""What the page shows of LSF on a bad day, in a real browser in front of a real manager and an agent of the test."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from realtime.protocol.agent import AgentState
from tests.pages.agent import Agent, log_answer
from tests.pages.conftest import needs_chromium, open_page
from tests.pages.manager import Manager

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def installed(manager: Manager) -> Iterator[Agent]:
    """The agent of the location `default`."""
    agent = Agent(manager.url)
    agent.start()
    yield agent
    agent.close()


@pytest.fixture
def agent(installed: Agent) -> Iterator[Agent]:
    """The same one; LSF answers again after the test."""
    yield installed
    installed.state = AgentState(answered_at=datetime.now(UTC))


def apply(manager: Manager, experiment: str) -> str:
    """The id of a new job of the hash `one` on run 1, whose script has been granted."""
    made = manager.call("POST", f"/experiments/{experiment}/jobs", {"definition": "one", "runs": 1})
    return str(made["jobs"][0]["id"])


def line_of(page: Page, job: str) -> Locator:
    """The line of a job."""
    return page.locator(f'[data-key="job/{job}"]')


def in_doubt(manager: Manager, agent: Agent, experiment: str) -> str:
    """A job of which it is not known whether LSF has it."""
    job = apply(manager, experiment)
    agent.claim(job)
    now = datetime.now(UTC)
    agent.submitted(job, began_at=now, bsub_called_at=now, ended_at=now, exit_code=255, doubt="LSF did not answer")
    return job


def test_a_silent_lsf_stands_beside_the_chip_until_it_answers_and_moves_no_row(
    page: Page, manager: Manager, experiment: str, agent: Agent
) -> None:
    job = apply(manager, experiment)
    agent.claim(job)
    agent.submitted(job, "731885")
    agent.lsf(job, "731885", "RUN")
    open_page(page, manager, experiment)
    chip = page.locator("#doubts")
    line = line_of(page, job)
    expect(line.locator('[data-status="RUN"]')).to_be_visible()
    expect(chip).to_be_hidden()
    place = line.bounding_box()
    now = datetime.now(UTC)
    agent.state = AgentState(
        answered_at=now - timedelta(minutes=3),
        silent_since=now - timedelta(minutes=2),
        problem="bjobs gave no answer within 30 s",
    )
    expect(chip).to_contain_text("LSF silent since ")
    expect(line.locator('[data-status="RUN"]')).to_contain_text("as of ")
    assert line.bounding_box() == place
    chip.get_by_role("button").press("Enter")
    words = page.locator("#doubt-words")
    expect(words).to_contain_text(
        re.compile(r"LSF has not answered since .* \(default\)\. Statuses are as it last told")
    )
    expect(words).to_contain_text("bjobs gave no answer within 30 s")
    page.keyboard.press("Escape")
    expect(words).to_be_hidden()
    expect(chip.get_by_role("button")).to_be_focused()
    page.goto(f"{manager.url}/experiments/{experiment}/definitions")
    expect(chip).to_contain_text("LSF silent since ")
    open_page(page, manager, experiment)
    expect(chip).to_contain_text("LSF silent since ")
    agent.state = AgentState(answered_at=datetime.now(UTC))
    expect(chip).to_be_hidden()
    expect(line_of(page, job).locator('[data-status="RUN"]')).not_to_contain_text("as of ")


def test_a_silent_lsf_bothers_nobody_who_has_no_live_job_there(
    page: Page, manager: Manager, experiment: str, agent: Agent
) -> None:
    job = apply(manager, experiment)
    agent.claim(job)
    agent.submitted(job, "731886")
    agent.state = AgentState(answered_at=datetime.now(UTC), silent_since=datetime.now(UTC), problem="no answer")
    open_page(page, manager, experiment)
    expect(page.locator("#doubts")).to_contain_text("LSF silent")
    agent.lsf(job, "731886", "DONE")
    expect(page.locator("#doubts")).to_be_hidden()


def test_a_job_with_several_lsf_jobs_opens_to_each_of_them_and_stays_open_while_they_change(
    page: Page, manager: Manager, experiment: str, agent: Agent
) -> None:
    job = apply(manager, experiment)
    agent.claim(job)
    agent.submitted(job, "731885", "731886", "731887", surplus=["731888", "731889"])
    agent.lsf(job, "731885", "RUN", queue="psanaq", host="psana1201")
    agent.lsf(job, "731886", "RUN", queue="psanaq", elements={"DONE": 57, "RUN": 20})
    open_page(page, manager, experiment)
    line, singles = line_of(page, job), page.locator("[data-lsf]")
    opener = line.get_by_role("button", name="LSF jobs of one on run 1: 731885, 731886, 731887")
    expect(opener).to_have_text("731885 +2")
    expect(opener).to_have_attribute("aria-expanded", "false")
    expect(singles).to_have_count(0)
    opener.press("Enter")
    expect(opener).to_have_attribute("aria-expanded", "true")
    expect(singles).to_have_count(3)
    expect(singles.nth(0)).to_contain_text("psanaq on psana1201")
    expect(singles.nth(1)).to_contain_text("57 DONE, 20 RUN")
    expect(singles.nth(2).locator('[data-status="PEND"]')).to_be_visible()
    expect(page.get_by_text("731888, 731889: doubles of the same bsub, killed")).to_be_visible()
    singles.nth(2).get_by_role("link", name="Log of LSF job 731887").focus()
    agent.lsf(job, "731887", "EXIT", exit_code=137, reason="killed: ran out of memory, TERM_MEMLIMIT")
    expect(singles.nth(2)).to_contain_text("EXIT 137")
    expect(singles.nth(2)).to_contain_text("ran out of memory")
    expect(page.get_by_role("link", name="Log of LSF job 731887")).to_be_focused()
    manager.call("POST", f"/experiments/{experiment}/runs", {})
    expect(page.locator('[data-key="run/2"]')).to_be_visible()
    expect(singles).to_have_count(3)
    opener.click()
    expect(singles).to_have_count(0)
    expect(page.get_by_text("doubles of the same bsub")).to_have_count(0)


def test_on_a_narrow_screen_the_lsf_jobs_open_too_and_lead_to_their_logs(
    page: Page, manager: Manager, experiment: str, agent: Agent
) -> None:
    job = apply(manager, experiment)
    agent.claim(job)
    agent.submitted(job, "31", "32")
    agent.answers[f"{job}/log/32"] = log_answer("of the second")
    page.set_viewport_size({"width": 375, "height": 800})
    open_page(page, manager, experiment)
    page.get_by_role("button", name="LSF jobs of one on run 1: 31, 32").click()
    page.get_by_role("link", name="Log of LSF job 32").click()
    expect(page.locator("#panel .log")).to_have_text("of the second")
    assert page.evaluate("document.documentElement.scrollWidth") == 375


def test_the_log_of_one_of_several_lsf_jobs_is_chosen_and_has_an_address(
    page: Page, manager: Manager, experiment: str, agent: Agent
) -> None:
    job = apply(manager, experiment)
    agent.claim(job)
    agent.submitted(job, "41", "42")
    agent.answers |= {f"{job}/log/41": log_answer("of the first"), f"{job}/log/42": log_answer("of the second")}
    open_page(page, manager, experiment, f"#job/{job}/log")
    panel = page.locator("#panel")
    expect(panel).to_contain_text("of the first")
    panel.get_by_label("Whose output").select_option("LSF ID 42")
    expect(panel.locator(".log")).to_have_text("of the second")
    page.reload()
    expect(panel.locator(".log")).to_have_text("of the second")
    expect(panel.get_by_label("Whose output")).to_have_value("42")


def test_a_second_kill_of_a_job_whose_host_is_gone_asks_whether_lsf_shall_forget_it(
    page: Page, manager: Manager, experiment: str, agent: Agent
) -> None:
    job = apply(manager, experiment)
    agent.claim(job)
    agent.submitted(job, "51")
    agent.lsf(job, "51", "RUN")
    open_page(page, manager, experiment)
    kill = page.get_by_role("button", name="Kill one on run 1")
    kill.click()
    page.get_by_role("button", name="Kill 1 job").click()
    expect(line_of(page, job)).to_contain_text("killing")
    expect(kill).to_be_hidden()
    agent.killed(job)
    agent.lsf(job, "51", "UNKWN")
    expect(kill).to_be_visible()
    kill.click()
    expect(page.get_by_role("dialog")).to_contain_text("LSF has lost contact with the host")
    expect(page.get_by_role("dialog")).to_contain_text("It may still be running there.")
    with page.expect_request("**/kill") as sent:
        page.get_by_role("button", name="Forget 1 job").click()
    assert sent.value.post_data_json == {"force": True}
    agent.lsf(job, "51", "EXIT", reason="killed: TERM_FORCE_OWNER")
    expect(line_of(page, job).locator('[data-status="EXIT"]')).to_be_visible()
    expect(page.locator("#runs [role=alert]")).to_have_count(0)


def test_a_job_in_doubt_says_so_and_is_given_up_by_a_kill(
    page: Page, manager: Manager, experiment: str, agent: Agent
) -> None:
    job = in_doubt(manager, agent, experiment)
    open_page(page, manager, experiment)
    line = line_of(page, job)
    status = line.locator('[data-status="LSF_Slow"]')
    expect(status).to_contain_text("unknown")
    box = line.bounding_box()
    assert box and box["height"] < 36, "the doubt stands in the line of the status"
    expect(line).to_contain_text("unknown: LSF did not answer")
    page.get_by_role("button", name="Log one on run 1").click()
    notice = page.get_by_role("region", name="What is not known")
    expect(notice).to_contain_text("Not known whether LSF has this job: LSF did not answer.")
    notice.get_by_role("button", name="Kill").click()
    expect(page.get_by_role("dialog")).to_contain_text("what is found of it in LSF later is killed")
    page.get_by_role("button", name="Kill 1 job").click()
    agent.killed(job)
    expect(line.locator('[data-status="EXIT"]')).to_be_visible()
    expect(notice).to_be_hidden()


def test_a_person_names_the_lsf_job_and_a_refusal_is_shown_at_the_field(
    page: Page, manager: Manager, experiment: str, agent: Agent
) -> None:
    job = in_doubt(manager, agent, experiment)
    open_page(page, manager, experiment, f"#job/{job}")
    notice = page.get_by_role("region", name="What is not known")
    field = notice.get_by_label("LSF ID of its job")
    field.fill("not an id")
    field.press("Enter")
    expect(notice.get_by_role("alert")).to_be_visible()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    for lsf_id, problem in (("61", "job 61 is not a job of this user"), ("62", None)):
        field.fill(lsf_id)
        notice.get_by_role("button", name="Follow it").click()
        agent.verified(agent.asked_to_verify(job, lsf_id), problem)
        if problem:
            expect(notice.get_by_role("alert")).to_contain_text(problem)
            expect(page.locator("#panel .steps")).to_contain_text("remark")
    expect(notice).to_be_hidden()
    expect(line_of(page, job).locator('[data-status="PEND"]')).to_be_visible()
    expect(line_of(page, job)).to_contain_text("62")


def test_details_of_a_waiting_job_begin_with_the_reasons_why_it_waits(
    page: Page, manager: Manager, experiment: str, agent: Agent
) -> None:
    job = apply(manager, experiment)
    agent.claim(job)
    agent.submitted(job, "71")
    reasons = ["Job slot limit reached: 2 hosts", "Not specified in job submission: 81 hosts"]
    agent.answers[f"{job}/details"] = {"text": "Job <71>, User <ana>", "pending": reasons}
    open_page(page, manager, experiment, f"#job/{job}/details")
    panel = page.locator("#panel")
    expect(panel.get_by_role("listitem")).to_have_text(reasons)
    expect(panel.locator("pre")).to_contain_text("Job <71>")
    expect(panel).to_contain_text("as of ")


def test_a_log_that_lsf_writes_at_the_end_says_so_with_its_path(
    page: Page, manager: Manager, experiment: str, agent: Agent
) -> None:
    job = apply(manager, experiment)
    agent.claim(job)
    agent.submitted(job, "81")
    agent.lsf(job, "81", "RUN")
    agent.answers[f"{job}/log"] = log_answer("", source="none", path="/reg/d/logs/81", complete=False)
    open_page(page, manager, experiment, f"#job/{job}/log")
    expect(page.locator("#panel")).to_contain_text("output appears when the job ends, in /reg/d/logs/81.")
