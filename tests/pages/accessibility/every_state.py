"""An experiment that shows all there is, and who looks at it."""

from datetime import UTC, datetime
from typing import Any

from playwright.sync_api import Page

from tests.pages.agent import Agent
from tests.pages.manager import Manager

LSF_WORDS = ["PEND", "PSUSP", "WAIT", "PROV", "RUN", "USUSP", "SSUSP", "UNKWN", "ZOMBI", "DONE", "EXIT", "LOST"]
HOSTILE = {
    "<b>Name</b>": ["<i>slanted</i> <font color=yellow>bright</font>", "yellow"],
    "Image": ["<img src=x onerror=alert(1)> List<int>", "#eeeeee"],
    "Link": ['see <a href="https://example.org/">the plots</a>', "#010101"],
    "Long": ["x" * 2_000, "lime"],
    "Rate": ["12.4 %", "red"],
}


def every_state(manager: Manager, agent: Agent) -> str:
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
