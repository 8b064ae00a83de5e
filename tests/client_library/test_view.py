"""What messages make of a view."""

from typing import Any

import msgspec
import pytest

from realtime.client.view import Change, Message, OutOfStep, View, read_message, read_position

TIME = "2026-11-22T10:00:00Z"


def run(number: int, seq: int) -> dict[str, Any]:
    """A row."""
    row = {"key": f"run/{number}", "kind": "run", "seq": seq, "experiment": "x", "number": number}
    return row | {"started_at": TIME, "ended_at": None, "params": {}, "jobs": {}}


def read(**message: Any) -> Message:
    """A message as it comes."""
    found = read_message(msgspec.json.encode(message))
    assert found is not None
    return found


def snapshot(seq: int, *rows: Any, part: int = 1, last: bool = True, epoch: str = "e") -> Message:
    return read(type="snapshot", epoch=epoch, seq=seq, rows=rows, part=part, last=last)


def delta(start: int, end: int, *rows: Any, drop: Any = (), epoch: str = "e") -> Message:
    return read(type="delta", epoch=epoch, **{"from": start}, to=end, put=rows, drop=drop)


def viewed(*rows: Any, seq: int = 5) -> View:
    view = View()
    view.apply(snapshot(seq, *rows))
    return view


def test_a_snapshot_is_taken_over_with_its_last_part() -> None:
    view = viewed(run(1, 1), seq=3)
    assert view.apply(snapshot(9, run(2, 7), last=False)) is None
    assert (set(view.rows), view.position) == ({"run/1"}, ("e", 3))
    change = view.apply(snapshot(9, run(3, 8), part=2))
    assert isinstance(change, Change)
    assert change.reset and change.position == "e:9" and change.drop == ("run/1",)
    assert set(view.rows) == {row.key for row in change.put} == {"run/2", "run/3"}


def test_a_part_without_its_begin_is_out_of_step() -> None:
    with pytest.raises(OutOfStep):
        View().apply(snapshot(9, part=2))


def test_half_a_snapshot_is_forgotten_with_its_connection() -> None:
    view = View()
    view.apply(snapshot(9, run(1, 1), last=False))
    view.apply(read(type="hello", protocol="batchboard.v1", epoch="e", seq=9, heartbeat=15))
    view.apply(snapshot(9, run(2, 2)))
    assert set(view.rows) == {"run/2"}


def test_a_delta_puts_and_drops_and_moves_the_position() -> None:
    view = viewed(run(1, 1), run(2, 2))
    change = view.apply(delta(5, 8, run(1, 7), drop=[("run/2", 8), ("job/never-seen", 6)]))
    assert change is not None and not change.reset
    assert ([row.seq for row in change.put], change.drop) == ([7], ("run/2", "job/never-seen"))
    assert (view.rows["run/1"].seq, len(view.rows), view.position) == (7, 1, ("e", 8))


def test_an_empty_delta_changes_the_position_alone() -> None:
    view = viewed()
    assert view.apply(delta(5, 6)) is None
    assert view.position == ("e", 6)


@pytest.mark.parametrize("message", [delta(4, 8), delta(6, 8), delta(5, 8, epoch="other")])
def test_a_delta_that_does_not_follow_on_is_out_of_step_and_changes_nothing(message: Message) -> None:
    view = viewed(run(1, 1))
    with pytest.raises(OutOfStep):
        view.apply(message)
    assert view.position == ("e", 5)


def test_a_delta_before_any_snapshot_is_out_of_step() -> None:
    with pytest.raises(OutOfStep):
        View().apply(delta(0, 1))


def test_a_row_gives_way_only_to_a_newer_one() -> None:
    view = viewed(run(1, 5))
    assert view.apply(delta(5, 6, run(1, 5), drop=[("run/1", 4)])) is None
    assert view.rows["run/1"].seq == 5


def test_a_heartbeat_moves_the_position_and_never_back() -> None:
    view = viewed()
    view.apply(read(type="heartbeat", seq=9, time=TIME))
    view.apply(read(type="heartbeat", seq=7, time=TIME))
    assert view.position == ("e", 9)


def test_a_heartbeat_within_a_snapshot_does_not_move_the_old_position() -> None:
    view = viewed()
    view.apply(snapshot(9, last=False))
    view.apply(read(type="heartbeat", seq=9, time=TIME))
    assert view.position == ("e", 5)


def test_what_a_later_version_adds_is_left_out() -> None:
    assert read_message(b'{"type":"weather","sun":true}') is None
    view = viewed({"key": "beam/1", "kind": "beam", "seq": 1}, {**run(1, 1), "colour": "red"})
    assert set(view.rows) == {"run/1"}


def test_what_is_known_and_wrong_is_an_error() -> None:
    with pytest.raises(msgspec.ValidationError):
        read_message(b'{"type":"delta","from":"x"}')
    with pytest.raises(msgspec.ValidationError):
        viewed({"key": "run/1", "kind": "run", "seq": 1})


def test_a_position_is_read_as_it_was_written() -> None:
    assert View("9f3c:12").position == read_position("9f3c:12") == ("9f3c", 12)


@pytest.mark.parametrize("text", ["", "12", ":12", "e:", "e:-1", "e:x", "e:" + "9" * 19, "e:١"])
def test_odd_positions_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="EPOCH:SEQ"):
        View(text)
