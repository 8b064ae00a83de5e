"""axe-core finds nothing on any screen, in any state, in light and dark."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from realtime.demo.past import Past
from realtime.protocol.agent import AgentState, LogAnswer, StubCall, Tried, TryCheck
from realtime.web.auth import session_cookie
from tests.pages.agent import Agent
from tests.pages.axe import THEMES, Axe, NotInstalled, install
from tests.pages.conftest import needs_chromium, open_page
from tests.pages.manager import TOKEN, Manager
from tests.ports import free_port

pytestmark = [needs_chromium, pytest.mark.timeout(120)]

PAST = Past(experiment="past", runs=12, hashes=4, jobs_per_run=4, live=6, until=datetime.now(UTC) - timedelta(hours=3))
LSF_WORDS = ["PEND", "PSUSP", "WAIT", "PROV", "RUN", "USUSP", "SSUSP", "UNKWN", "ZOMBI", "DONE", "EXIT", "LOST"]
HOSTILE = {
    "<b>Name</b>": ["<i>slanted</i> <font color=yellow>bright</font>", "yellow"],
    "Image": ["<img src=x onerror=alert(1)> List<int>", "#eeeeee"],
    "Link": ['see <a href="https://example.org/">the plots</a>', "#010101"],
    "Long": ["x" * 2_000, "lime"],
    "Rate": ["12.4 %", "red"],
}


@pytest.fixture(scope="session")
def axe_script(tmp_path_factory: pytest.TempPathFactory) -> str:
    """axe-core, from npm."""
    try:
        return install(tmp_path_factory.mktemp("axe"))
    except NotInstalled as error:
        pytest.skip(str(error))


@pytest.fixture
def axe(page: Page, axe_script: str) -> Iterator[Axe]:
    """What it finds fails the test at its end."""
    axe = Axe(page, axe_script)
    page.emulate_media(reduced_motion="reduce")
    yield axe
    assert not axe.wrong, "\n".join(axe.wrong)


@pytest.fixture(scope="module")
def manager(seeded: Callable[[Past], Path]) -> Iterator[Manager]:
    """One with the experiment `past`, whose running jobs have been quiet for hours."""
    folder = seeded(PAST)
    with closing(sqlite3.connect(folder / "batchboard.db")) as store:
        store.execute("UPDATE definition SET quiet_after = 60")
        store.commit()
    manager = Manager(folder, free_port())
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


@pytest.fixture(scope="module")
def shown(manager: Manager, agent: Agent) -> str:
    """An experiment with a run for each status that a job can have, and whatever else a page can show of it."""
    name = "every-state"
    manager.call("POST", "/experiments", {"name": name, "instrument": "XPP", "description": "all there is"})
    manager.call("POST", "/experiments", {"name": "empty"})
    for hash_name in ("one", "two", "gone"):
        body = {"name": hash_name, "executable": f"/nowhere/{hash_name}.sh", "parameters": '--cut "3" -v'}
        manager.call("POST", f"/experiments/{name}/definitions", body)
    for body in ({"name": "draft"}, {"name": "far", "executable": "/nowhere/far.sh", "location": "far"}):
        manager.call("POST", f"/experiments/{name}/definitions", body)
    one, two, gone, *_ = sorted(manager.call("GET", f"/experiments/{name}/definitions")["items"], key=lambda x: x["id"])
    agent.checked(one, None)
    agent.checked(two, "Windows line ends")
    for number in range(1, 1 + len(LSF_WORDS) + 6):
        manager.call(
            "POST", f"/experiments/{name}/runs", {"number": number, "params": {"Sample": "LaB6", "Events": 812}}
        )
    (job,) = applied(manager, name, "gone", "1")
    manager.call("POST", f"/jobs/{job['id']}/kill")
    manager.call("DELETE", f"/experiments/{name}/definitions/{gone['id']}")
    jobs = applied(manager, name, "one", f"1-{len(LSF_WORDS) + 4}")
    for lsf_id, (job, word) in enumerate(zip(jobs, LSF_WORDS, strict=False), 731_001):
        agent.claim(job["id"])
        more = {"surplus": ["731999", "732000"]} if word == "RUN" else {}
        ids = [str(lsf_id), str(lsf_id + 500)] if word == "RUN" else [str(lsf_id)]
        agent.submitted(job["id"], *ids, **more)
        for one_id in ids:
            ends = {"exit_code": 137, "reason": "killed: ran out of memory, TERM_MEMLIMIT"} if word == "EXIT" else {}
            agent.lsf(job["id"], one_id, word, queue="psanaq", host="psana1201", **ends)
        manager.report(job, HOSTILE if word in ("RUN", "DONE", "EXIT") else {"Rate": ["12.4 %", None]})
    killing, refused, failed, doubtful = jobs[len(LSF_WORDS) :]
    for lsf_id, job in ((731_101, killing), (731_102, refused)):
        agent.claim(job["id"])
        agent.submitted(job["id"], str(lsf_id))
        agent.lsf(job["id"], str(lsf_id), "RUN")
        manager.call("POST", f"/jobs/{job['id']}/kill")
    agent.killed(refused["id"], "User permission denied")
    now = datetime.now(UTC)
    for job in (failed, doubtful):
        agent.claim(job["id"])
    agent.submitted(failed["id"], began_at=now, ended_at=now, exit_code=1, stdout="no", stderr="queue not there")
    agent.submitted(doubtful["id"], began_at=now, bsub_called_at=now, ended_at=now, exit_code=255, doubt="no answer")
    for run in ("1", "10"):
        (job,) = applied(manager, name, "one", run)
        agent.claim(job["id"])
        agent.submitted(job["id"], f"7312{run}")
        agent.lsf(job["id"], f"7312{run}", "DONE")
    applied(manager, name, "one", "18")
    applied(manager, name, "far", "17")
    manager.call("PATCH", f"/experiments/{name}/definitions/{one['id']}", {"parameters": "--cut 4"})
    agent.checked(
        manager.call("GET", f"/experiments/{name}/definitions")["items"][0] | {"id": one["id"], "version": 2}, None
    )
    manager.call("PATCH", f"/experiments/{name}/runs/18", {"comment": "beam was bad", "tags": ["dark", "bad beam"]})
    return name


def applied(manager: Manager, experiment: str, name: str, runs: str) -> list[dict[str, Any]]:
    """New jobs, lowest run first."""
    made = manager.call("POST", f"/experiments/{experiment}/jobs", {"definition": name, "runs": runs})["jobs"]
    return sorted(made, key=lambda job: int(job["run"]))


def job_on(manager: Manager, experiment: str, run: int) -> str:
    """The newest job of `one` on a run."""
    found = manager.call("GET", f"/experiments/{experiment}/jobs?limit=100")["items"]
    return str(next(job["id"] for job in found if (job["run"], job["definition"]["name"]) == (run, "one")))


def narrow(page: Page) -> None:
    """As wide as a phone."""
    page.set_viewport_size({"width": 375, "height": 800})


def wide(page: Page) -> None:
    """As wide as a desk's screen."""
    page.set_viewport_size({"width": 1440, "height": 900})


def test_login_error_and_reference(manager: Manager, browser: Browser, axe: Axe, axe_script: str) -> None:
    page = axe.page
    page.goto(f"{manager.url}/experiments/nowhere")
    axe.look("error 404")
    page.goto(f"{manager.url}/api/v1/docs")
    axe.look("API docs")
    context = browser.new_context()
    axe.page = context.new_page()
    axe.page.goto(f"{manager.url}/")
    expect(axe.page.get_by_label("Token")).to_be_focused()
    axe.look("login", *THEMES)
    axe.page.get_by_label("Token").fill("wrong")
    axe.page.keyboard.press("Enter")
    expect(axe.page.get_by_role("alert")).to_be_visible()
    axe.look("login refused")
    narrow(axe.page)
    axe.look("login, narrow")
    context.close()


def test_experiments(page: Page, manager: Manager, shown: str, axe: Axe) -> None:
    page.goto(f"{manager.url}/")
    expect(page.locator("#chip-text")).to_have_text("Live")
    page.get_by_role("button", name=f"{shown}").first.click()
    axe.look("experiments", *THEMES)
    page.get_by_role("searchbox").fill("nothing of this kind")
    expect(page.locator("#none-found")).to_be_visible()
    axe.look("experiments, nothing found")
    page.get_by_role("searchbox").fill("")
    page.get_by_role("button", name="New experiment").click()
    axe.look("experiments, form open")
    page.get_by_label("Name", exact=True).fill("not / a name")
    page.get_by_role("button", name="Make it").click()
    expect(page.locator("#name-wrong")).not_to_be_empty()
    axe.look("experiments, form with an error")
    narrow(page)
    axe.look("experiments, narrow")


def test_batch_defs(page: Page, manager: Manager, shown: str, agent: Agent, axe: Axe) -> None:
    open_page(page, manager, "empty", "/definitions")
    axe.look("Batch defs, none yet", *THEMES)
    open_page(page, manager, shown, "/definitions")
    page.get_by_role("checkbox", name="Show archived").check()
    expect(page.locator(".check")).to_have_count(6)
    axe.look("Batch defs, every check and an archived one", *THEMES)
    row = page.locator("#definitions tbody").first
    one = manager.call("GET", f"/experiments/{shown}/definitions")["items"][0]
    field = row.get_by_label("Parameters")
    before = field.input_value()
    field.fill("mine")
    manager.call("PATCH", f"/experiments/{shown}/definitions/{one['id']}", {"parameters": "theirs"})
    page.keyboard.press("Tab")
    expect(row.get_by_role("alert")).to_be_visible()
    axe.look("Batch defs, conflict")
    row.get_by_role("button", name="Use mine").click()
    field.fill(before)
    page.keyboard.press("Tab")
    narrow(page)
    axe.look("Batch defs, narrow", *THEMES)


def test_sheets_of_batch_defs(page: Page, manager: Manager, shown: str, agent: Agent, axe: Axe) -> None:
    checks = [
        TryCheck(name="path", ok=True, text="a file of 20 bytes"),
        TryCheck(name="line ends", ok=None, text="not looked at"),
        TryCheck(name="dry run", ok=False, text="exit code 1"),
    ]
    call = StubCall(arguments=["-q", "psanaq", "<img src=x>"], stdin="echo hello\n")
    tried = Tried(checks=checks, exit_code=1, stdout="Job <0> is submitted", stderr="no", bsub=[call])
    agent.answers["/try"] = {"tried": tried}
    open_page(page, manager, shown, "/definitions")
    page.get_by_role("button", name="Try one").click()
    page.get_by_role("button", name="Try it").click()
    expect(page.locator(".verdict")).to_be_visible()
    axe.look("Try, with a result", *THEMES)
    narrow(page)
    axe.look("Try, narrow")
    wide(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="of one").click()
    expect(page.locator(".versions > li").first).to_be_visible()
    axe.look("versions", *THEMES)
    page.get_by_role("button", name="Use version 1 again").click()
    axe.look("Batch defs, an unsaved edit")
    page.get_by_role("button", name="Discard").first.click()
    page.get_by_role("button", name="Copy from another experiment").click()
    sheet = page.get_by_role("dialog")
    axe.look("copy, nothing chosen")
    sheet.get_by_label("From experiment").fill("past")
    expect(sheet.get_by_role("row")).to_have_count(5)
    axe.look("copy, with a preview", *THEMES)
    narrow(page)
    axe.look("copy, narrow")


def test_batch_control_in_a_list(page: Page, manager: Manager, shown: str, axe: Axe) -> None:
    open_page(page, manager, "empty")
    axe.look("no runs, no hash", *THEMES)
    page.set_viewport_size({"width": 1440, "height": 2400})
    open_page(page, manager, shown)
    expect(page.get_by_role("complementary", name="First steps")).to_be_visible()
    expect(page.locator('[data-key="run/1"] .job')).to_have_count(3)
    axe.look("every status", *THEMES)
    page.get_by_role("button", name="Got it").click()
    page.locator('[data-key="run/10"] .unfold').click()
    page.locator(f'[data-key="run/{1 + LSF_WORDS.index("RUN")}"] .lsf-opener').click()
    expect(page.locator("[data-lsf]")).to_have_count(2)
    page.locator('[data-key="run/5"] .hash-name').hover()
    axe.look("earlier jobs and LSF jobs folded out")
    page.get_by_role("button", name="Comment on run 18").first.click()
    page.get_by_role("textbox", name="Comment on run 18").fill("typed")
    axe.look("comment being typed", "light")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Tags of run 18").click()
    page.get_by_role("combobox", name="Add a tag").fill("x" * 50)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="x")).to_be_visible()
    axe.look("tags being edited, one refused")
    page.goto(f"{manager.url}/experiments/{shown}#run/3")
    narrow(page)
    page.reload()
    expect(page.locator('[data-key="run/3"] .job')).to_have_count(1)
    axe.look("narrow")
    page.locator('[data-key="run/3"] .more').click()
    axe.look("narrow, actions open", "light")


def test_quiet_jobs_and_a_farm_that_is_away(page: Page, manager: Manager, axe: Axe) -> None:
    open_page(page, manager, "past")
    expect(page.locator("#doubts")).not_to_be_empty()
    axe.look("batch client away")
    agent = Agent(manager.url, location="past")
    agent.start()
    expect(page.locator(".beside").filter(has_text="quiet").first).to_be_visible()
    axe.look("quiet jobs", *THEMES)
    agent.close()


def test_finding(page: Page, manager: Manager, shown: str, axe: Axe) -> None:
    open_page(page, manager, shown)
    page.get_by_role("button", name="Failed").click()
    page.get_by_role("button", name="Filter", exact=False).last.click()
    axe.look("filter open", *THEMES)
    page.get_by_role("button", name="Hash", exact=True).click()
    expect(page.get_by_role("dialog", name="Hash")).to_contain_text("one")
    axe.look("hashes to filter by")
    page.keyboard.press("Escape")
    page.get_by_label("Runs", exact=True).fill("9-")
    page.keyboard.press("Enter")
    expect(page.locator("#runs-wrong")).not_to_be_empty()
    axe.look("a wrong range")
    page.get_by_label("Runs", exact=True).fill("99")
    page.keyboard.press("Enter")
    expect(page.locator(".none-found")).to_be_visible()
    axe.look("empty result", *THEMES)
    narrow(page)
    axe.look("empty result, narrow")
    wide(page)
    page.get_by_role("button", name="Clear").click()
    page.get_by_role("button", name="Columns").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    axe.look("columns", *THEMES)
    page.keyboard.press("Escape")
    page.goto(
        f"{manager.url}/experiments/{shown}?column=param:Sample&line=lsf&line=counter:Rate&line=counter:Long&sort=-counter:Rate"
    )
    expect(page.locator(".count").first).to_be_visible()
    axe.look("counters as columns", *THEMES)
    page.goto(f"{manager.url}/experiments/{shown}?mode=grid&counter=Rate")
    expect(page.locator(".job-link").first).to_be_visible()
    axe.look("grid", *THEMES)
    page.get_by_role("button", name="Counter: Rate").click()
    axe.look("grid, choice of a counter")
    page.keyboard.press("Escape")
    narrow(page)
    axe.look("grid, narrow")


def test_applying_and_many_at_once(page: Page, manager: Manager, shown: str, axe: Axe) -> None:
    open_page(page, manager, shown)
    page.get_by_role("button", name="Apply a hash to run 18").click()
    expect(page.get_by_role("option").first).to_be_visible()
    axe.look("choice of a hash", *THEMES)
    page.keyboard.type("zzz")
    axe.look("choice of a hash, none found")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Kill one on run 18").click()
    axe.look("Kill?")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Delete one on run 10").first.click()
    axe.look("Delete?")
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    expect(page.get_by_role("textbox", name="Selected runs")).to_be_focused()
    page.keyboard.type("1-18")
    page.keyboard.press("Enter")
    selected = page.get_by_role("region", name="Selected runs")
    expect(selected.get_by_role("button", name="Kill")).to_contain_text("live")
    axe.look("selection", *THEMES)
    selected.get_by_role("button", name="Kill").click()
    expect(page.get_by_role("dialog")).to_contain_text("live jobs")
    axe.look("kill many")
    page.keyboard.press("Escape")
    selected.get_by_role("button", name="Apply").click()
    dialog = page.get_by_role("dialog", name="Apply a hash to runs")
    dialog.get_by_label("Hash", exact=True).click()
    expect(page.get_by_role("combobox", name="Hash to apply")).to_be_focused()
    page.keyboard.type("far")
    page.keyboard.press("Enter")
    expect(dialog.locator(".bulk-preview")).to_contain_text("1-18")
    axe.look("apply, with a preview", *THEMES)
    narrow(page)
    axe.look("apply, narrow")
    wide(page)
    dialog.get_by_label("every run").check()
    page.route("**/jobs", lambda route: None)
    page.get_by_role("button", name="Apply far to 18 runs").click()
    page.unroute("**/jobs")
    axe.look("jobs on their way, not answered")


def test_the_job_panel(page: Page, manager: Manager, shown: str, agent: Agent, axe: Axe) -> None:
    job = job_on(manager, shown, 1 + LSF_WORDS.index("EXIT"))
    text = "first line\n\x1b[31mred\x1b[0m\nlast line\n"
    log: dict[str, Any] = {
        "source": "file",
        "offset": 0,
        "next": len(text),
        "size": len(text),
        "path": "/logs/7",
        "complete": True,
    }
    agent.answers[f"{job}/log"] = {"log": LogAnswer(text=text, **log)}
    agent.answers[f"{job}/details"] = {"text": "Job <731011>, User <x>"}
    open_page(page, manager, shown, f"#job/{job}/log")
    panel = page.locator("#panel")
    expect(panel.locator(".log")).to_contain_text("last line", timeout=20_000)
    axe.look("log", *THEMES)
    for tab, said in (("Details", "731011"), ("Submission", "Called as"), ("History", "Reports received")):
        panel.get_by_role("tab", name=tab).click()
        expect(panel).to_contain_text(said)
        axe.look(tab)
    narrow(page)
    axe.look("panel, narrow")
    wide(page)
    for run in (16, 18):
        page.goto(f"{manager.url}/experiments/{shown}#job/{job_on(manager, shown, run)}/log")
        expect(panel.locator("h2")).to_contain_text(f"run {run}")
        axe.look(f"panel of a job in doubt or without a log, run {run}")
    page.goto(f"{manager.url}/experiments/{shown}#job/{'0' * 24}/log")
    expect(panel).to_contain_text("There is no such job")
    axe.look("panel of no job")


def test_what_the_heading_opens(page: Page, manager: Manager, shown: str, axe: Axe) -> None:
    open_page(page, manager, shown)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    axe.look("help", *THEMES)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Settings").click()
    expect(page.get_by_role("radio").first).to_be_visible()
    axe.look("settings")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Notifications").click()
    expect(page.get_by_role("dialog", name="Notifications")).to_be_visible()
    axe.look("notifications")
    page.keyboard.press("Escape")
    page.get_by_role("button", name=shown, exact=True).click()
    expect(page.get_by_role("menu")).to_be_visible()
    axe.look("other experiments")


def test_activity_and_overview(page: Page, manager: Manager, shown: str, axe: Axe) -> None:
    for name in ("activity", "overview"):
        for experiment in (shown, "empty"):
            open_page(page, manager, experiment, f"/{name}")
            axe.look(f"{name} of {experiment}", *(THEMES if experiment == shown else ()))
        open_page(page, manager, shown, f"/{name}")
        narrow(page)
        axe.look(f"{name}, narrow")
        wide(page)


def test_doubts(page: Page, manager: Manager, shown: str, agent: Agent, axe: Axe) -> None:
    open_page(page, manager, shown)
    now = datetime.now(UTC)
    agent.state = AgentState(answered_at=now, silent_since=now - timedelta(minutes=2), problem="bjobs gave no answer")
    expect(page.locator("#silent-note")).to_be_visible()
    log_in_until(page, manager, timedelta(minutes=10))
    page.reload()
    expect(page.locator("#session-note")).to_contain_text("Your login ends at")
    axe.look("LSF silent, login about to end", *THEMES)
    log_in_until(page, manager, timedelta(seconds=1))
    page.reload()
    expect(page.locator("#session-note")).to_contain_text("You are logged out", timeout=15_000)
    axe.look("logged out", "light", "dark")
    agent.state = AgentState(answered_at=datetime.now(UTC))


def log_in_until(page: Page, manager: Manager, left: timedelta) -> None:
    """The browser's session ends so long from now."""
    value = session_cookie(TOKEN, datetime.now(UTC) + left)
    page.context.add_cookies([{"name": f"batchboard-main-{manager.port}", "value": value, "url": manager.url}])
    page.evaluate("localStorage.removeItem('batchboard-session-ends')")


def test_a_page_that_has_lost_its_server(page: Page, manager: Manager, shown: str, axe: Axe) -> None:
    open_page(page, manager, shown)
    manager.stop()
    expect(page.locator("#stale-note")).to_be_visible(timeout=10_000)
    axe.look("stale", *THEMES)
    manager.start()
