"""Pictures of the running program, for README and whoever wants to see it: `python -m tests.screenshot docs`."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Page, sync_playwright

from tests.ports import free_port

LIFE = 45.0
"""Seconds in which the demo gets jobs of every kind."""
TOKEN = "picture"
WIDE = {"width": 1440, "height": 760}
TALL = {"width": 1440, "height": 1240}
WALL = {"width": 1920, "height": 1080}


def main(folder: Path) -> None:
    """Of a demo: the run table, a job that runs, one that failed, a log. Of a long shift: its numbers, and the wall."""
    with browser_page() as page:
        with demo() as address:
            running, failed = (newest(address, "demo", name, status) for name, status in (JOBS))
            take(page, f"{address}/experiments/demo", '[data-status="RUN"]', folder / "screenshot.png", WIDE)
            take(page, f"{address}/experiments/demo#job/{running}", ".spark", folder / "job.png", WIDE)
            take(page, f"{address}/experiments/demo#job/{failed}", ".explanation", folder / "explanation.png", WIDE)
            take(page, f"{address}/experiments/demo#job/{running}/log", ".log", folder / "log.png", WIDE)
        with demo("--shift") as address:
            (experiment,) = call(address, "/experiments")["items"]
            base = f"{address}/experiments/{experiment['name']}"
            take(page, f"{base}/overview", "figure svg, .figure svg", folder / "overview.png", TALL)
            take(page, f"{base}/wall", "main", folder / "wall.png", WALL)


JOBS = (("progress", "RUN"), ("hungry", "EXIT"))


@contextmanager
def demo(*options: str) -> Iterator[str]:
    """The address of one that has lived for a while."""
    with tempfile.TemporaryDirectory(prefix="batchboard-") as folder:
        port = free_port()
        settings = {
            "BATCHBOARD_DATA_DIR": folder,
            "BATCHBOARD_PORT": str(port),
            "BATCHBOARD_TOKEN": TOKEN,
            "BATCHBOARD_DEMO_RUN_INTERVAL": "12",
        }
        program = subprocess.Popen([sys.executable, "-m", "realtime", "demo", *options], env={**os.environ, **settings})
        try:
            time.sleep(LIFE)
            yield f"http://127.0.0.1:{port}"
        finally:
            program.send_signal(signal.SIGINT)
            program.wait(10)


def call(address: str, path: str) -> Any:
    answer = httpx.get(f"{address}/api/v1{path}", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=10)
    return answer.raise_for_status().json()


def newest(address: str, experiment: str, name: str, status: str) -> str:
    """Id of the newest job of a hash in a status; waits until there is one."""
    while True:
        for job in call(address, f"/experiments/{experiment}/jobs?status={status}")["items"]:
            if job["definition"]["name"] == name:
                return str(job["id"])
        time.sleep(1)


@contextmanager
def browser_page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield browser.new_page()
        browser.close()


def take(page: Page, address: str, seen: str, target: Path, size: Any) -> None:
    """A page of the demo once `seen` is on it, without the words for those who are new."""
    page.set_viewport_size(size)
    page.goto("about:blank")
    page.goto(f"{address.split('/experiments')[0]}/?token={TOKEN}")
    page.evaluate("localStorage.setItem('batchboard-hint-seen', 'true')")
    page.goto(address)
    page.wait_for_selector(seen)
    page.wait_for_timeout(2_000)
    page.screenshot(path=target)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
