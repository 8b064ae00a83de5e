"""The job panel: how a job went, what it reports, how its script was run, and the posts that came in."""

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from realtime.demo.past import Past
from tests.pages.agent import Agent
from tests.pages.conftest import needs_chromium, open_page
from tests.pages.manager import Manager
from tests.ports import free_port

pytestmark = needs_chromium

PAST = Past(experiment="past", runs=30, hashes=4, jobs_per_run=4, live=6, until=datetime.now(UTC) - timedelta(hours=3))
GB = 2**30


@pytest.fixture(scope="module")
def manager(seeded: Callable[[Past], Path]) -> Iterator[Manager]:
    """One with the experiment `past`, whose live jobs have been running for hours."""
    manager = Manager(seeded(PAST), free_port())
    manager.start()
    yield manager
    manager.stop()


@pytest.fixture(scope="module")
def agent(manager: Manager) -> Iterator[Agent]:
    """The agent of the location `default`."""
    agent = Agent(manager.url)
    agent.start()
    yield agent
    agent.close()


def applied(manager: Manager, experiment: str) -> dict[str, Any]:
    """A new job of run 1."""
    body = {"definition": "one", "runs": 1}
    job: dict[str, Any] = manager.call("POST", f"/experiments/{experiment}/jobs", body)["jobs"][0]
    return job


def running(manager: Manager, agent: Agent, experiment: str, lsf_id: str) -> dict[str, Any]:
    """A job that LSF runs."""
    job = applied(manager, experiment)
    agent.claim(job["id"])
    agent.submitted(job["id"], lsf_id)
    agent.lsf(job["id"], lsf_id, "RUN", queue="psanaq", host="psana1201")
    return job


def address_of(manager: Manager, job: dict[str, Any]) -> str:
    """Where the job's scripts post to."""
    return str(manager.call("GET", f"/jobs/{job['id']}/report-address")["url"])


def tab(page: Page, name: str) -> Locator:
    """A tab of the panel."""
    return page.locator("#panel").get_by_role("tab", name=name, exact=True)


def allow_clipboard(page: Page) -> None:
    """As a person does when the browser asks."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])


def clipboard(page: Page) -> str:
    """What was copied last."""
    return str(page.evaluate("navigator.clipboard.readText()"))


def test_the_name_of_a_job_opens_its_timeline_which_goes_on_by_itself(
    page: Page, manager: Manager, experiment: str, agent: Agent
) -> None:
    job = applied(manager, experiment)
    open_page(page, manager, experiment)
    page.locator("a.hash-name").click()
    expect(tab(page, "Job")).to_have_attribute("aria-selected", "true")
    expect(page).to_have_url(f"{manager.url}/experiments/{experiment}#job/{job['id']}")
    steps = page.get_by_role("region", name="Timeline").get_by_role("listitem")
    expect(steps).to_have_count(1)
    agent.claim(job["id"])
    agent.submitted(job["id"], "501")
    agent.lsf(job["id"], "501", "RUN")
    agent.lsf(job["id"], "501", "EXIT", exit_code=3, reason="killed: ran out of memory")
    expect(steps.last).to_contain_text("EXIT")
    expect(steps.last).to_contain_text("by batch client killed: ran out of memory")
    told = manager.call("GET", f"/jobs/{job['id']}/transitions")["items"]
    expect(steps).to_have_count(len(told))
    for step, one in zip(steps.all(), told, strict=True):
        expect(step).to_contain_text(one["to"])
        expect(step.locator("time")).to_have_attribute("datetime", re.compile(one["at"][:19]))
    why = page.get_by_role("region", name="Why it failed")
    expect(why).to_contain_text("It was killed by LSF because it ran out of memory.")


def test_the_address_of_the_history_of_old_leads_to_the_timeline(page: Page, manager: Manager, experiment: str) -> None:
    job = applied(manager, experiment)
    open_page(page, manager, experiment, f"#job/{job['id']}/history")
    expect(tab(page, "Job")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("region", name="Timeline")).to_contain_text("Request Sent")


def test_numbers_have_a_line_over_time_a_table_of_it_and_a_bar_where_they_are_a_part_of_a_whole(
    page: Page, manager: Manager, experiment: str, agent: Agent
) -> None:
    job = running(manager, agent, experiment, "502")
    manager.report(job, {"Progress": "1/20", "Hit rate": "40 %", "Phase": "<b>reading</b>", "Events": 120})
    manager.report_later(job, {"Progress": "2/20", "Hit rate": "55 %", "Events": 240})
    manager.report_later(job, {"Progress": "5/20", "Hit rate": "31 %", "Events": 600})
    open_page(page, manager, experiment, f"#job/{job['id']}")
    report = page.locator("#panel").get_by_role("table", name="Report")
    expect(report.get_by_role("progressbar", name="Progress")).to_have_attribute("aria-valuenow", "25")
    expect(report.locator('[data-counter="Phase"] b')).to_have_text("reading")
    expect(report.locator('[data-counter="Phase"]').get_by_role("button")).to_have_count(0)
    events = report.get_by_role("button", name=re.compile(r"^Events over time: \d+ values from 120 to 600, last 600"))
    events.click()
    rows = report.get_by_role("region", name="Events over time").locator("tbody tr")
    series = manager.call("GET", f"/jobs/{job['id']}/progress")["series"]
    points = next(one["points"] for one in series if one["name"] == "Events")
    expect(rows).to_have_count(len(points))
    assert rows.locator("td:last-child").all_inner_texts() == [f"{value:.0f}" for _, value in reversed(points)]

    events.focus()
    manager.report_later(job, {"Progress": "10/20", "Events": 1300})
    expect(report.get_by_role("progressbar", name="Progress")).to_have_attribute("aria-valuenow", "50")
    expect(rows.first.locator("td:last-child")).to_have_text("1,300")
    expect(report.get_by_role("button", name=re.compile("^Events over time.*last 1,300"))).to_be_focused()
    manager.report(job, {"Hit rate": "60 %"})
    expect(report.get_by_role("meter", name="Hit rate")).to_have_attribute("aria-valuenow", "60")


def test_when_a_job_will_end_is_estimated_from_the_last_good_ones_of_its_hash(page: Page, manager: Manager) -> None:
    jobs = manager.call("GET", "/experiments/past/jobs?limit=200")["items"]
    live = next(job for job in jobs if job["status"] == "RUN")
    usual = manager.call("GET", f"/jobs/{live['id']}/progress")["usual"]
    assert usual["jobs"] > 3
    manager.report(live, None)
    open_page(page, manager, "past", f"#job/{live['id']}")
    estimate = page.locator("#panel .estimate").first
    expect(estimate).to_contain_text("Longer than usual")
    expect(estimate).to_contain_text(f"({usual['jobs']} jobs)")
    minutes, seconds = divmod(int(usual["run"]["high"]), 60)
    expect(estimate).to_contain_text(f"to {minutes}:{seconds:02d} is usual")
    expect(estimate).to_contain_text(re.compile(r"RUN as of .*, later is not known"))


def test_a_job_that_stands_still_says_so_instead_of_an_estimate(page: Page, manager: Manager) -> None:
    jobs = manager.call("GET", "/experiments/past/jobs?limit=200")["items"]
    quiet = next(
        job
        for job in jobs
        if job["status"] == "RUN" and any(one["name"] == "Progress" and one["value"] > "0" for one in job["counters"])
    )
    open_page(page, manager, "past", f"#job/{quiet['id']}")
    expect(page.locator("#panel")).to_contain_text(re.compile(r"No progress for|Progress is at its end"))


def test_a_waiting_job_tells_why_it_waits(page: Page, manager: Manager, experiment: str, agent: Agent) -> None:
    job = applied(manager, experiment)
    agent.claim(job["id"])
    agent.submitted(job["id"], "503")
    agent.lsf(job["id"], "503", "PEND")
    agent.answers[f"{job['id']}/details"] = {"text": "Job <503>", "pending": ["Job slot limit reached: 2 hosts"]}
    open_page(page, manager, experiment, f"#job/{job['id']}")
    waits = page.get_by_role("region", name="Why it waits")
    expect(waits.get_by_role("listitem")).to_have_text("Job slot limit reached: 2 hosts")
    expect(waits).to_contain_text("as of ")
    agent.lsf(job["id"], "503", "RUN")
    expect(waits).to_be_hidden()


def test_the_facts_tell_where_it_ran_and_the_memory_that_it_took(
    page: Page, manager: Manager, experiment: str, agent: Agent
) -> None:
    job = running(manager, agent, experiment, "504")
    allow_clipboard(page)
    open_page(page, manager, experiment, f"#job/{job['id']}")
    facts = page.get_by_role("region", name="Facts")
    expect(facts).to_contain_text("psana1201")
    expect(facts.get_by_text("Memory")).to_be_hidden()
    much = {"max_memory": int(7.9 * GB), "memory_limit": 8 * GB, "run_limit": 3600.0, "cpu_time": 62.0}
    agent.lsf(job["id"], "504", "DONE", exit_code=0, log_file="/logs/504", **much)
    expect(facts).to_contain_text("peak 7.9 of 8 GB")
    expect(facts).to_contain_text("1:00:00")
    expect(facts).to_contain_text("1:02")
    facts.get_by_role("button", name="Copy Log file").click()
    expect(facts.get_by_role("button", name="Copy Log file")).to_contain_text("Copied")
    assert clipboard(page) == "/logs/504"


def test_several_lsf_jobs_stand_in_the_facts_each_with_its_log(
    page: Page, manager: Manager, experiment: str, agent: Agent
) -> None:
    job = applied(manager, experiment)
    agent.claim(job["id"])
    agent.submitted(job["id"], "505", "506")
    agent.lsf(job["id"], "505", "RUN")
    agent.lsf(job["id"], "506", "EXIT", exit_code=9, max_memory=2 * GB)
    open_page(page, manager, experiment, f"#job/{job['id']}")
    table = page.get_by_role("table", name="LSF jobs")
    expect(table.locator("tbody tr")).to_have_count(2)
    expect(table.locator("tbody tr").last).to_contain_text("EXIT 9")
    expect(table.locator("tbody tr").last).to_contain_text("peak 2 GB")
    expect(table.get_by_role("link", name="Log of LSF job 506")).to_have_attribute("href", f"#job/{job['id']}/log/506")


def test_the_submit_script_can_be_run_in_a_terminal_as_it_was_run_here(
    page: Page, manager: Manager, experiment: str, agent: Agent
) -> None:
    first = applied(manager, experiment)
    agent.claim(first["id"])
    agent.submitted(first["id"], "507", sha256="ab" * 32, ended_at=datetime.now(UTC), exit_code=0)
    job = applied(manager, experiment)
    agent.claim(job["id"])
    facts: dict[str, Any] = {
        "began_at": datetime.now(UTC),
        "ended_at": datetime.now(UTC),
        "exit_code": 0,
        "stdout": "Job <508> is submitted.\n",
        "sha256": "cd" * 32,
        "modified_at": datetime.now(UTC) - timedelta(days=2),
        "host": "psanagpu101",
        "folder": "/home/mona/a b",
        "environment": {"PATH": "/usr/bin", "API_TOKEN": None, "USER": "psdm"},
    }
    agent.submitted(job["id"], "508", **facts)
    allow_clipboard(page)
    open_page(page, manager, experiment, f"#job/{job['id']}/submission")
    panel = page.locator("#panel")
    told = manager.call("GET", f"/jobs/{job['id']}/submission")
    expect(panel.get_by_label("Command", exact=True)).to_have_text(told["command"])
    panel.get_by_role("button", name="Copy the command").click()
    expect(panel.get_by_role("button", name="Copy the command")).to_contain_text("Copied")
    assert clipboard(page) == told["command"]
    assert "cd '/home/mona/a b' && " in told["command"]
    expect(panel).to_contain_text("ssh psanagpu101, as psdm")
    expect(panel.locator(".words li")).to_have_text([told["executable"], *told["arguments"]])
    expect(panel).to_contain_text("Job <508> is submitted.")
    expect(panel).to_contain_text(
        "The script was changed after job 1 of this hash, on run 1: it was abababababab then."
    )

    rows = panel.get_by_role("table", name="Environment").locator("tbody tr:not([hidden])")
    expect(rows).to_have_count(len(told["environment"]))
    panel.get_by_label("Filter the environment").fill("token")
    expect(rows).to_have_text([re.compile("API_TOKEN.*left out: its name looks like a secret")])
    expect(panel.locator(".environment-head")).to_contain_text(f"1 of {len(told['environment'])}")
    panel.get_by_label("Filter the environment").fill("BATCH_UPDATE_URL")
    expect(rows).to_contain_text(["(address of this job)"])
    assert address_of(manager, job).rsplit("/", 1)[1] not in page.content()


def test_why_no_post_has_arrived_and_a_line_that_posts_one(
    page: Page, manager: Manager, experiment: str, agent: Agent
) -> None:
    job = running(manager, agent, experiment, "509")
    allow_clipboard(page)
    open_page(page, manager, experiment, f"#job/{job['id']}/posts")
    panel = page.locator("#panel")
    expect(panel.get_by_role("heading", name="No post has arrived")).to_be_visible()
    expect(panel.locator(".none-yet li")).to_have_count(3)
    panel.get_by_role("button", name="Copy the line").click()
    expect(panel.get_by_role("button", name="Copy the line")).to_contain_text("Copied")
    assert clipboard(page).endswith(' "$BATCH_UPDATE_URL"')
    panel.get_by_role("button", name="Copy with this job's address").click()
    expect(panel.get_by_role("button", name="Copy with this job's address")).to_contain_text("Copied")
    line = shlex.split(clipboard(page))
    assert line[0] == "curl"
    assert line[-1] == address_of(manager, job)
    assert line[-1].rsplit("/", 1)[1] not in page.content()
    if curl := shutil.which("curl"):
        subprocess.run([curl, *line[1:]], check=True, capture_output=True, timeout=10)
    else:
        httpx.post(line[-1], content=line[line.index("-d") + 1], timeout=10)
    expect(panel.get_by_role("heading", name="1 post")).to_be_visible()
    expect(panel.locator(".posts li")).to_contain_text("1 taken")
    expect(panel.locator(".none-yet")).to_be_hidden()
    tab(page, "Job").click()
    expect(panel.get_by_role("progressbar", name="Progress")).to_have_attribute("aria-valuenow", "15")


def test_a_post_that_was_not_taken_appears_with_the_reason_though_no_row_has_changed(
    page: Page, manager: Manager, experiment: str, agent: Agent
) -> None:
    job = running(manager, agent, experiment, "510")
    manager.report(job, {"Events": 1})
    open_page(page, manager, experiment, f"#job/{job['id']}/posts")
    posts = page.locator("#panel .posts > li")
    expect(posts).to_have_count(1)
    posts.first.locator("summary").click()
    expect(posts.first.locator("pre")).to_have_text(json.dumps({"counters": {"Events": 1}}, indent=2))
    address = address_of(manager, job)
    assert httpx.post(address, content="Events=2", timeout=10).status_code == 400
    expect(posts).to_have_count(2, timeout=15_000)
    expect(posts.first).to_contain_text("refused")
    expect(posts.first.get_by_role("listitem")).to_contain_text("not JSON")
    httpx.post(address, json={"counters": {"Good": 2, "Odd": {"a": 1}}}, timeout=10)
    expect(posts).to_have_count(3, timeout=15_000)
    expect(posts.first).to_contain_text("1 taken, 1 not")
    expect(posts.first.get_by_role("listitem")).to_contain_text("Odd: ")
    expect(posts.last.locator("pre")).to_be_visible()
    received = manager.call("GET", f"/jobs/{job['id']}/reports")["items"]
    assert posts.locator(".n").all_inner_texts() == [str(post["n"]) for post in received]


def test_a_job_far_from_the_view_is_shown_in_full_and_goes_on(
    page: Page, manager: Manager, experiment: str, agent: Agent
) -> None:
    job = running(manager, agent, experiment, "511")
    manager.call("POST", f"/experiments/{experiment}/runs", {})
    open_page(page, manager, experiment, f"?runs=2#job/{job['id']}")
    expect(page.locator("tr.job")).to_have_count(0)
    manager.report(job, {"Progress": "3/20"})
    expect(page.get_by_role("progressbar", name="Progress")).to_have_attribute("aria-valuenow", "15")
    page.reload()
    expect(page.get_by_role("progressbar", name="Progress")).to_have_attribute("aria-valuenow", "15")
    agent.lsf(job["id"], "511", "DONE", exit_code=0)
    expect(page.get_by_role("region", name="Timeline")).to_contain_text("DONE")


def test_what_is_kept_is_shown_while_the_batch_client_is_away(page: Page, manager: Manager) -> None:
    jobs = manager.call("GET", "/experiments/past/jobs?limit=200")["items"]
    live = next(job for job in jobs if job["status"] == "PEND")
    open_page(page, manager, "past", f"#job/{live['id']}")
    panel = page.locator("#panel")
    expect(panel.get_by_role("region", name="Timeline")).to_contain_text("PEND")
    expect(panel.locator(".panel-status")).to_contain_text("as of ")
    tab(page, "Submit script").click()
    expect(panel).to_contain_text("Called as")
    tab(page, "LSF").click()
    expect(panel.get_by_role("alert")).to_contain_text("is away")


def test_the_width_of_the_panel_is_set_by_keys_and_pointer_and_kept(
    page: Page, manager: Manager, experiment: str
) -> None:
    job = applied(manager, experiment)
    open_page(page, manager, experiment, f"#job/{job['id']}")
    panel, edge = page.locator("#panel"), page.get_by_role("separator", name="Width of the job panel")
    expect(edge).to_be_visible()
    before = panel.bounding_box()
    assert before is not None
    edge.press("ArrowLeft")
    wider = panel.bounding_box()
    assert wider is not None
    assert round(wider["width"] - before["width"]) == 40
    expect(edge).to_have_attribute("aria-valuenow", str(round(wider["width"])))
    page.mouse.move(wider["x"] - 3, 400)
    page.mouse.down()
    page.mouse.move(wider["x"] - 103, 400)
    page.mouse.up()
    page.reload()
    expect(panel).to_be_visible()
    kept = panel.bounding_box()
    assert kept is not None
    assert 90 < kept["width"] - wider["width"] < 120
    page.set_viewport_size({"width": 375, "height": 800})
    expect(edge).to_be_hidden()
    expect(panel).to_have_css("width", "375px")
