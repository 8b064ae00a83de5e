"""Looking into jobs, and over an experiment, in the world that is not the demo."""

import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from tests.end_to_end.hard_world import CHROMIUM, PATIENCE, SECRET, USER, World, hard_world
from tests.end_to_end.installation import Installation, until

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")

HOME = "/experiments/deep"
KILLED_AT, ENOUGH = "-M 80M", "-M 120M"
"""What hungry.sh is given: it needs some 100 MB."""


@dataclass(frozen=True)
class Deep:
    """Jobs of the experiment `deep`. `hungry` runs out of memory, `good` is the same with more of it, `fails` says an
    error, `long` reports for a minute."""

    good: str
    hungry: str
    fails: str
    long: str


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with hard_world() as made:
        yield made


@pytest.fixture(scope="module")
def deep(world: World) -> Deep:
    """They go on while others are looked at."""
    apart = world.apart
    apart.post("/experiments", {"name": "deep"})
    apart.post(f"{HOME}/runs", {})
    apart.post(f"{HOME}/runs", {})
    for name in ("hungry", "fails", "progress"):
        made = {"name": name, "executable": str(apart.scripts / f"{name}.sh"), "parameters": ""}
        apart.post(f"{HOME}/definitions", made)
    return Deep(
        good=_apply(apart, "hungry", 1, ENOUGH),
        hungry=_apply(apart, "hungry", 2, KILLED_AT),
        fails=_apply(apart, "fails", 1),
        long=_apply(apart, "progress", 2),
    )


def _apply(apart: Installation, name: str, run: int, parameters: str = "") -> str:
    body = {"definition": name, "runs": run, "parameters": parameters}
    (job,) = apart.post(f"{HOME}/jobs", body)["jobs"]
    return str(job["id"])


@pytest.mark.timeout(100)
def test_hashes_are_tried_and_copied_and_everything_is_told_to_the_other_window(world: World, deep: Deep) -> None:
    ana, ben, apart = world.ana, world.ben, world.apart
    ben.goto(f"{world.url}/activity")
    ana.goto(f"{world.url}/definitions")
    row = ana.locator("tbody", has=ana.get_by_role("button", name="Try who"))
    row.get_by_role("button", name="Try who").click()
    sheet = ana.get_by_role("dialog", name="Try who")
    sheet.get_by_role("button", name="Try it").click()
    expect(sheet.locator(".verdict")).to_have_text("Would submit 1 job.", timeout=PATIENCE)
    expect(sheet).to_contain_text("I am nobody")
    expect(sheet).to_contain_text("the store is closed to me")
    assert "BATCHBOARD_" not in sheet.inner_text()
    ana.keyboard.press("Escape")
    submitted = [one["command"] for one in apart.submissions()]
    assert not any("hostname" in command for command in submitted), "a try submits nothing"
    row.get_by_label("Parameters").fill("--sigma 6")
    row.get_by_label("Parameters").press("Enter")
    row.get_by_role("button", name="Version 2 of who").click()
    versions = ana.get_by_role("dialog", name="Versions of who")
    expect(versions.locator("ins").first).to_have_text("--sigma 6")
    ana.keyboard.press("Escape")
    expect(ben.locator("#deeds tr").first).to_contain_text("--sigma 6")
    (job,) = apart.apply("brief", 2)

    apart.post("/experiments", {"name": "next"})
    ana.goto(f"{apart.url}/experiments/next/definitions")
    ana.get_by_role("button", name="Copy from another experiment").click()
    sheet = ana.get_by_role("dialog")
    sheet.get_by_label("From experiment").fill("demo")
    sheet.get_by_role("button", name="Copy 4 hashes").click()
    expect(sheet).to_contain_text("Copied 4 hashes from demo to next.")
    ben.goto(f"{apart.url}/experiments/next/activity")
    expect(ben.locator("#deeds")).to_contain_text("demo")
    ben.goto(f"{world.url}/overview")
    expect(ben.get_by_role("link", name="1 RUN of brief")).to_be_visible(timeout=PATIENCE)
    apart.post(f"/jobs/{job}/kill")
    expect(ben.get_by_role("link", name="1 EXIT of brief")).to_be_visible(timeout=PATIENCE)
    assert world.wrong == []


@pytest.mark.timeout(100)
def test_a_job_of_another_account_is_explained_looked_into_and_goes_well_when_the_advice_is_taken(
    world: World, deep: Deep
) -> None:
    apart = world.apart
    failed = _until_ended(apart, deep.hungry, "EXIT")
    explained = apart.get(f"/jobs/{deep.hungry}/explanation")
    assert explained["cause"] == "memory" and "ran out of memory: its peak was" in explained["sentence"]
    assert "images in memory" in explained["last_lines"], "read as the other account"
    (advice,) = explained["advice"]
    assert advice["parameters"] == ENOUGH and "of 80 MB" in advice["text"]
    _until_ended(apart, deep.good, "DONE")
    assert apart.api.get(f"/jobs/{deep.good}/explanation").json()["error"]["code"] == "not_failed"
    again = apart.post(f"/jobs/{deep.hungry}/resubmit", {"parameters": advice["parameters"]})["id"]

    compared = apart.get(f"/jobs/{deep.hungry}/comparison?log=1")
    assert (compared["with"]["id"], compared["with"]["run"]) == (deep.good, 1)
    parted = {one["what"]: (one["this"], one["that"]) for one in compared["differences"]}
    assert parted["parameters"] == (KILLED_AT, ENOUGH)
    assert {"script", "folder", "user", "queue"} <= set(compared["same"])
    assert compared["log"]["same_lines"] >= 5 and not compared["log_problem"]

    # Logs, whole ones and those that run.
    _until_ended(apart, deep.fails, "EXIT")
    find = f"/jobs/{deep.good}/log/find"
    found = apart.get(f"{find}?text=IMAGES%20in")
    assert (found["count"], found["source"], found["complete"]) == (8, "file", True)
    assert apart.get(f"{find}?text=IMAGES%20in&case=1")["count"] == 0
    (error,) = apart.get(f"/jobs/{deep.fails}/log/find?error=1&limit=1")["items"]
    assert error["line"] == "Error: the calibration constants of this run are missing"
    explained = apart.get(f"/jobs/{deep.fails}/explanation")
    assert explained["sentence"] == f"It ended with exit code 3; its log says “{error['line']}”."
    whole = apart.api.get(f"/jobs/{deep.fails}/log/whole")
    log = Path(apart.job(deep.fails)["log_file"])
    assert log.owner() == USER and whole.content == log.read_bytes()
    assert whole.content[error["at"] :].startswith(error["line"].encode())

    # While a job runs, bpeek alone shows what LSF writes at the end.
    long = _running(apart, deep)
    seen = apart.get(f"/jobs/{long}/log/find?text=events&limit=5")
    assert seen["source"] == "bpeek" and seen["items"][0]["line"].startswith("step 1: 120 events")

    # Two posts of a colleague who tries it out: one is refused, and says why.
    address = apart.get(f"/jobs/{long}/report-address")["url"]
    bodies = [b"Hits=5", json.dumps({"counters": {"Hits": 5, "Map": {"x": 1}}}).encode()]
    assert [httpx.post(address, content=body, trust_env=False).status_code for body in bodies] == [400, 200]
    posts = {post["body"]: post for post in apart.get(f"/jobs/{long}/reports")["items"]}
    refused, taken = (posts[body.decode()] for body in bodies)
    assert refused["accepted"] == 0 and "not JSON" in refused["skipped"][0]["reason"]
    assert taken["accepted"] == 1 and taken["skipped"][0]["key"] == "Map"
    lines = until(lambda: _lines(apart, long), "there is a line to draw", 15)
    assert lines["Progress"]["of"] == 60 and lines["Hit rate"]["percent"]
    steps = [value for _, value in lines["Progress"]["points"]]
    assert steps == sorted(steps)
    assert apart.get(f"/jobs/{deep.hungry}/progress")["usual"]["jobs"] >= 1

    # Where and with what the script ran; no secret of that account.
    told = apart.get(f"/jobs/{deep.good}/submission")
    found = {variable["name"]: variable["value"] for variable in told["environment"]}
    assert found["FARM_TOKEN"] is None and found["BATCH_UPDATE_URL"] == "(address of this job)"
    assert found["HOME"] == str(apart.folder) and not [name for name in found if name.startswith("BATCHBOARD_")]
    assert SECRET not in str(told) and "/jid/" not in str(told)
    assert (told["host"], told["folder"]) == (socket.gethostname(), str(apart.scripts))
    assert told["command"].startswith(f"cd {apart.scripts} && EXPERIMENT=deep RUN_NUM=1 ")
    (farm,) = httpx.get(f"{apart.url}/readyz", trust_env=False).json()["locations"]
    assert {"psdebugq", "normal"} == {queue["name"] for queue in farm["queues"]} and farm["queues_at"]

    # The corrected one has gone well, which the next shift is told.
    row = _until_ended(apart, again, "DONE")
    assert (row["parameters"], row["run"]) == (ENOUGH, failed["run"])
    said = apart.api.get(f"{HOME}/shift.md").text
    assert "| hungry | 2 | 0 | 0 | 0 |" in said, "what was mended has not failed"
    assert f"1 x {explained['sentence'].removesuffix('.')}: run 1 (fails)" in said
    assert f'resubmitted hungry on run 2 with "{ENOUGH}"' in said


def _running(apart: Installation, deep: Deep) -> str:
    """The job that reports; where looking took long, another one."""
    job = deep.long
    if apart.until_status(job, "RUN", "DONE")["status"] == "DONE":
        job = _apply(apart, "progress", 2)
        apart.until_status(job, "RUN")
    return job


def _lines(apart: Installation, job: str) -> dict[str, Any] | None:
    """Its counters over time, once there are some points."""
    lines = {line["name"]: line for line in apart.get(f"/jobs/{job}/progress")["series"]}
    return lines if len(lines.get("Progress", {"points": ()})["points"]) > 2 else None


def _until_ended(apart: Installation, job: str, status: str) -> dict[str, Any]:
    return apart.until_status(job, status, seconds=60)


def test_without_its_batch_client_the_panel_keeps_what_it_knows_and_says_how_old_it_is(
    world: World, deep: Deep
) -> None:
    ana, ben, apart = world.ana, world.ben, world.apart
    ben.goto(f"{apart.url}{HOME}#job/{_running(apart, deep)}")
    panel = ben.locator("#panel")
    expect(panel.get_by_role("progressbar", name="Progress")).to_be_visible()
    expect(panel.locator(".panel-status")).to_contain_text("RUN")
    apart.kill("agent")
    ana.goto(f"{apart.url}{HOME}#job/{deep.hungry}")
    why = ana.get_by_role("region", name="Why it failed")
    expect(why.locator(".sentence")).to_contain_text("ran out of memory: its peak was")
    expect(why.get_by_role("button", name=f"Resubmit with {ENOUGH}")).to_be_visible()
    expect(why.get_by_role("region", name="Last lines of the log")).to_contain_text("images in memory")
    ana.goto(f"{apart.url}{HOME}/overview")
    expect(ana.get_by_role("img", name="Runs taken and processed")).to_be_visible()
    expect(ana.locator("#runs .figure-says")).to_contain_text("of 2 runs have a job DONE")
    expect(panel.locator(".panel-status")).to_contain_text("as of ", timeout=PATIENCE)
    expect(panel.get_by_role("progressbar", name="Progress")).to_be_visible()
    expect(ana.locator("#doubts")).to_contain_text("Batch client away")
    apart.start_agent()
    expect(panel.locator(".panel-status")).not_to_contain_text("as of ", timeout=PATIENCE)
    assert world.wrong == []
