"""`batchboard report`."""

from typing import Any

import click
import pytest

from realtime.cli.report import counter
from tests.client_commands.serving import batchboard, new_experiment, new_job, report_address
from tests.pages.manager import Manager


@pytest.mark.parametrize(
    ("text", "posted"),
    [
        ("Events=1200", ("Events", 1200)),
        ("Rate=0.5", ("Rate", 0.5)),
        ("Ok=true", ("Ok", True)),
        ("Hit rate=12.4 %:green", ("Hit rate", ["12.4 %", "green"])),
        ("Quality=good: #2E8B57", ("Quality", ["good", "#2E8B57"])),
        ("Begin=12:30", ("Begin", "12:30")),
        ("Ratio=a:b:red", ("Ratio", ["a:b", "red"])),
        ("Path=/a=b", ("Path", "/a=b")),
        ("Empty=", ("Empty", "")),
        ("Count=7:blue", ("Count", [7, "blue"])),
    ],
)
def test_a_counter_is_read_as_it_is_written(text: str, posted: tuple[str, Any]) -> None:
    assert counter(text) == posted


@pytest.mark.parametrize("value", ["12.40", "007", "1e5", "NaN", "Infinity", "-0", "null", "[1]", "9" * 30, "1_000"])
def test_what_would_not_be_shown_as_it_was_written_is_text(value: str) -> None:
    assert counter(f"x={value}") == ("x", value)


@pytest.mark.parametrize("text", ["Events", "=5", " =5", ""])
def test_what_is_no_counter_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter):
        counter(text)


def counters(manager: Manager, job: dict[str, Any]) -> list[tuple[str, Any, str | None]]:
    found = manager.call("GET", f"/jobs/{job['id']}")["counters"]
    return [(one["name"], one["value"], one["color"]) for one in found]


def test_counters_are_set_changed_removed_and_cleared(manager: Manager) -> None:
    job = new_job(manager, new_experiment(manager, "counted"))
    url = report_address(manager, job)
    assert batchboard(manager, "report", "Events=1", "Quality=good:green", BATCH_UPDATE_URL=url) == (0, "", "")
    assert counters(manager, job) == [("Events", 1, None), ("Quality", "good", "green")]
    assert batchboard(manager, "report", "Events=2", "--remove", "Quality", BATCH_UPDATE_URL=url)[0] == 0
    assert counters(manager, job) == [("Events", 2, None)]
    assert batchboard(manager, "report", "--clear", "New=1", BATCH_UPDATE_URL=url)[0] == 0
    assert counters(manager, job) == [("New", 1, None)]
    assert batchboard(manager, "report", "--clear", BATCH_UPDATE_URL=url)[0] == 0
    assert counters(manager, job) == []


def test_what_was_skipped_is_told_and_nothing_accepted_is_1(manager: Manager) -> None:
    job = new_job(manager, new_experiment(manager, "skipped"))
    url = report_address(manager, job)
    long = "x" * 3000
    code, said, wrong = batchboard(manager, "report", f"Long={long}", "Good=1", BATCH_UPDATE_URL=url)
    assert (code, said) == (0, "")
    assert wrong == "Long: value longer than 2000 characters\n"
    assert batchboard(manager, "report", f"Long={long}", BATCH_UPDATE_URL=url)[0] == 1


def test_the_address_is_never_told(manager: Manager) -> None:
    job = new_job(manager, new_experiment(manager, "secret"))
    url = report_address(manager, job)
    for odd in (url[:-1], url[:-1] + "g", url + "/x", url.replace("http:", "gopher:"), "nonsense" + url[4:]):
        code, said, wrong = batchboard(manager, "report", "Events=1", BATCH_UPDATE_URL=odd)
        assert (code, said) == (1, "")
        assert wrong.startswith("Error: ") and job["id"] not in wrong


def test_a_server_that_is_away_is_waited_for_and_not_for_long(
    manager: Manager, monkeypatch: pytest.MonkeyPatch
) -> None:
    from click.testing import CliRunner

    from realtime.cli import report

    monkeypatch.setattr(report, "TRIES_FOR", 0.7)
    url = "http://127.0.0.1:9/jid/ws/replace_counters/x/0123456789abcdef"
    result = CliRunner(env={"BATCH_UPDATE_URL": url}).invoke(report.report, ["Events=1"])
    assert result.exit_code == 1
    assert result.output == "Error: no answer from the report address: ConnectionRefusedError\n"


def test_without_an_address_it_is_a_wrong_call(manager: Manager) -> None:
    code, _, wrong = batchboard(manager, "report", "Events=1")
    assert (code, "BATCH_UPDATE_URL" in wrong) == (2, True)
    assert batchboard(manager, "report", BATCH_UPDATE_URL="http://127.0.0.1:9/")[0] == 2
