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
    expect_live,
    hard_world,
)
from tests.end_to_end.installation import TOKEN, until
from tests.end_to_end.slow_farm import SLOW
from tests.pages.many import bar, select, strip

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
    expect(strip(ana, "long")).to_contain_text("of 12 in LSF")
    expect(strip(ana, "long")).to_contain_text(re.compile(r"[1-9]\d* of 12 in LSF, [1-9]\d* to go"), timeout=PATIENCE)
    apart.kill("agent")
    apart.start_agent()
    ben.goto(f"{world.url}?hash=long")
    expect(ben.locator(".found")).to_have_text(f"12 of {RUNS} runs")
    expect(strip(ana, "long")).to_contain_text("12 of 12 in LSF", timeout=PATIENCE)
    expect(strip(ana, "long")).to_have_count(0, timeout=10_000)
    assert sorted(job["run"] for job in world.jobs("long", range(3, 15))) == list(range(3, 15))
    assert all(job["lsf_id"] for job in world.jobs("long", range(3, 15)))

    # Undo takes back what LSF does not have, names the rest, and what was under way in bsub is killed there.
    apply_long(ana, "21-36", 16)
    expect(strip(ana, "long")).to_contain_text(re.compile(r"[1-9]\d* of 16 in LSF, [1-9]\d* to go"), timeout=PATIENCE)
    strip(ana, "long").get_by_role("button", name="Undo").click()
    expect(strip(ana, "long")).to_contain_text(re.compile(r"[1-9]\d* cancelled, [1-9]\d* LSF had already"))
    said = re.search(r"(\d+) cancelled, (\d+) LSF had already", strip(ana, "long").inner_text())
    assert said is not None and int(said[1]) + int(said[2]) == 16
    rows = world.jobs("long", range(21, 37))
    asked = [job["id"] for job in rows if job["kill_requested_at"] or job["status"] == "EXIT"]
    assert len(asked) == int(said[1])
    strip(ana, "long").get_by_role("button", name="Dismiss").click()

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
    expect(ben.locator("#doubts")).to_contain_text("LSF silent since", timeout=PATIENCE)
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
    expect(ben.locator("#doubts")).not_to_contain_text("LSF silent", timeout=PATIENCE)

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
