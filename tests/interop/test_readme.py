"""The README's examples of following, run as they stand but for the address and the experiment."""

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.bus.waiting import until_sync
from tests.pages.manager import TOKEN, Manager

README = Path(__file__).parents[2] / "README.md"
HEADING = "Following from a program"


def example(language: str, manager: Manager) -> str:
    """The block of that language below the heading, for `manager` and the experiment `xpp1`."""
    section = README.read_text().split(f"\n## {HEADING}\n")[1].split("\n## ")[0]
    found = re.search(rf"```{language}\n(.*?)```", section, re.DOTALL)
    assert found, language
    return found[1].replace("host:8420", manager.url.removeprefix("http://")).replace("xppx12345", "xpp1")


@contextmanager
def running(command: list[str], folder: Path) -> Iterator[list[str]]:
    """Lines that it has printed."""
    environ = os.environ | {"BATCHBOARD_TOKEN": TOKEN}
    lines: list[str] = []

    def read() -> None:
        assert process.stdout is not None
        lines.extend(iter(process.stdout.readline, ""))

    with subprocess.Popen(
        command, cwd=folder, env=environ, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        reading = threading.Thread(target=read)
        reading.start()
        try:
            yield lines
            assert process.poll() is None, "the example has ended"
        finally:
            os.killpg(process.pid, 15)
            reading.join()


def tells_of_changes(manager: Manager, lines: list[str]) -> None:
    """A job that is killed now is told of."""

    def told() -> bool:
        job = manager.call("POST", "/experiments/xpp1/jobs", {"definition": "one", "runs": 2})["jobs"][0]
        manager.call("POST", f"/jobs/{job['id']}/kill")
        return "2 one EXIT\n" in lines

    until_sync(told, 30)


def test_python(manager: Manager, tmp_path: Path) -> None:
    with running([sys.executable, "-u", "-c", example("python", manager)], tmp_path) as lines:
        tells_of_changes(manager, lines)


def test_javascript(manager: Manager, node_folder: Path) -> None:
    (node_folder / "readme.mjs").write_text(example("js", manager))
    with running(["node", "readme.mjs"], node_folder) as lines:
        tells_of_changes(manager, lines)


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="curl and jq are not installed")
def test_curl(manager: Manager, tmp_path: Path) -> None:
    with running(["sh", "-c", example("sh", manager)], tmp_path) as lines:
        tells_of_changes(manager, lines)
