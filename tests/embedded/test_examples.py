"""The example scripts, as a user runs them: copied into a folder of his own, with a blank in its name."""

import json
import os
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import lsf_agent
from tests.embedded.farm import Farm

SHIPPED = Path(lsf_agent.__file__).parent / "examples"


class Board:
    """A small server that keeps what is reported to it."""

    def __init__(self) -> None:
        self.posts: list[Any] = []
        self.status = 200
        board = self

        class Receiver(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                board.posts.append((self.path, json.loads(body)))
                self.send_response(board.status)
                self.end_headers()

            def log_message(self, *words: object) -> None:
                """Says nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        self.url = f"http://127.0.0.1:{self.server.server_port}/jid/ws/replace_counters/xppx1/secret"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def board() -> Iterator[Board]:
    made = Board()
    yield made
    made.close()


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """The shipped scripts in a folder of a user."""
    return shutil.copytree(SHIPPED, tmp_path / "my scripts", ignore=shutil.ignore_patterns("logs", "__pycache__"))


def run(farm: Farm, script: Path, *parameters: str, url: str) -> tuple[str, str]:
    """The id of the job after its end, and what it printed."""
    environment = {"BATCH_UPDATE_URL": url, "EXAMPLE_PACE": "0.01"}
    result = farm.run(str(script), *parameters, env=environment, cwd="/")
    assert result.stdout == "Job <1> is submitted to queue <psdebugq>.\n", result
    farm.wait("1")
    return "1", (script.parent / "logs" / "1").read_text().partition("follows:\n\n")[2]


def test_the_example_prints_its_parameters_and_reports_ten_steps(farm: Farm, board: Board, scripts: Path) -> None:
    job, printed = run(farm, scripts / "submit.sh", "xppx1", "12", "a", "b", url=board.url)
    assert farm.field("stat", job) == "DONE"
    lines = printed.splitlines()
    assert lines[:5] == [f"Param 1: {scripts}/submit.py", "Param 2: xppx1", "Param 3: 12", "Param 4: a", "Param 5: b"]
    letters = [body["counters"]["Random Char"] for _, body in board.posts]
    assert lines[5:] == [f"Step: {step}, {letter}" for step, letter in enumerate(letters, start=1)]
    assert all(len(letter) == 1 and letter.isupper() and letter.isascii() for letter in letters)
    assert [body["counters"]["Example Counter"] for _, body in board.posts] == [[n, "red"] for n in range(1, 11)]
    assert {path for path, _ in board.posts} == {"/jid/ws/replace_counters/xppx1/secret"}


def test_the_example_is_submitted_to_its_queue_with_its_command(farm: Farm, board: Board, scripts: Path) -> None:
    run(farm, scripts / "submit.sh", "xppx1", "12", url=board.url)
    submitted = farm.history("submit")[0]
    assert submitted["queue"] == "psdebugq"
    assert submitted["command"] == f'python3 -u "{scripts}/submit.py" xppx1 12'
    assert farm.field("output_file", "1") == f"{scripts}/logs/%J"


@pytest.mark.parametrize(("url", "status", "said"), [("", 200, "not set"), (None, 404, "refused: 404")])
def test_a_report_that_fails_is_printed_and_ends_nothing(
    farm: Farm, board: Board, scripts: Path, url: str | None, status: int, said: str
) -> None:
    board.status = status
    job, printed = run(farm, scripts / "submit.sh", "xppx1", "12", url=board.url if url is None else url)
    assert farm.field("stat", job) == "DONE"
    assert printed.count(said) == 10
    assert "Step: 10, " in printed


def test_a_report_to_nobody_is_printed(farm: Farm, scripts: Path) -> None:
    _, printed = run(farm, scripts / "submit.sh", "xppx1", "12", url="http://127.0.0.1:9/x")
    assert printed.count("The report could not be sent: ") == 10


def test_fails_reports_then_exits_with_3(farm: Farm, board: Board, scripts: Path) -> None:
    job, printed = run(farm, scripts / "fails.sh", "xppx1", "12", url=board.url)
    assert (farm.field("stat", job), farm.field("exit_code", job)) == ("EXIT", "3")
    assert "Error: " in printed
    assert board.posts[-1][1] == {"counters": {"Parts read": [3, "orange"]}}


def test_progress_reports_how_far_it_is_with_colours_that_follow_the_value(
    farm: Farm, board: Board, scripts: Path
) -> None:
    job, _ = run(farm, scripts / "progress.sh", "xppx1", "12", url=board.url)
    assert farm.field("stat", job) == "DONE"
    counters = [body["counters"] for _, body in board.posts]
    assert [each["Progress"][0] for each in counters] == [f"{n}/60" for n in range(1, 61)]
    assert [each["Events"] for each in counters] == [n * 120 for n in range(1, 61)]
    for each in counters:
        text, color = each["Hit rate"]
        rate = int(text.removesuffix("%"))
        assert color in (("red",) if rate < 30 else ("red", "orange") if rate == 30 else ("orange", "green"))


@pytest.mark.parametrize(("limit", "status"), [("80M", "EXIT"), ("120M", "DONE")])
def test_hungry_is_killed_at_its_limit_and_ends_well_with_a_higher_one(
    farm: Farm, board: Board, scripts: Path, limit: str, status: str
) -> None:
    environment = {"BATCH_UPDATE_URL": board.url, "EXAMPLE_PACE": "0.4"}
    farm.run(str(scripts / "hungry.sh"), "xppx1", "12", "-M", limit, env=environment, cwd="/")
    farm.wait("1", within=30)
    printed = (scripts / "logs" / "1").read_text()
    assert farm.field("stat", "1") == status, printed
    assert ("TERM_MEMLIMIT" in printed) is (status == "EXIT") and "Traceback" not in printed
    assert board.posts[0][1] == {"counters": {"Progress": "1/8", "Memory": "10 MB"}}


def test_the_shipped_scripts_can_be_executed() -> None:
    scripts = sorted(SHIPPED.glob("*.sh"))
    assert [script.name for script in scripts] == ["check.sh", "fails.sh", "hungry.sh", "progress.sh", "submit.sh"]
    assert all(os.access(script, os.X_OK) for script in scripts)
