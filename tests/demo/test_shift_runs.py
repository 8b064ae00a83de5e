"""The demo of a shift as a whole: it runs, is ended, and goes on."""

import signal
import sys
from pathlib import Path

import pytest

from realtime.demo.shift import HOME
from tests.bus.waiting import until_sync
from tests.demo.test_demo import Running

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")

LAYING_OUT = 100
"""Seconds for 6000 jobs on a machine that does other things, too."""


@pytest.mark.timeout(240)
def test_it_runs_is_ended_and_goes_on_where_it_was(tmp_path: Path) -> None:
    first = runs_and_ends(tmp_path)
    assert first > 400
    assert runs_and_ends(tmp_path) > first


def runs_and_ends(folder: Path) -> int:
    """Starts the demo, and ends it when something runs; the number of the newest run."""
    demo = Running(folder, "--shift")
    try:
        demo.until_said("The page answers", LAYING_OUT)
        demo.until_said(": RUN")
        newest = demo.call("GET", HOME)["last_run"]
        assert demo.call("GET", f"{HOME}/runs/400")["jobs"], "a past"
        running = " ".join(demo.processes().values())
        assert all(f"realtime.demo.{name}" in running for name in ("shift", "colleague", "outages"))
        demo.process.send_signal(signal.SIGINT)
        assert demo.process.wait(10) == 0
    finally:
        if demo.process.poll() is None:
            demo.process.kill()
        until_sync(lambda: not demo.processes())
    assert not demo.has_said("Traceback")
    demo.said.unlink()
    return int(newest)
