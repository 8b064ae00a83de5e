"""Comments and tags of runs: kept as typed, checked, in the run's row."""

from typing import Any

import pytest

from tests.client import Client

RUN = "/experiments/demo/runs/1"


async def test_a_comment_and_tags_stand_in_the_row_and_stay_when_left_out(client: Client) -> None:
    await client.prepare()
    first = await client.call("PATCH", RUN, {"comment": "no beam\n\tat noon", "tags": [" dark ", "Bad beam"]})
    assert (first.body["comment"], first.body["tags"]) == ("no beam\n\tat noon", ["dark", "Bad beam"])
    await client.call("PATCH", RUN, {"params": {"energy": 9.5}})
    row = await client.get(RUN)
    assert (row["comment"], row["tags"], row["params"]) == ("no beam\n\tat noon", ["dark", "Bad beam"], {"energy": 9.5})
    assert (await client.call("PATCH", RUN, {"comment": "", "tags": []})).body["tags"] == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"comment": "x" * 2001}, "comment"),
        ({"comment": "bell\a"}, "comment"),
        ({"comment": None}, "comment"),
        ({"tags": "dark"}, "tags"),
        ({"tags": ["x" * 41]}, "tags"),
        ({"tags": [" "]}, "tags"),
        ({"tags": ["a,b"]}, "tags"),
        ({"tags": ["a\nb"]}, "tags"),
        ({"tags": ["a", "a "]}, "tags"),
        ({"tags": [f"t{n}" for n in range(21)]}, "tags"),
    ],
)
async def test_what_is_no_comment_or_tag_is_refused_whole(client: Client, change: dict[str, Any], field: str) -> None:
    await client.prepare()
    before = await client.get(RUN)
    answer = await client.call("PATCH", RUN, {"params": {"energy": 1}} | change)
    assert (answer.status, (answer.error[1] or "").split("[")[0]) == (422, field)
    assert await client.get(RUN) == before


async def test_a_change_that_changes_nothing_is_no_news(client: Client) -> None:
    await client.prepare()
    first = (await client.call("PATCH", RUN, {"comment": "x", "tags": ["dark"], "params": {"a": 1}})).body
    again = (await client.call("PATCH", RUN, {"comment": "x", "tags": ["dark"], "params": {"a": 1}})).body
    assert first == again
