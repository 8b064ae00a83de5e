"""Trying a hash: what is asked of the agent, what is answered, and who did not answer."""

import asyncio
from typing import Any

import pytest

from realtime.protocol.questions import UNKNOWN_KIND, Question, StubCall, Tried, TryCheck
from tests.client import Answered, Client, SayingAgent

TRY = "/experiments/demo/definitions/1/try"
TRIED = Tried(
    checks=[TryCheck(name="path", ok=True, text="a file"), TryCheck(name="dry run", ok=True, text="exit code 0")],
    exit_code=0,
    stdout="Job <0> is submitted to queue <psanaq>.\n",
    bsub=[StubCall(arguments=["-q", "psanaq"], stdin="sleep 1\n")],
)


async def at_work(client: Client) -> SayingAgent:
    await client.prepare(runs=3)
    agent = SayingAgent(client)
    await agent.lease()
    agent.holding = ["check/1/1"]
    return agent


async def asked(agent: SayingAgent, path: str = TRY, body: Any = None) -> tuple[Question, "asyncio.Task[Answered]"]:
    asking = asyncio.create_task(agent.client.call("POST", path, body))
    return (await agent.work(room=0)).questions[0], asking


async def test_the_script_is_asked_for_as_for_a_job_of_the_newest_run(client: Client) -> None:
    agent = await at_work(client)
    question, asking = await asked(agent)
    assert (question.kind, question.executable, question.job) == ("try", "/opt/submit.sh", "")
    assert question.arguments == ["demo", "3", "a", "b"]
    assert question.environment["RUN_NUM"] == "3" and question.environment["BATCH_HASH"] == "example"
    names = ("BATCH_UPDATE_URL", "JID_UPDATE_COUNTERS", "ARP_UPDATE_COUNTERS")
    assert [question.environment[name] for name in names] == ["", "", ""], "no address to post to"
    await agent.call("answers", question=question.id, tried=TRIED)
    answer = await asking
    assert answer.status == 200 and answer.body.pop("as_of").endswith("Z")
    assert answer.body == {
        "checks": [
            {"name": "path", "ok": True, "text": "a file"},
            {"name": "dry run", "ok": True, "text": "exit code 0"},
        ],
        "arguments": ["/opt/submit.sh", "demo", "3", "a", "b"],
        "exit_code": 0,
        "timed_out": False,
        "stdout": TRIED.stdout,
        "stderr": "",
        "bsub": [{"arguments": ["-q", "psanaq"], "stdin": "sleep 1\n"}],
    }
    assert (await client.get("/experiments/demo/jobs"))["items"] == [], "no job is made"


async def test_what_is_not_saved_yet_can_be_tried_on_a_run(client: Client) -> None:
    agent = await at_work(client)
    question, asking = await asked(agent, body={"run": 2, "executable": "/new.sh", "parameters": " x  y "})
    assert (question.executable, question.arguments) == ("/new.sh", ["demo", "2", "x", "y"])
    await agent.call("answers", question=question.id, tried=TRIED)
    assert (await asking).body["arguments"] == ["/new.sh", "demo", "2", "x", "y"]
    kept = await client.get("/experiments/demo/definitions/1")
    assert (kept["executable"], kept["version"]) == ("/opt/submit.sh", 1)


@pytest.mark.parametrize(
    ("path", "body", "refusal"),
    [
        (TRY, {"run": 9}, (404, ("not_found", "run"))),
        (TRY, {"run": 0}, (422, ("invalid", "run"))),
        (TRY, {"executable": "submit.sh"}, (422, ("invalid", "executable"))),
        (TRY, {"executable": ""}, (422, ("invalid", "executable"))),
        (TRY, {"parameters": "a\nb"}, (422, ("invalid", "parameters"))),
        (TRY, {"shell": True}, (422, ("invalid", "shell"))),
        ("/experiments/demo/definitions/7/try", None, (404, ("not_found", "id"))),
    ],
)
async def test_what_cannot_be_tried_is_refused(client: Client, path: str, body: Any, refusal: tuple[int, Any]) -> None:
    await at_work(client)
    answer = await client.call("POST", path, body)
    assert (answer.status, answer.error) == refusal


async def test_with_the_agent_away_it_is_said_at_once(client: Client) -> None:
    await client.prepare()
    async with asyncio.timeout(2):
        answer = await client.call("POST", TRY)
    assert (answer.status, answer.error[0]) == (503, "agent_away")
    assert answer.body["error"]["message"] == "the batch client of default is away"


async def test_an_agent_of_before_is_said_to_be_too_old(client: Client) -> None:
    agent = await at_work(client)
    question, asking = await asked(agent)
    await agent.call("answers", question=question.id, error=f"{UNKNOWN_KIND}: try")
    answer = await asking
    assert (answer.status, answer.error[0]) == (503, "agent_too_old")
    assert answer.body["error"]["message"] == "the batch client of default is too old for this"


async def test_an_answer_may_take_longer_than_others_but_is_not_asked_for_again(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realtime.web.questions.QUESTION_TIMEOUT", 0.2)
    monkeypatch.setattr("realtime.protocol.questions.QUESTION_TIMEOUT", 0.2)
    agent = await at_work(client)
    question, asking = await asked(agent)
    async with asyncio.timeout(5):
        while (await agent.work(room=0)).questions:
            pass  # an agent that has lost it later than that does not run it a second time
    await agent.call("answers", question=question.id, tried=TRIED)
    assert (await asking).status == 200


async def test_no_answer_is_said_in_time(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime.protocol.questions.TRY_TIMEOUT", 0.1)
    agent = await at_work(client)
    _, asking = await asked(agent)
    answer = await asking
    assert (answer.status, answer.error[0]) == (503, "agent_silent")
