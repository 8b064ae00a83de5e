"""The README's picture, made from the running program: `python -m tests.screenshot docs/screenshot.png`."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.ports import free_port

LIFE = 40.0
"""Seconds in which the demo gets jobs of every kind."""


def main(target: Path) -> None:
    """Run a demo and take the picture of its Batch control."""
    with tempfile.TemporaryDirectory(prefix="batchboard-") as folder:
        port = free_port()
        settings = {
            "BATCHBOARD_DATA_DIR": folder,
            "BATCHBOARD_PORT": str(port),
            "BATCHBOARD_TOKEN": "picture",
            "BATCHBOARD_DEMO_RUN_INTERVAL": "12",
        }
        demo = subprocess.Popen([sys.executable, "-m", "realtime", "demo"], env={**os.environ, **settings})
        try:
            time.sleep(LIFE)
            picture(f"http://127.0.0.1:{port}", target)
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait(10)


def picture(address: str, target: Path) -> None:
    """Of the experiment `demo`, at the width of a control room's screen."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1440, "height": 760})
        page.goto(f"{address}/?token=picture")
        page.goto(f"{address}/experiments/demo")
        page.wait_for_selector('[data-status="RUN"]')
        page.screenshot(path=target)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
