"""What a terminal of some size shows of a view."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from realtime.cli.watch_lines import length, shown
from realtime.cli.watch_table import State, picture
from realtime.client.view import Row
from realtime.protocol.rows import Counter, DefinitionRef, JobRow, LocationRow, RunRow

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
LIVE = State(connected=True, problem=None, known_at=NOW)


def run(number: int, **jobs: int) -> RunRow:
    return RunRow(
        key=f"run/{number}",
        seq=1,
        experiment="x",
        number=number,
        started_at=NOW,
        ended_at=None,
        params={},
        jobs=jobs,
    )


def job(run: int, number: int, **other: Any) -> JobRow:
    facts: dict[str, Any] = dict.fromkeys(JobRow.__struct_fields__)
    facts |= {
        "user": "me",
        "status": "PEND",
        "detail": "",
        "counters": [],
        "lsf_ids": [],
        "log_file": None,
        "requested_at": NOW,
    }
    facts |= {"key": f"job/{number}", "seq": number, "id": f"{number:024x}", "number": number, "run": run, "as_of": NOW}
    facts |= {"definition": DefinitionRef(id=1, name="smd"), "experiment": "x", "location": "default"}
    return JobRow(**(facts | other))


def away() -> LocationRow:
    facts: dict[str, Any] = dict.fromkeys(LocationRow.__struct_fields__)
    return LocationRow(**(facts | {"key": "location/far", "seq": 1, "name": "far", "agent_connected": False}))


def view(*rows: Row) -> dict[str, Row]:
    return {row.key: row for row in rows}


def drawn(rows: dict[str, Row], width: int = 100, height: int = 20, state: State = LIVE, **more: Any) -> str:
    """As text; colours as escape sequences when asked for."""
    out = StringIO()
    console = Console(file=out, width=width, height=height, **({"no_color": True} | more))
    console.print(picture("x", rows, state, NOW, width, height))
    return out.getvalue()


def colored(rows: dict[str, Row]) -> str:
    return drawn(rows, no_color=False, force_terminal=True, color_system="truecolor", legacy_windows=False)


MANY = view(
    *(run(number, PEND=100) for number in range(1, 201)),
    *(
        job(1 + number % 200, 1 + number, counters=[Counter(name="Events", value=number, color="red")])
        for number in range(20_000)
    ),
)


@pytest.mark.parametrize("width", [20, 40, 60, 80, 120, 160, 300])
@pytest.mark.parametrize("height", [1, 5, 24, 80])
def test_twenty_thousand_jobs_fit_the_screen(width: int, height: int) -> None:
    lines = drawn(MANY, width, height).splitlines()
    assert len(lines) <= max(height, 4)
    assert all(cell_len(line) <= width for line in lines)


def test_the_newest_runs_and_their_newest_jobs_are_shown_and_the_others_counted() -> None:
    lines = drawn(MANY, height=9).splitlines()
    assert "20,000 jobs: 20,000 waiting" in lines[0]
    assert [line.split()[:2] for line in lines[2:3]] == [["200", "19000"]]
    assert [line.split()[0] for line in lines[3:8]] == ["19200", "19400", "19600", "19800", "20000"]
    assert lines[8].startswith("19,994 older jobs not shown")


def test_runs_come_newest_first_with_their_jobs_in_order() -> None:
    found = shown(view(run(1), run(3), run(2), job(1, 1), job(3, 2), job(1, 3)), 10)
    assert [(line.run, line.job and line.job.number) for line in found.lines] == [(3, 2), (2, None), (1, 1), (1, 3)]
    assert found.hidden == 0


def test_a_narrow_terminal_keeps_what_matters() -> None:
    rows = view(run(7), job(7, 1, status="RUN", started_at=NOW, lsf_id="731882", lsf_ids=["731882", "731883"]))
    wide, narrow = drawn(rows, 160), drawn(rows, 60)
    assert all(word in wide for word in ("731882 +1", "RUN", "smd", "me", "0:00"))
    assert all(word in narrow for word in ("7", "RUN", "smd"))
    assert "731882" not in narrow


def test_statuses_are_words_and_reports_have_their_colours() -> None:
    good = Counter(name="<b>Quality</b> ", value="good", color="#2e8b57")
    text = colored(view(run(1), job(1, 1, status="RUN", counters=[good])))
    assert "\x1b[38;2;46;139;87mgood" in text
    assert "RUN" in text
    assert "<b>" not in text


def test_a_failed_job_says_why_before_its_report() -> None:
    counter = Counter(name="Events", value=5, color=None)
    text = drawn(view(run(1), job(1, 1, status="EXIT", detail="exit 2", counters=[counter])))
    assert "exit 2  Events 5" in text


def test_what_a_job_says_can_do_nothing_to_the_terminal() -> None:
    evil = "\x1b]0;owned\x07\x9b31m\u202eevil\nline\x00"
    rows = view(run(1), job(1, 1, detail=evil, counters=[Counter(name=evil, value=evil, color=evil)], user=evil))
    text = drawn(rows, 160)
    assert "evil" in text
    assert not set(text) & {"\x1b", "\x07", "\x9b", "\x00", "\u202e"}
    assert len(text.splitlines()) == len(drawn(view(run(1), job(1, 1)), 160).splitlines())


def test_square_brackets_are_text() -> None:
    assert "[red]x[/red] [/nope]" in drawn(
        view(run(1), job(1, 1, counters=[Counter(name="n", value="[red]x[/red] [/nope]", color=None)]))
    )


def test_a_feed_that_is_away_says_since_when_the_data_stands() -> None:
    lost = State(connected=False, problem="the connection was cut", known_at=NOW)
    head = drawn(view(run(1)), state=lost).splitlines()[0]
    assert head == f"x  data from {NOW.astimezone():%H:%M:%S}: the connection was cut"
    never = State(connected=False, problem=None, known_at=None)
    assert drawn({}, state=never).splitlines()[0] == "x  connecting"


def test_a_batch_client_that_is_away_is_told_and_the_lines_still_fit() -> None:
    rows = view(away(), run(1), *(job(1, number) for number in range(1, 50)))
    lines = drawn(rows, height=10).splitlines()
    assert lines[1] == "Batch client of far away"
    assert len(lines) == 10


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (7, "0:07"), (252, "4:12"), (3753, "1:02:33"), (90000, "1 d 1:00"), (-5, "0:00")]
)
def test_times_are_as_long_as_they_need_to_be(seconds: int, text: str) -> None:
    assert length(job(1, 1, status="RUN", started_at=NOW - timedelta(seconds=seconds)), NOW) == text
