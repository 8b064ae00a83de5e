"""A job's output over HTTP: lines found in it, the whole of it, and who did not answer."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from realtime.protocol.questions import BYTES_LIMIT, UNKNOWN_KIND, Found, FoundLine, LogBytes, Question
from realtime.protocol.wire import encode
from tests.client import Client, SayingAgent

FOUND = Found(
    items=[FoundLine(at=7, line="ValueError: bad")], count=1, start=0, to=40, size=90, source="file", complete=False
)


async def running(client: Client) -> tuple[SayingAgent, str]:
    """An agent, and a job that LSF has as 31 and 32."""
    await client.prepare()
    agent = SayingAgent(client)
    await agent.lease()
    job = (await client.apply())["id"]
    agent.holding = ["check/1/1", f"submit/{job}"]
    await agent.call("claim", location="default", generation=agent.generation, job=job)
    seen = {"type": "submission", "n": 1, "at": "2026-01-01T00:00:00Z", "job": job, "lsf_ids": ["31", "32"]}
    await agent.call("observations", location="default", generation=agent.generation, observations=[seen])
    return agent, job


@asynccontextmanager
async def answering(agent: SayingAgent, answer: Callable[[Question], dict[str, Any]]) -> AsyncIterator[list[Question]]:
    """The agent answers every question so; what it was asked."""
    asked: list[Question] = []

    async def work() -> None:
        while True:
            for question in (await agent.work(room=0)).questions:
                asked.append(question)
                await agent.call("answers", question=question.id, **answer(question))

    working = asyncio.create_task(work())
    try:
        yield asked
    finally:
        working.cancel()


async def test_lines_are_looked_for_by_the_agent(client: Client) -> None:
    agent, job = await running(client)
    async with answering(agent, lambda _: {"found": FOUND}) as asked:
        query = "text=a%26b&from=5&until=80&back=1&case=1&limit=7&lsf_id=32"
        body = await client.get(f"/jobs/{job}/log/find?{query}")
        assert body == {
            "items": [{"at": 7, "line": "ValueError: bad"}],
            "count": 1,
            "from": 0,
            "to": 40,
            "size": 90,
            "source": "file",
            "complete": False,
        }
        await client.get(f"/jobs/{job}/log/find?error=1")
    text, error = asked
    assert (text.kind, text.text, text.error, text.offset, text.until) == ("find", "a&b", False, 5, 80)
    assert (text.back, text.case, text.limit, text.lsf_ids) == (True, True, 7, ["32"])
    assert (error.text, error.error, error.offset, error.limit, error.lsf_ids) == ("", True, None, 50, ["31", "32"])


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "text"),
        ("text=", "text"),
        ("text=a%0Ab", "text"),
        ("text=a&error=1", "text"),
        (f"text={'x' * 501}", "text"),
        ("error=1&from=-1", "from"),
        ("error=1&until=-1", "until"),
        ("error=1&limit=51", "limit"),
        ("error=1&limit=0", "limit"),
        ("error=1&lsf_id=99", "lsf_id"),
        ("error=1&regex=1", "regex"),
    ],
)
async def test_what_cannot_be_looked_for_is_refused(client: Client, query: str, field: str) -> None:
    _, job = await running(client)
    answer = await client.call("GET", f"/jobs/{job}/log/find?{query}")
    assert (answer.status, answer.error) == (422, ("invalid", field))


async def test_a_job_without_output_has_no_lines_and_an_empty_file(client: Client) -> None:
    await client.prepare()
    job = (await client.apply())["id"]
    found = await client.get(f"/jobs/{job}/log/find?text=x")
    assert (found["items"], found["complete"], found["source"]) == ([], True, "none")
    assert (await client.call("GET", f"/jobs/{job}/log/whole")).body == b""
    assert (await client.call("GET", "/jobs/none/log/find?text=x")).status == 404


async def test_an_agent_of_before_is_too_old_to_search_and_one_that_is_away_is_away(client: Client) -> None:
    agent, job = await running(client)
    async with answering(agent, lambda question: {"error": f"{UNKNOWN_KIND}: {question.kind}"}):
        for call in ("find?text=x", "whole"):
            answer = await client.call("GET", f"/jobs/{job}/log/{call}")
            assert (answer.status, answer.error[0]) == (503, "agent_too_old")


def laid_out(content: bytes) -> Callable[[Question], dict[str, Any]]:
    """Answers pieces of this log."""

    def answer(question: Question) -> dict[str, Any]:
        offset = question.offset or 0
        piece = content[offset : offset + question.limit]
        return {"raw": LogBytes(content=piece, source="file", offset=offset, size=len(content))}

    return answer


async def test_the_whole_log_comes_byte_by_byte_under_a_name_of_its_own(client: Client) -> None:
    agent, job = await running(client)
    content = bytes(range(256)) * (BYTES_LIMIT * 3 // 256 + 7)
    async with answering(agent, laid_out(content)) as asked:
        answer = await client.call("GET", f"/jobs/{job}/log/whole")
    assert (answer.status, answer.body == content) == (200, True)
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Content-Length"] == str(len(content))
    assert answer.headers["Content-Disposition"] == 'attachment; filename="demo-run1-example-31.log"'
    assert sorted((question.kind, question.offset) for question in asked) == [
        ("bytes", BYTES_LIMIT * number) for number in range(4)
    ]


async def test_an_answer_with_the_largest_piece_is_taken(client: Client) -> None:
    agent, _ = await running(client)
    piece = LogBytes(content=b"\xff" * BYTES_LIMIT, source="file", offset=0, size=2**40)
    answered = await agent.call("answers", question="a.b", raw=piece)
    assert answered.status == 204 and len(encode(piece)) < 1024 * 1024


async def test_what_a_log_grows_by_meanwhile_is_left_out(client: Client) -> None:
    agent, job = await running(client)
    content = b"x" * (BYTES_LIMIT + 10)
    sizes = iter(range(len(content), len(content) + 1000, 100))

    def growing(question: Question) -> dict[str, Any]:
        now = content + b"later" * 100
        offset, size = question.offset or 0, next(sizes)
        piece = now[offset : min(size, offset + question.limit)]
        return {"raw": LogBytes(content=piece, source="file", offset=offset, size=size)}

    async with answering(agent, growing):
        assert (await client.call("GET", f"/jobs/{job}/log/whole")).body == content
