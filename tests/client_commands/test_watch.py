"""`batchboard watch`, in a terminal and in a pipe."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from typing import Any

import pytest

from tests.bus.waiting import until_sync
from tests.client_commands.serving import batchboard, command, environ, new_experiment, new_job
from tests.pages.manager import Manager


def piped(manager: Manager, experiment: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        command("watch", experiment, "--json"),
        env=environ(manager),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def line_of(watching: "subprocess.Popen[str]") -> Any:
    assert watching.stdout is not None
    return json.loads(watching.stdout.readline())


def test_each_change_is_a_line_of_json(manager: Manager) -> None:
    new_experiment(manager, "lines")
    with piped(manager, "lines") as watching:
        first = line_of(watching)
        assert (first["reset"], len(first["put"])) == (True, 4)
        job = new_job(manager, "lines")
        second = line_of(watching)
        assert (second["reset"], second["epoch"]) == (False, first["epoch"])
        assert second["seq"] > first["seq"]
        assert job["key"] in [row["key"] for row in second["put"]]
        news = second["put"]
        while not (rows := [row for row in news if row["key"] == job["key"] and row["seq"] >= job["seq"]]):
            news = line_of(watching)["put"]  # it has changed again before the call was answered
        assert rows[0] == job or rows[0]["seq"] > job["seq"]
        watching.send_signal(signal.SIGINT)
        assert watching.wait(10) == 0
        assert watching.stderr is not None and watching.stderr.read() == ""


def test_who_has_seen_enough_ends_it_quietly_even_when_nothing_happens(manager: Manager) -> None:
    new_experiment(manager, "closed")
    with piped(manager, "closed") as watching:
        assert line_of(watching)["reset"]
        assert watching.stdout is not None and watching.stderr is not None
        watching.stdout.close()
        until_sync(lambda: watching.poll() is not None)
        assert (watching.returncode, watching.stderr.read()) == (0, "")


def test_sigterm_ends_it_as_it_ends_others(manager: Manager) -> None:
    new_experiment(manager, "ended")
    with piped(manager, "ended") as watching:
        assert line_of(watching)["reset"]
        watching.terminate()
        assert watching.wait(10) == 128 + signal.SIGTERM


def test_an_experiment_that_is_not_there_is_told(manager: Manager) -> None:
    code, said, wrong = batchboard(manager, "watch", "nowhere", "--json")
    assert (code, said) == (1, "")
    assert "nowhere" in wrong


def test_what_is_no_terminal_gets_a_hint(manager: Manager) -> None:
    code, _, wrong = batchboard(manager, "watch", "nowhere")
    assert code == 2
    assert "--json" in wrong


class Terminal:
    """A terminal of a size in which a command runs."""

    def __init__(self, manager: Manager, columns: int, lines: int, *arguments: str) -> None:
        self.said = ""
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        more = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
        inherited = {
            name: value for name, value in environ(manager, **more).items() if name not in ("COLUMNS", "LINES")
        }
        self._process = subprocess.Popen(
            [sys.executable, "-c", TAKE_TERMINAL, *command(*arguments)[1:]],
            env=inherited,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)

    def until(self, pattern: str) -> None:
        """Wait until that was shown, after all that was waited for before."""
        deadline = time.monotonic() + 15
        while not (found := re.search(pattern, self.said)):
            assert time.monotonic() < deadline, self.said
            self._read()
        self.said = self.said[found.end() :]

    def press(self, key: bytes) -> None:
        os.write(self._ours, key)

    def ended(self) -> int:
        """Exit code; everything said is in `said`."""
        while self._read():
            pass
        os.close(self._ours)
        return self._process.wait(10)

    def _read(self) -> bool:
        if not select.select([self._ours], [], [], 0.2)[0]:
            return self._process.poll() is None
        try:
            self.said += os.read(self._ours, 65536).decode(errors="replace")
        except OSError:
            return False
        return True


TAKE_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""
"""Ctrl-C reaches the programs whose terminal it is."""


@pytest.mark.parametrize("columns", [160, 80, 60])
def test_a_terminal_shows_changes_and_is_left_as_it_was(manager: Manager, columns: int) -> None:
    name = new_experiment(manager, f"terminal-{columns}", runs=1)
    terminal = Terminal(manager, columns, 24, "watch", name)
    terminal.until(re.escape("\x1b[?1049h"))
    terminal.until("1 run, 0 jobs")
    job = new_job(manager, name)
    terminal.until("1 run, 1 job: 1 waiting")
    terminal.until("Request Sent|Persisted")  # no batch client serves here
    manager.call("POST", f"/jobs/{job['id']}/kill")
    terminal.until("EXIT")
    terminal.press(b"\x03")
    terminal.until(re.escape("\x1b[?1049l"))
    assert terminal.ended() == 0
    assert "EXIT" in terminal.said
    assert "Traceback" not in terminal.said
    assert len(terminal.said.splitlines()) <= 24
