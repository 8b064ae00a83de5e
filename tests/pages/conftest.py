"""A real browser and a real manager for the tests of the pages."""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from realtime.demo.past import Past, seed
from tests.pages.manager import TOKEN, Manager
from tests.ports import free_port

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
expect.set_options(timeout=15_000)
"""ms: several browsers may share two cores here."""
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Past], Path]:
    """Makes a data directory of one's own with that past. A past is invented once for all tests, also for those that
    run beside these in other processes, and copied. It is invented in a thread: Playwright's loop may run here."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own

    def copy(past: Past) -> Path:
        name = f"past-{hashlib.sha256(repr(past).encode()).hexdigest()[:12]}"
        with (shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (shared / name).is_dir():
                with ThreadPoolExecutor(1) as apart:
                    apart.submit(seed, shared / f"{name}.part", past).result()
                (shared / f"{name}.part").rename(shared / name)
        folder = tmp_path_factory.mktemp("past")
        return shutil.copytree(shared / name, folder, dirs_exist_ok=True)

    return copy


@pytest.fixture(scope="module")
def manager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Manager]:
    manager = Manager(tmp_path_factory.mktemp("pages"), free_port())
    manager.start()
    yield manager
    manager.stop()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One for all files: each test has a context of its own. It ends with this folder, because Playwright's event loop
    and that of an asyncio test cannot both run."""
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def experiment(manager: Manager, request: pytest.FixtureRequest) -> str:
    """A new experiment with run 1 and the hash `one`."""
    name = request.node.name[:60].replace("[", "-").replace("]", "")
    manager.call("POST", "/experiments", {"name": name})
    manager.call("POST", f"/experiments/{name}/definitions", {"name": "one", "executable": "/nowhere/one.sh"})
    manager.call("POST", f"/experiments/{name}/runs", {})
    return str(name)


@pytest.fixture
def page(manager: Manager, browser: Browser) -> Iterator[Page]:
    """A logged-in page on which nothing may go wrong unnoticed."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if _matters(said.type, said.text) else None)
    page.goto(f"{manager.url}/?token={TOKEN}")
    yield page
    context.close()
    assert wrong == []


def _matters(kind: str, text: str) -> bool:
    """The browser itself notes refusals and lost connections; the page shows them, they are no fault of its own."""
    return kind in ("error", "warning") and not text.startswith(("Failed to load resource", "WebSocket connection"))


def open_page(page: Page, manager: Manager, experiment: str, more: str = "") -> None:
    """The page Batch control of an experiment (`more`: another page, or a place on it), following the feed."""
    page.goto(f"{manager.url}/experiments/{experiment}{more}")
    expect(page.locator("#chip-text")).to_have_text("Live")
