"""The judge of the chaos test is strict: it sees each way in which a server could break the protocol."""

import json
from typing import Any

import pytest

from tests.chaos.view import Broken, View


def row(key: str, seq: int, text: str = "") -> dict[str, Any]:
    return {"key": key, "seq": seq, "text": text}


def hello(epoch: str = "e", seq: int = 9) -> dict[str, Any]:
    return {"type": "hello", "protocol": "batchboard.v1", "epoch": epoch, "seq": seq, "heartbeat": 15}


def snapshot(seq: int, *rows: dict[str, Any], part: int = 1, last: bool = True, **more: Any) -> dict[str, Any]:
    return {"type": "snapshot", "epoch": "e", "seq": seq, "rows": rows, "part": part, "last": last, **more}


def delta(start: int, to: int, *put: dict[str, Any], drop: tuple[tuple[str, int], ...] = ()) -> dict[str, Any]:
    return {"type": "delta", "epoch": "e", "from": start, "to": to, "put": put, "drop": drop}


def beat(seq: int) -> dict[str, Any]:
    return {"type": "heartbeat", "seq": seq, "time": "2026-11-22T00:00:00Z"}


def taken(*messages: dict[str, Any]) -> View:
    view = View("experiment/e")
    for message in messages:
        view.take(json.dumps(message))
    return view


BEGUN = (hello(), snapshot(5, row("job/1", 3), row("job/2", 5)))


def test_a_view_follows_snapshot_deltas_and_heartbeats() -> None:
    view = taken(*BEGUN, delta(5, 8, row("job/1", 6, "new"), drop=(("job/2", 8),)), beat(9))
    assert view.position == "e:9"
    assert view.differences({"job/1": row("job/1", 6, "new")}) == []


def test_a_view_that_is_reset_forgets_everything() -> None:
    view = taken(*BEGUN)
    view.begin("other:7", servable=False)
    view.take(json.dumps(hello()))
    assert view.take(json.dumps(snapshot(6, row("job/3", 6), reset=True))) == "reset"
    assert view.differences({"job/3": row("job/3", 6)}) == []


@pytest.mark.parametrize(
    ("messages", "word"),
    [
        ((snapshot(5),), "first message"),
        ((hello(), hello()), "hello again"),
        ((*BEGUN, hello()), "hello again"),
        ((hello(), snapshot(5, part=2)), "part 2"),
        ((hello(), snapshot(5, last=False), snapshot(6, part=2)), "part 2 at 6"),
        ((hello(), snapshot(5, last=False), delta(5, 6)), "between the parts"),
        ((hello(), snapshot(5, row("job/1", 6))), "job/1 of 6"),
        ((hello(), snapshot(5, row("job/1", 3), row("job/1", 4))), "twice"),
        ((hello(), snapshot(5, reset=True)), "reset"),
        ((*BEGUN, snapshot(6)), "reset"),
        ((*BEGUN, snapshot(4, reset=True)), "snapshot"),
        ((*BEGUN, delta(6, 7)), "delta e:6"),
        ((*BEGUN, delta(4, 7)), "delta e:4"),
        ((*BEGUN, delta(5, 4)), "delta e:5 to 4"),
        ((*BEGUN, {**delta(5, 6), "epoch": "f"}), "delta f:5"),
        ((*BEGUN, delta(5, 7, row("job/1", 4))), "job/1 of 4"),
        ((*BEGUN, delta(5, 7, row("job/1", 8))), "job/1 of 8"),
        ((*BEGUN, delta(5, 7, drop=(("job/1", 5),))), "dropped at 5"),
        ((*BEGUN, delta(5, 7, row("job/1", 6), drop=(("job/1", 7),))), "twice"),
        ((*BEGUN, beat(4)), "heartbeat"),
        ((*BEGUN, {"type": "news"}), "type news"),
    ],
)
def test_what_the_protocol_excludes_is_seen(messages: tuple[dict[str, Any], ...], word: str) -> None:
    with pytest.raises(Broken, match=word):
        taken(*messages)


def test_a_position_that_cannot_be_served_is_not_gone_on_from() -> None:
    view = taken(*BEGUN)
    view.begin("e:1000005", servable=False)
    view.take(json.dumps(hello()))
    with pytest.raises(Broken, match="cannot be served"):
        view.take(json.dumps(delta(5, 6)))


def test_another_epoch_of_the_same_store_is_seen() -> None:
    view = taken(*BEGUN)
    view.begin("e:5")
    with pytest.raises(Broken, match="epoch f"):
        view.take(json.dumps(hello(epoch="f")))


def test_a_row_that_changed_without_a_seq_is_seen() -> None:
    view = taken(*BEGUN)
    other = View("experiment/e", view.contents)
    other.take(json.dumps(hello()))
    with pytest.raises(Broken, match="elsewhere"):
        other.take(json.dumps(snapshot(5, row("job/1", 3, "changed"))))


def test_differences_name_what_is_missing_wrong_or_too_much() -> None:
    view = taken(*BEGUN)
    found = view.differences({"job/1": row("job/1", 3, "other"), "job/9": row("job/9", 1)})
    assert sorted(text.split(" ")[0] for text in found) == ["job/1", "job/2", "job/9"]
