"""A real server, and clients from other makers."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.client_library.served import served
from tests.pages.conftest import CHROMIUM
from tests.pages.manager import Manager

HERE = Path(__file__).parent


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    """The experiment `xpp1` is there."""
    manager = served(tmp_path / "served")
    yield manager
    manager.stop()


@pytest.fixture(scope="session")
def node_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """follow.mjs beside the packages that it needs."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not installed")
    folder = tmp_path_factory.mktemp("node")
    for name in ("package.json", "follow.mjs"):
        shutil.copy(HERE / name, folder)
    install = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"]
    try:
        subprocess.run(install, cwd=folder, capture_output=True, text=True, timeout=50, check=True)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"npm cannot install ws: {error}")
    return folder


@pytest.fixture
def browser() -> Iterator[Browser]:
    """A real one."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()
