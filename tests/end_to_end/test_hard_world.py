"""A shift in the world that is not the demo, worked through the page: many at once, and everything that can die."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from realtime.web.auth import session_cookie
from tests.end_to_end.hard_world import (
    CHROMIUM,
    PATIENCE,
    RUNS,
    World,
    apply_long,
    bar,
    expect_live,
    hard_world,
    select,
    strip,
)
from tests.end_to_end.installation import TOKEN, until
from tests.end_to_end.test_main_job import SLOW

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with hard_world() as made:
        yield made


@pytest.mark.timeout(150)
def test_many_at_once_while_lsf_is_slow_and_the_batch_client_dies(world: World) -> None:
    ana, ben, apart = world.ana, world.ben, world.apart

    # As many as the preview said; the strip goes on over the batch client's death, and goes when all are in LSF.
    apply_long(ana, "3-14", 12)
    expect(strip(ana)).to_contain_text("of 12 in LSF")
    expect(strip(ana)).to_contain_text(re.compile(r"[1-9]\d* of 12 in LSF, [1-9]\d* to go"), timeout=PATIENCE)
    apart.kill("agent")
    apart.start_agent()
    ben.goto(f"{world.url}?hash=long")
    expect(ben.locator(".found")).to_have_text(f"12 of {RUNS} runs")
    expect(strip(ana)).to_contain_text("12 of 12 in LSF", timeout=PATIENCE)
    expect(strip(ana)).to_have_count(0, timeout=10_000)
    assert sorted(job["run"] for job in world.jobs("long", range(3, 15))) == list(range(3, 15))
    assert all(job["lsf_id"] for job in world.jobs("long", range(3, 15)))

    # Undo takes back what LSF does not have, names the rest, and what was under way in bsub is killed there.
    apply_long(ana, "21-36", 16)
    expect(strip(ana)).to_contain_text(re.compile(r"[1-9]\d* of 16 in LSF, [1-9]\d* to go"), timeout=PATIENCE)
    strip(ana).get_by_role("button", name="Undo").click()
    expect(strip(ana)).to_contain_text(re.compile(r"[1-9]\d* cancelled, [1-9]\d* LSF had already"))
    said = re.search(r"(\d+) cancelled, (\d+) LSF had already", strip(ana).inner_text())
    assert said is not None and int(said[1]) + int(said[2]) == 16
    rows = world.jobs("long", range(21, 37))
    asked = [job["id"] for job in rows if job["kill_requested_at"] or job["status"] == "EXIT"]
    assert len(asked) == int(said[1])
    strip(ana).get_by_role("button", name="Dismiss").click()

    # Many are killed, and then deleted; the other window follows.
    select(ana, "3-14")
    bar(ana).get_by_role("button", name="Kill 12 ").click()
    dialog = ana.get_by_role("dialog", name="Kill jobs of 12 runs")
    dialog.get_by_role("button", name="Kill 12 ").click()
    expect(bar(ana)).to_contain_text("12 jobs being killed.")
    bar(ana).get_by_role("button", name="Delete 12 ended jobs").click(timeout=PATIENCE)
    ana.get_by_role("dialog").get_by_role("button", name="Delete 12").click()
    expect(bar(ana)).to_contain_text("12 jobs deleted.")
    expect(ben.locator(".found")).to_have_text(f"16 of {RUNS} runs")
    ana.keyboard.press("Escape")

    until(lambda: all(apart.job(job)["status"] == "EXIT" for job in asked), "what was cancelled has ended", 25)
    live = [job for job in world.jobs("long", range(21, 37)) if job["status"] in ("PEND", "RUN")]
    assert len(live) == int(said[2])
    assert len(world.ran()) == len(set(world.ran())), "nothing ran twice"
    assert world.wrong == []


@pytest.mark.timeout(150)
def test_a_shift_over_a_silent_lsf_a_dead_redis_a_dead_server_and_a_full_disk(world: World) -> None:
    ana, ben, apart = world.ana, world.ben, world.apart
    for page in (ana, ben):
        page.goto(world.url)
        page.evaluate("window.loaded = 'once'")
    apart.apply("steps", 1)
    apart.faults(**SLOW, silent=["bjobs"])

    # Words about a run are in the other window; a tag filters; a filter reaches what is not loaded.
    ana.get_by_role("button", name=f"Comment on run {RUNS}").click()
    expect(ana.get_by_role("textbox", name=f"Comment on run {RUNS}")).to_be_focused()
    ana.keyboard.type("beam was bad")
    ana.keyboard.press("Enter")
    expect(ben.get_by_role("button", name=f"Comment on run {RUNS}: beam was bad")).to_be_visible()
    ana.get_by_role("button", name=f"Tags of run {RUNS}").click()
    ana.keyboard.type("dark")
    ana.keyboard.press("Enter")
    ana.keyboard.press("Escape")
    ben.locator(f'[data-key="run/{RUNS}"] .tag', has_text="dark").click()
    expect(ben.locator(".found")).to_have_text(f"1 of {RUNS} runs")
    ben.go_back()
    expect(ben.locator('[data-key="run/1"]')).to_have_count(0)
    ben.get_by_role("searchbox").fill("steps")
    line = ben.locator('[data-key="run/1"] tr.job')
    expect(line.locator('[data-counter="Events"] .value')).to_have_text(re.compile(r"^\d+0$"))
    expect(ben.locator("#silent-note")).to_contain_text("LSF has not answered since", timeout=PATIENCE)
    apart.faults(**SLOW)
    ben.get_by_role("button", name="Grid").click()
    expect(ben.locator('[data-key="run/1"] td.cell[data-name=steps] a')).to_contain_text("RUN", timeout=PATIENCE)
    ben.get_by_role("button", name="List").click()

    # Redis dies: what is done meanwhile is in the other window, at the latest when it is back.
    world.redis.kill()
    ana.get_by_role("button", name=f"Comment on run {RUNS - 1}").click()
    ana.get_by_role("textbox", name=f"Comment on run {RUNS - 1}").fill("without Redis")
    ana.keyboard.press("Enter")
    expect(ana.get_by_role("button", name=f"Comment on run {RUNS - 1}: without Redis")).to_be_visible()
    world.redis.start()
    ben.get_by_role("searchbox").fill("without")
    expect(ben.get_by_role("button", name=f"Comment on run {RUNS - 1}: without Redis")).to_be_visible()
    expect(ben.locator("#silent-note")).to_be_hidden(timeout=PATIENCE)

    # The disk is full: the refusal is at the control, and the next click after it works.
    world.let_write(1)
    ana.get_by_role("button", name="Add run").click()
    expect(ana.locator(".add-run").get_by_role("alert")).to_contain_text("the store cannot be used now")
    world.let_write(1 << 40)
    ana.get_by_role("button", name="Add run").click()
    expect(ana.locator(f'[data-key="run/{RUNS + 1}"]')).to_be_visible()
    expect(ana.locator(".add-run").get_by_role("alert")).to_have_count(0)

    # Servers die one after the other; the pages go on at another one as they are.
    for pid in world.servers():
        until(lambda: len(world.servers()) == 2, "there are two servers", 20)
        world.kill_server(pid)
        for page in (ana, ben):
            expect_live(page)
    number = apart.post("/experiments/demo/runs", {})["number"]
    expect(ana.locator(f'[data-key="run/{number}"]')).to_be_visible()
    assert [page.evaluate("window.loaded") for page in (ana, ben)] == ["once", "once"]

    # The session ends; after a login in another tab the page goes on.
    cookie = session_cookie(TOKEN, datetime.now(UTC) + timedelta(seconds=1))
    name = f"batchboard-main-{apart.port}"
    ana.context.add_cookies([{"name": name, "value": cookie, "url": apart.url}])
    ana.get_by_role("button", name=f"Comment on run {RUNS}: beam was bad").click()
    ana.keyboard.type(" and worse")
    ana.wait_for_timeout(1000)
    ana.keyboard.press("Enter")
    expect(ana.locator("#chip-text")).to_have_text("Logged out")
    other = ana.context.new_page()
    other.goto(f"{apart.url}/?token={TOKEN}")
    expect_live(ana)
    ana.get_by_role("textbox", name=f"Comment on run {RUNS}").press("Enter")
    expect(ana.get_by_role("button", name=f"Comment on run {RUNS}: beam was bad and worse")).to_be_visible()
    other.close()
    assert world.wrong == []


@pytest.mark.timeout(100)
def test_hashes_are_tried_and_copied_and_everything_is_told_to_the_other_window(world: World) -> None:
    ana, ben, apart = world.ana, world.ben, world.apart
    before = len(apart.submissions())
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
    assert len(apart.submissions()) == before, "a try submits nothing"
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
