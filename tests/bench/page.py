"""The page with 5,000 runs and 50,000 jobs in a real browser, beside the tasks page of Flower with as many tasks."""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import msgspec
from playwright.async_api import Browser, CDPSession, Page, Response, async_playwright

from realtime.demo.past import Past, bring_past
from tests.bench import peers
from tests.bench.contenders import own_redis
from tests.bench.page_changes import Reports
from tests.bench.server import TOKEN, installed
from tests.ports import free_port

EXPERIMENT = "bench"
RUNS = 5_000
JOBS_A_RUN = 10
VISITS = 5
RATE = 1_000
UNDER_LOAD = 10.0
"""Seconds."""
FLOWER = ("flower==2.2.0", "celery==5.7.0", "redis==8.1.0", "packaging==26.3")
LISTENED = 300.0
"""Seconds within which Flower has heard of all tasks."""

NOTE = """(selector) => {
  window.bench = { rows: 0, long: [] };
  new PerformanceObserver((list) => bench.long.push(...list.getEntries().map((entry) => entry.duration)))
    .observe({ type: "longtask", buffered: true });
  const seen = () => {
    if (bench.rows || !document.querySelector(selector)) return;
    requestAnimationFrame(() => requestAnimationFrame(() => (bench.rows ||= performance.now())));
  };
  new MutationObserver(seen).observe(document, { childList: true, subtree: true });
}"""
FRAMES = """async (seconds) => {
  bench.long.length = 0;
  let [frames, last, worst] = [0, performance.now(), 0];
  const began = last;
  while (last - began < seconds * 1000) {
    const now = await new Promise(requestAnimationFrame);
    worst = Math.max(worst, now - last);
    last = now;
    frames += 1;
  }
  const long = bench.long.reduce((sum, one) => sum + one, 0);
  return { frames: (frames * 1000) / (last - began), worst, long };
}"""
TYPED = """(field) => {
  window.typed = [];
  field.addEventListener("input", ({ timeStamp }) => {
    requestAnimationFrame(() => setTimeout(() => typed.push(performance.now() - timeStamp)));
  });
}"""
TO_THE_OLDEST = """async () => {
  bench.long.length = 0;
  const height = document.documentElement.scrollHeight;
  let worst = 0;
  for (let step = 1; step <= 60; step += 1) {
    const before = performance.now();
    scrollTo(0, (height * step) / 60);
    const now = await new Promise(requestAnimationFrame);
    worst = Math.max(worst, now - before);
  }
  const arrived = performance.now();
  const oldest = () => document.querySelector('[data-key="run/1"] .job');
  while (!oldest() && performance.now() - arrived < 10000) {
    scrollTo(0, document.documentElement.scrollHeight);
    await new Promise(requestAnimationFrame);
  }
  const filled = oldest() ? performance.now() - arrived : null;
  return { worst, filled, elements: document.querySelectorAll("*").length };
}"""
ON_SCREEN = """() => [...document.querySelectorAll("tr.job[data-key]")]
  .filter((row) => row.getBoundingClientRect().bottom > 0 && row.getBoundingClientRect().top < innerHeight)
  .map((row) => row.dataset.key.slice(4))"""


async def measure() -> None:
    """Print a line for opening the page, one for the page at work, and one for Flower's."""
    async with async_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--enable-precise-memory-info"]
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=arguments)
        async with own_redis() as redis:
            ours = await _ours(browser, redis)
        async with own_redis() as redis:
            theirs = await _flower(browser, redis)
        await browser.close()
    if theirs:
        ratios = {
            f"ratio_{name}": round(theirs[name] / ours[name], 1) for name in ("first_rows_ms", "heap_mb", "weight_kb")
        }
        print(json.dumps({"bench": "Flower's tasks page, beside ours", **theirs, **ratios}), flush=True)


async def _ours(browser: Browser, redis: str) -> dict[str, Any]:
    past = Past(experiment=EXPERIMENT, runs=RUNS, hashes=JOBS_A_RUN, jobs_per_run=JOBS_A_RUN)
    async with installed(before=partial(_seeded, past), redis_url=redis) as installation:
        base = f"http://127.0.0.1:{installation.port}"
        address, rows = f"{base}/experiments/{EXPERIMENT}", "#runs tr.job"
        login = f"{base}/?token={TOKEN}"
        opened = {
            "bench": "opening Batch control, nothing cached",
            "runs": RUNS,
            "jobs": RUNS * JOBS_A_RUN,
            **await _opened(browser, address, rows, login),
        }
        targets = {"target_first_rows_ms": 1000, "target_heap_mb": 60, "target_weight_kb": 120}
        print(json.dumps({**opened, **targets}), flush=True)
        async with _visit(browser, address, rows, login) as (page, session):
            print(json.dumps(await _at_work(page, session, installation.environ)), flush=True)
        return opened


async def _seeded(past: Past, data_dir: Path) -> None:
    await bring_past(data_dir, past)


async def _opened(browser: Browser, address: str, rows: str, login: str | None) -> dict[str, Any]:
    """The median visit's first rows; the last one's heap, elements, long tasks and weight."""
    times = []
    for _ in range(VISITS):
        async with _visit(browser, address, rows, login) as (page, session):
            times.append(await page.evaluate("bench.rows"))
            weight = await page.evaluate("window.benchWeight")
            found = {
                "heap_mb": await _heap(session),
                "elements": await page.evaluate("document.querySelectorAll('*').length"),
                "long_tasks_ms": round(await page.evaluate("bench.long.reduce((sum, one) => sum + one, 0)")),
                "weight_kb": round(weight / 1000, 1),
            }
    return {"first_rows_ms": round(sorted(times)[VISITS // 2]), "first_rows_ms_worst": round(max(times)), **found}


@asynccontextmanager
async def _visit(
    browser: Browser, address: str, rows: str, login: str | None
) -> AsyncIterator[tuple[Page, CDPSession]]:
    """A page that shows its first rows, in a browser that has seen nothing but the login; settled."""
    context = await browser.new_context(viewport={"width": 1440, "height": 900})
    try:
        if login:
            await context.request.get(login)
        page = await context.new_page()
        await page.add_init_script(f"({NOTE})({json.dumps(rows)})")
        sources: list[Response] = []
        page.on("response", lambda one: sources.append(one))
        await page.goto(address)
        await page.wait_for_function("window.bench && bench.rows > 0", timeout=60_000)
        await page.wait_for_timeout(2_000)
        kinds = ("script", "stylesheet")
        weight = sum([len(await one.body()) for one in sources if one.request.resource_type in kinds])
        await page.evaluate(f"window.benchWeight = {weight}")
        yield page, await context.new_cdp_session(page)
    finally:
        await context.close()


async def _heap(session: CDPSession) -> float:
    """Megabytes of JavaScript that are in use."""
    await session.send("HeapProfiler.collectGarbage")
    used: float = (await session.send("Runtime.getHeapUsage"))["usedSize"]
    return round(used / 2**20, 1)


async def _at_work(page: Page, session: CDPSession, environ: Any) -> dict[str, Any]:
    idle = await page.evaluate(FRAMES, 3.0)
    jobs = await page.evaluate(ON_SCREEN)
    reports = Reports(experiment=EXPERIMENT, jobs=jobs, rate=RATE, seconds=UNDER_LOAD + 8)
    program = [sys.executable, "-m", "tests.bench.page_changes"]
    pipe = asyncio.subprocess.PIPE
    changes = await asyncio.create_subprocess_exec(*program, env=environ, stdin=pipe, stdout=pipe)
    assert changes.stdin is not None
    changes.stdin.write(msgspec.json.encode(reports))
    changes.stdin.close()
    await page.wait_for_timeout(2_000)
    loaded = await page.evaluate(FRAMES, UNDER_LOAD)
    field = page.locator("input[type=search]").first
    await field.evaluate(TYPED)
    await field.press_sequentially("calib", delay=120)
    await page.wait_for_timeout(500)
    typed = await page.evaluate("typed")
    await field.fill("")
    assert changes.stdout is not None
    made = float(await changes.stdout.read())
    await changes.wait()
    await page.wait_for_timeout(1_500)
    scrolled = await page.evaluate(TO_THE_OLDEST)
    return {
        "bench": "Batch control at work",
        "jobs_on_screen": len(jobs),
        "changes_a_second": round(made),
        "frames_a_second": round(loaded["frames"], 1),
        "frames_a_second_idle": round(idle["frames"], 1),
        "ratio_to_idle": round(loaded["frames"] / idle["frames"], 2),
        "target_frames_a_second": 30,
        "longest_frame_ms": round(loaded["worst"]),
        "long_tasks_ms": round(loaded["long"]),
        "typing_to_frame_ms_worst": round(max(typed)),
        "scrolling_longest_frame_ms": round(scrolled["worst"]),
        "oldest_run_filled_after_ms": scrolled["filled"] and round(scrolled["filled"]),
        "elements_after_scrolling": scrolled["elements"],
        "heap_mb_after_scrolling": await _heap(session),
        "target_heap_mb": 60,
    }


async def _flower(browser: Browser, redis: str) -> dict[str, Any]:
    """The same of Flower's page; empty when it cannot be installed."""
    python = await asyncio.to_thread(peers.interpreter, *FLOWER)
    if python is None:
        return {}
    program = [str(python), str(Path(__file__).with_name("peer_flower.py"))]
    port, tasks = free_port(), RUNS * JOBS_A_RUN
    environment = {**os.environ, "FLOWER_UNAUTHENTICATED_API": "true"}
    nowhere = asyncio.subprocess.DEVNULL
    arguments = [*program, "serve", str(port), redis, str(tasks)]
    serving = await asyncio.create_subprocess_exec(*arguments, env=environment, stdout=nowhere, stderr=nowhere)
    try:
        base = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=base, trust_env=False, timeout=60) as client:
            await _until_flower(client, 0)
            telling = await asyncio.create_subprocess_exec(*program, "tell", redis, str(tasks))
            await telling.wait()
            await _until_flower(client, tasks)
        rows = "#tasks-table tbody tr td:nth-child(3)"
        return {"tasks": tasks, **await _opened(browser, f"{base}/tasks", rows, None)}
    finally:
        serving.terminate()
        await serving.wait()


async def _until_flower(client: httpx.AsyncClient, tasks: int) -> None:
    """It answers, and knows so many tasks."""
    async with asyncio.timeout(LISTENED):
        while True:
            try:
                answer = await client.get("/api/tasks", params={"limit": 1, "offset": max(0, tasks - 1)})
                if answer.is_success and (tasks == 0 or answer.json()):
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(1)
