"""Why a job failed, and how it compares to the last good one, by the API."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from realtime.protocol.observations import LsfSeen, SubmissionSeen
from realtime.protocol.questions import UNKNOWN_KIND, Answer, Found, FoundLine, LogAnswer, LogBytes, Question
from realtime.web import explaining
from tests.client import Client, SayingAgent

GB = 2**30
LONG_AGO = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


async def agent_of(client: Client, parameters: str = "a b") -> SayingAgent:
    await client.prepare(runs=2)
    await client.call("PATCH", "/experiments/demo/definitions/1", {"parameters": parameters})
    agent = SayingAgent(client)
    await agent.lease()
    return agent


async def ended(client: Client, agent: SayingAgent, lsf_id: str, run: int = 1, **facts: Any) -> str:
    """A job that LSF has ended (well, unless `status` says otherwise)."""
    job: str = (await client.apply(run))["id"]
    await agent.work()
    await agent.claim(job)
    script = {"sha256": facts.pop("sha256", "a" * 64), "environment": facts.pop("environment", {"PATH": "/bin"})}
    at = facts.pop("at", datetime.now(UTC))
    await agent.say(
        SubmissionSeen(**{**agent.next(), "at": at}, job=job, lsf_ids=[lsf_id], ended_at=at, exit_code=0, **script),
        LsfSeen(**{**agent.next(), "at": at}, job=job, lsf_id=lsf_id, status="RUN", host="psana1201"),
        LsfSeen(**{**agent.next(), "at": at}, job=job, lsf_id=lsf_id, **{"status": "DONE", **facts}),
    )
    return job


class Answering:
    """An agent that answers questions about logs; what was asked is in `asked`."""

    def __init__(self, agent: SayingAgent, logs: dict[str, bytes], *errors: tuple[int, str]) -> None:
        self.agent, self.logs, self.errors = agent, logs, errors
        self.asked: list[str] = []
        self.too_old = False

    async def __aenter__(self) -> "Answering":
        self._answering = asyncio.create_task(self._answer())
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._answering.cancel()
        await asyncio.gather(self._answering, return_exceptions=True)

    async def _answer(self) -> None:
        while True:
            for question in (await self.agent.work(room=0)).questions:
                self.asked.append(question.kind)
                answer = self._answer_to(question)
                if self.too_old and question.kind == "find":
                    await self.agent.call("answers", question=question.id, error=f"{UNKNOWN_KIND}: find")
                    continue
                told = {name: getattr(answer, name) for name in ("log", "raw", "found") if getattr(answer, name)}
                await self.agent.call("answers", question=question.id, **told)

    def _answer_to(self, question: Question) -> Answer:
        content = self.logs.get(question.lsf_ids[0])
        size = len(content or b"")
        source = "none" if content is None else "file"
        if question.kind == "bytes":
            return Answer(
                question=question.id, raw=LogBytes(content=content or b"", source=source, offset=0, size=size)
            )
        if question.kind == "find":
            found = [FoundLine(at=at, line=line) for at, line in self.errors if at >= (question.offset or 0)]
            items = found[: question.limit]
            told = Found(items=items, count=len(items), start=0, to=size, size=size, source=source, complete=True)
            return Answer(question=question.id, found=told)
        text = (content or b"").decode()
        log = LogAnswer(text=text, source=source, offset=0, next=size, size=size, path="/x/7.log", complete=True)
        return Answer(question=question.id, log=log)


LOG = b"step 1\nstep 2\nValueError: no events\nstep 3\n"


async def test_a_job_that_has_not_failed_has_no_explanation(client: Client) -> None:
    agent = await agent_of(client)
    job = await ended(client, agent, "7")
    live = (await client.apply())["id"]
    for one in (job, live):
        answer = await client.call("GET", f"/jobs/{one}/explanation")
        assert (answer.status, answer.error[0]) == (409, "not_failed")
    assert (await client.call("GET", f"/jobs/{'0' * 24}/explanation")).status == 404


async def test_a_failed_job_is_explained_with_the_end_of_its_log(client: Client) -> None:
    agent = await agent_of(client)
    job = await ended(client, agent, "7", status="EXIT", exit_code=1, reason="exit 1")
    async with Answering(agent, {"7": LOG}, (14, "ValueError: no events")):
        told = await client.get(f"/jobs/{job}/explanation")
    assert told["sentence"] == "It ended with exit code 1; its log says “ValueError: no events”."
    assert (told["cause"], told["error"]) == ("exit code", {"line": "ValueError: no events", "at": 14})
    assert told["last_lines"] == LOG.decode().rstrip()
    assert told["log"] is None


async def test_what_was_read_of_the_log_is_told_with_the_agent_away(client: Client) -> None:
    agent = await agent_of(client)
    job = await ended(client, agent, "7", status="EXIT", exit_code=1, at=LONG_AGO)
    async with Answering(agent, {"7": LOG}, (14, "ValueError: no events")) as answering:
        first = await client.get(f"/jobs/{job}/explanation")
        assert answering.asked == ["log", "find"]
        again = await client.get(f"/jobs/{job}/explanation")
        assert answering.asked == ["log", "find"], "it is asked once"
    assert again == first

    def away(tx: Any) -> None:
        tx.conn.exec_driver_sql("UPDATE location SET agent_connected = 0")

    await client.house.store.write(away)
    assert await client.get(f"/jobs/{job}/explanation") == first


async def test_an_agent_that_has_died_just_now_holds_up_nobody_who_asks_again(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = await agent_of(client)
    job = await ended(client, agent, "7", status="EXIT", exit_code=1)
    async with Answering(agent, {"7": LOG}, (14, "ValueError: no events")):
        first = await client.get(f"/jobs/{job}/explanation")
    monkeypatch.setattr(explaining, "FRESH_FOR", timedelta(0))
    monkeypatch.setattr(explaining, "MAY_IMPROVE", 0.2)
    async with asyncio.timeout(5):
        assert await client.get(f"/jobs/{job}/explanation") == first


async def test_with_the_agent_away_it_is_said_that_the_log_is_missing(client: Client) -> None:
    agent = await agent_of(client)
    job = await ended(client, agent, "7", status="EXIT", exit_code=3)
    await client.house.store.write(lambda tx: tx.conn.exec_driver_sql("UPDATE location SET agent_connected = 0"))
    told = await client.get(f"/jobs/{job}/explanation")
    assert told["sentence"] == "It ended with exit code 3."
    assert told["log"] == "The log cannot be read now: the batch client of default is away."
    assert (told["last_lines"], told["error"]) == (None, None)


async def test_a_log_that_is_not_there_yet_is_asked_for_again_until_it_must_have_come(client: Client) -> None:
    agent = await agent_of(client)
    new = await ended(client, agent, "7", status="EXIT", exit_code=3)
    old = await ended(client, agent, "8", run=2, status="EXIT", exit_code=3, at=LONG_AGO)
    async with Answering(agent, {}) as answering:
        for job, asked in ((new, 2), (old, 1)):
            answering.asked.clear()
            for _ in range(2):
                told = await client.get(f"/jobs/{job}/explanation")
            assert told["last_lines"] is None and told["log"].startswith("The log ")
            assert answering.asked == ["log"] * asked


async def test_lsfs_report_is_neither_the_error_nor_the_last_lines(client: Client) -> None:
    agent = await agent_of(client)
    job = await ended(client, agent, "7", status="EXIT", exit_code=3)
    report = b"\n" + b"-" * 60 + b"\nSender: LSF System <x>\nTERM_OWNER: job killed\n"
    async with Answering(agent, {"7": b"step 1\n" + report}):
        told = await client.get(f"/jobs/{job}/explanation")
    assert (told["last_lines"], told["error"]) == ("step 1", None)


async def test_a_memory_limit_in_the_parameters_is_offered_enlarged_and_can_be_resubmitted(client: Client) -> None:
    agent = await agent_of(client, "calib -M 8G")
    reason = "killed: ran out of memory, TERM_MEMLIMIT"
    memory = {"max_memory": int(7.9 * GB), "memory_limit": 8 * GB}
    job = await ended(client, agent, "7", status="EXIT", exit_code=137, reason=reason, **memory)
    async with Answering(agent, {}):
        told = await client.get(f"/jobs/{job}/explanation")
    assert told["sentence"] == "It was killed by LSF because it ran out of memory: its peak was 7.9 of 8 GB."
    (advice,) = told["advice"]
    assert advice == {"text": "-M 8G: peak was 7.9 of 8 GB.", "change": "-M 12G", "parameters": "calib -M 12G"}
    made = await client.post(f"/jobs/{job}/resubmit", {"parameters": advice["parameters"]})
    assert (made["parameters"], made["run"]) == ("calib -M 12G", 1)


async def test_a_script_that_submitted_nothing_needs_no_agent_to_be_explained(client: Client) -> None:
    agent = await agent_of(client)
    job = (await client.apply())["id"]
    await agent.work()
    await agent.claim(job)
    said = "nosuchq: No such queue. Job not submitted.\n"
    await agent.submitted(job, ended_at=datetime.now(UTC), exit_code=255, stderr=said)
    told = await client.get(f"/jobs/{job}/explanation")
    assert told["sentence"] == "LSF's bsub refused the job: “nosuchq: No such queue. Job not submitted”."
    assert (told["cause"], told["log"]) == ("not submitted", None)


async def test_a_job_is_compared_to_the_newest_good_one_of_its_hash_before_it(client: Client) -> None:
    agent = await agent_of(client)
    await ended(client, agent, "1")
    good = await ended(client, agent, "2", run=2, environment={"PATH": "/bin", "OLD": "1"})
    bad = await ended(client, agent, "3", status="EXIT", exit_code=3, sha256="b" * 64)
    await ended(client, agent, "4")
    told = await client.get(f"/jobs/{bad}/comparison")
    assert (told["with"]["id"], told["with"]["run"]) == (good, 2)
    assert told["differences"] == [
        {"what": "script", "this": "b" * 12, "that": "a" * 12},
        {"what": "environment, set in one", "this": "", "that": "OLD"},
    ]
    assert {"parameters", "executable", "user", "host"} <= set(told["same"])
    assert (told["log"], told["log_problem"]) == (None, None)


async def test_without_an_earlier_good_job_there_is_nothing_to_compare_with(client: Client) -> None:
    agent = await agent_of(client)
    bad = await ended(client, agent, "3", status="EXIT", exit_code=3)
    await ended(client, agent, "4")
    told = await client.get(f"/jobs/{bad}/comparison?log=1")
    assert told == {"with": None, "differences": [], "same": [], "log": None, "log_problem": None}


async def test_it_is_said_where_the_logs_part(client: Client) -> None:
    agent = await agent_of(client)
    await ended(client, agent, "1")
    bad = await ended(client, agent, "2", status="EXIT", exit_code=3)
    logs = {"1": b"run 1\nstep 1\nwrote it\n", "2": b"run 2\nstep 77\nError: no\n"}
    async with Answering(agent, logs):
        told = await client.get(f"/jobs/{bad}/comparison?log=1")
        assert told["log"] == {
            "this": {"line": "Error: no", "at": 14},
            "that": {"line": "wrote it", "at": 13},
            "same_lines": 2,
        }
        del logs["1"]
        told = await client.get(f"/jobs/{bad}/comparison?log=1")
    assert told["log"] is None
    assert told["log_problem"] == "The logs cannot be compared now: the log of the good one is not there."


async def test_of_a_traceback_the_exception_is_the_error(client: Client) -> None:
    agent = await agent_of(client)
    job = await ended(client, agent, "7", status="EXIT", exit_code=1)
    report, head = (5, "TERM_OTHER: killed"), (30, "Traceback (most recent call last):")
    raising, exception = (70, '    raise KeyError("no such detector")'), (110, "KeyError: 'no such detector'")
    async with Answering(agent, {"7": b"x\n"}, report, head, raising, exception):
        told = await client.get(f"/jobs/{job}/explanation")
    assert told["error"] == {"line": "KeyError: 'no such detector'", "at": 110}


async def test_the_exception_that_a_program_ended_by_is_told_before_an_error_that_it_survived(client: Client) -> None:
    agent = await agent_of(client)
    job = await ended(client, agent, "7", status="EXIT", exit_code=1)
    begin = b"The report could not be sent: HTTP Error 400\n"
    exception = b"Traceback (most recent call last):\n  File x\nValueError: no mask\n"
    async with Answering(agent, {"7": begin + exception + b"cleaned up\n"}, (0, begin.decode().strip())):
        told = await client.get(f"/jobs/{job}/explanation")
    assert told["error"] == {"line": "ValueError: no mask", "at": len(begin) + len(exception) - 20}
    assert "ValueError: no mask" in told["sentence"]
    survived = await ended(client, agent, "8", status="EXIT", exit_code=1)
    async with Answering(agent, {"8": exception + b"step\n" * 9 + begin}, (0, begin.decode().strip())):
        told = await client.get(f"/jobs/{survived}/explanation")
    assert told["error"]["line"] == begin.decode().strip()


async def test_an_agent_too_old_to_search_still_has_the_error_of_the_end(client: Client) -> None:
    agent = await agent_of(client)
    job = await ended(client, agent, "7", status="EXIT", exit_code=1)
    async with Answering(agent, {"7": LOG}) as answering:
        answering.too_old = True
        told = await client.get(f"/jobs/{job}/explanation")
    assert told["error"] == {"line": "ValueError: no events", "at": 14}
