"""A job's log over a real websocket."""

import asyncio

from realtime.protocol.questions import LogAnswer
from tests.client import Client, SayingAgent
from tests.conftest import TOKEN
from tests.live.raw import connected, upgrade

TEXT = "".join(f"line {number}\n" for number in range(40_000))
PIECE = 64 * 1024


async def test_the_last_256_kib_of_a_log_come_in_pieces_and_then_the_end(client: Client, port: int) -> None:
    await client.prepare()
    agent = SayingAgent(client)
    await agent.lease()
    job = await client.apply()
    await agent.run_job(job["id"])
    await agent.lsf(job["id"], "DONE")
    agent.holding = ["check/1/1"]

    async def answer_for_ever() -> None:
        while True:
            for question in (await agent.work(room=0)).questions:
                start = len(TEXT) - question.limit if question.offset is None else question.offset
                end = min(len(TEXT), start + question.limit)
                log = LogAnswer(
                    text=TEXT[start:end],
                    source="file",
                    offset=start,
                    next=end,
                    size=len(TEXT),
                    path="/l",
                    complete=end == len(TEXT),
                )
                await agent.call("answers", question=question.id, log=log)

    answering = asyncio.create_task(answer_for_ever())
    following = await connected(port, upgrade(f"/api/v1/jobs/{job['id']}/log/live", TOKEN))
    text = ""
    while (message := await following.message())["type"] == "log":
        assert len(message["text"]) <= PIECE
        assert message["offset"] == len(TEXT) - 256 * 1024 + len(text)
        text += message["text"]
    assert text == TEXT[-256 * 1024 :]
    assert (message["type"], message["status"]) == ("end", "DONE")
    assert await following.closed() == 1000
    following.writer.close()
    answering.cancel()
