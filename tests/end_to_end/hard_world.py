"""The world that is not the demo: two servers, two Unix users, a slow LSF; two people look at it in browsers."""

import os
import pwd
import re
import resource
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.bus.redis_server import TestServer, running_server
from tests.end_to_end.installation import TOKEN, Installation, until
from tests.end_to_end.slow_farm import two_unix_users_on_a_slow_farm
from tests.fleet.serving import children, command_of
from tests.pages.many import select

CHROMIUM = shutil.which("chromium")
USER = "nobody"
SECRET = "not-for-everybody"
"""Of the account in which the agent runs."""
RUNS = 100
PATIENCE = 40_000
"""ms that a page may take to show what a slow LSF says."""

LONG = """#!/bin/sh
exec bsub -q normal -o /dev/null {folder}/work.sh "$BATCH_JOB_ID"
"""
WORK = """#!/bin/sh
echo "$1 $LSB_JOBID" >> {folder}/ran
exec sleep 300
"""
BRIEF = """#!/bin/sh
exec bsub -q normal -o /dev/null sleep 300
"""
WHO = """#!/bin/sh
echo "I am $(id -un)"
cat {manager}/batchboard.db > /dev/null || echo "the store is closed to me"
env | grep ^BATCHBOARD_
exec bsub -q normal -o /dev/null hostname "$@"
"""


class World:
    """`ana` and `ben`: pages of two browsers, at Batch control of the experiment `demo`, each at another server."""

    def __init__(self, apart: Installation, redis: TestServer, browser: Browser) -> None:
        self.apart = apart
        self.redis = redis
        self.url = f"{apart.url}/experiments/demo"
        self.wrong: list[str] = []
        self._prepare()
        self.ana = self._logged_in(browser)
        self.ben = self._logged_in(browser)
        until(self._each_at_its_own, "each browser is at a server of its own", 30, self._at)

    def _prepare(self) -> None:
        folder, apart = self.apart.scripts, self.apart
        (folder / "ran").touch()
        texts = {"work": WORK, "long": LONG, "brief": BRIEF, "who": WHO}
        paths = {
            name: apart.script(f"{name}.sh", text.format(folder=folder, manager=apart.manager_dir))
            for name, text in texts.items()
        }
        account = pwd.getpwnam(USER)
        for path in (folder / "ran", *folder.glob("*.sh")):
            os.chown(path, account.pw_uid, account.pw_gid)
        del paths["work"]
        apart.prepare(runs=RUNS, steps=str(folder / "progress.sh"), **paths)

    def _logged_in(self, browser: Browser) -> Page:
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.goto(f"{self.apart.url}/?token={TOKEN}")
        page.goto(self.url)
        return page

    def _at(self) -> list[int]:
        """How many websockets each server has."""
        told = httpx.get(f"{self.apart.url}/metrics", trust_env=False).text
        return [int(found[1]) for found in re.finditer(r"^batchboard_websockets\{.*\} (\d+)", told, re.MULTILINE)]

    def _each_at_its_own(self) -> bool:
        at = self._at()
        if sorted(at) == [0, 2]:
            self.ben.reload()
            expect_live(self.ben)
        return at == [1, 1]

    def servers(self) -> list[int]:
        """Process ids of the servers."""
        return [pid for pid in children(self.apart.process("manager")) if b"realtime.server" in command_of(pid)]

    def kill_server(self, pid: int) -> None:
        """kill -9; returns when another one has taken its place."""
        os.kill(pid, signal.SIGKILL)
        until(lambda: len(self.servers()) == 2 and pid not in self.servers(), "another server runs", 20)

    def let_write(self, size: int) -> None:
        """The servers' files may grow to this size and no further, as on a disk that is full."""
        for pid in self.servers():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def jobs(self, name: str, runs: range) -> list[dict[str, Any]]:
        """The jobs of a hash on these runs, newest first."""
        found = self.apart.get("/experiments/demo/jobs?limit=500")["items"]
        return [job for job in found if job["definition"]["name"] == name and job["run"] in runs]

    def ran(self) -> list[str]:
        """Jobs that were started on the farm, each as often as it was."""
        return [line.split()[0] for line in (self.apart.scripts / "ran").read_text().splitlines()]


def expect_live(page: Page) -> None:
    """It follows the feed."""
    expect(page.locator("#chip-text")).to_have_text("Live", timeout=PATIENCE)


def apply_long(page: Page, runs: str, count: int) -> None:
    """To as many runs, as the preview says."""
    select(page, runs)
    page.get_by_role("button", name=f"Apply to {count} runs").click()
    dialog = page.get_by_role("dialog", name="Apply a hash to runs")
    expect(dialog.get_by_label("Hash")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="Hash to apply")).to_be_focused()
    page.keyboard.type("long")
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text(f"{count} jobs, one on each of the runs {runs}")
    dialog.get_by_role("button", name=f"Apply to {count} runs").click()
    expect(dialog).to_have_count(0)


@contextmanager
def hard_world() -> Iterator[World]:
    """All of it, ended in any case."""
    with running_server() as redis, two_unix_users_on_a_slow_farm(REDIS_URL=redis.url, LOCAL_SLOTS="60") as apart:
        apart.environ["FARM_TOKEN"] = SECRET
        apart.start()
        with sync_playwright() as playwright:
            arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
            try:
                yield World(apart, redis, browser)
            finally:
                with suppress(Exception):
                    browser.close()
