"""Answers to people who wait: which output is shown, and who did not answer."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lsf_agent.answers import logs
from lsf_agent.answers.places import LogPlaces
from lsf_agent.answers.posted import PostedLogs
from lsf_agent.answers.questions import Questions
from lsf_agent.answers.trying import Trying
from lsf_agent.following.tracker import Tracker
from lsf_agent.scheduler import Details, Facts, Peek
from lsf_agent.submission.spool import Spool
from realtime.protocol.questions import Answer, LogAnswer, Question

from .acting import Oracle, hands_for, over, settings_for
from .conftest import AgentProcess, new_job
from .hung import hanging_below
from .manager import Manager

JOB = f"{1:024x}"


class Desk:
    def __init__(self, folder: Path, oracle: Oracle) -> None:
        self.oracle = oracle
        self.hands = hands_for()
        self.spool = Spool(folder / "spool")
        self.spool.root.mkdir()
        self.places = LogPlaces(self.spool, Tracker(), "script", self.hands)
        posted = PostedLogs(oracle, self.hands, [])
        self.questions = Questions(oracle, self.hands, self.places, posted, Trying(settings_for(), {}, self.hands))
        self.scripts = folder / "scripts"
        self.scripts.mkdir()

    def lsf_writes(self, path: Path) -> None:
        self.places.remember(JOB, "7", str(path))

    def question(self, kind: str, *lsf_ids: str, ended: bool = False, log_file: Path | None = None) -> Question:
        return Question(
            id="q",
            kind=kind,
            job=JOB,
            user="ana",
            executable=str(self.scripts / "submit.sh"),
            lsf_ids=list(lsf_ids),
            ended=ended,
            log_file=None if log_file is None else str(log_file),
        )

    async def ask(self, kind: str, *lsf_ids: str, ended: bool = False, log_file: Path | None = None) -> Answer:
        return await self.questions.answer(self.question(kind, *lsf_ids, ended=ended, log_file=log_file))

    async def log(self, *lsf_ids: str, ended: bool = False, log_file: Path | None = None) -> LogAnswer:
        answer = await self.ask("log", *lsf_ids, ended=ended, log_file=log_file)
        assert answer.log is not None, answer.error
        return answer.log

    async def error(self, *lsf_ids: str, ended: bool = False, log_file: Path | None = None) -> str:
        answer = await self.ask("log", *lsf_ids, ended=ended, log_file=log_file)
        assert answer.error is not None
        return answer.error


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, Oracle())


async def test_a_verified_post_wins_over_the_path_of_lsf(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "7.out").write_text("lsf")
    desk.lsf_writes(tmp_path / "7.out")
    mine = desk.scripts / "mine"
    found = await desk.log("7", ended=True, log_file=mine)
    assert (found.text, found.path) == ("lsf", str(tmp_path / "7.out")), "until the posted one is there"
    mine.write_text("mine")
    found = await desk.log("7", ended=True, log_file=mine)
    assert (found.text, found.source, found.path) == ("mine", "file", str(mine))
    assert (await desk.log(log_file=mine)).text == "mine", "without an LSF ID, too"


async def test_a_posted_path_is_checked_each_time_it_is_read(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    mine = desk.scripts / "mine"
    mine.symlink_to(tmp_path / "secret")
    assert await desk.error("7", ended=True, log_file=mine) == f"{mine} cannot be read: not below {desk.scripts}"
    desk.oracle.facts_of["7"] = Facts(user="ana", submitted_at=None, folder=str(tmp_path))
    assert (await desk.log("7", ended=True, log_file=mine)).text == "secret", "where the job works it may"


async def test_before_there_is_a_file_lsf_shows_what_it_spools(desk: Desk, tmp_path: Path) -> None:
    desk.oracle.peeked = b"so far"
    desk.oracle.log_file = str(tmp_path / "7.out")
    found = await desk.log("7")
    assert (found.text, found.source, found.complete) == ("so far", "bpeek", False)
    assert desk.oracle.asked == [("detail", "7"), ("peek", "7", "ana")]
    desk.oracle.peeked = None
    found = await desk.log("7")
    assert (found.source, found.path) == ("none", str(tmp_path / "7.out")), "where it will appear when the job ends"
    (tmp_path / "7.out").write_text("all")
    assert (await desk.log("7", ended=True)).text == "all"
    assert (await desk.log()).source == "none"


async def test_an_ended_job_without_output_has_none(desk: Desk, tmp_path: Path) -> None:
    found = await desk.log("7", ended=True)
    assert (found.source, found.complete, found.path) == ("none", True, None)
    desk.lsf_writes(tmp_path)
    assert await desk.error("7", ended=True) == f"{tmp_path} cannot be read: not a regular file"


async def test_whoever_is_silent_is_named(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.oracle.silence = 1
    assert await desk.error("7", ended=True) == "LSF does not answer: bjobs did not answer within 30 s"
    desk.oracle.silence = 1
    answer = await desk.ask("details", "7")
    assert answer.error == "LSF does not answer: bjobs did not answer within 30 s"

    async def hang(lsf_id: str, user: str, limit: float) -> Peek:
        await asyncio.sleep(600)
        raise AssertionError

    monkeypatch.setattr(desk.oracle, "peek", hang)
    monkeypatch.setattr("lsf_agent.answers.questions.ANSWER_WITHIN", 0.1)
    assert await desk.error("7") == "LSF did not answer in time"


async def test_a_log_on_a_silent_file_system_names_it(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "FILE_LIMIT", 0.5)
    with hanging_below(tmp_path) as hung:
        desk.lsf_writes(hung / "7.out")
        assert await desk.error("7") == f"{hung} does not answer"
        assert await desk.error("7", log_file=hung / "mine") == f"{hung} does not answer"
    await over(desk.hands)


async def test_the_agent_works_on_and_ends_while_a_file_system_hangs(
    agent: AgentProcess, manager: Manager, tmp_path: Path
) -> None:
    def about_log(path: Path) -> Question:
        job = new_job()
        executable = str(path.parent / "submit.sh")
        return Question(
            id=job, kind="log", job=job, user="ana", executable=executable, lsf_ids=[], ended=True, log_file=str(path)
        )

    (tmp_path / "log").write_text("hello")
    with hanging_below(tmp_path) as hung:
        agent.start()
        hanging = [about_log(hung / "log") for _ in range(6)]
        for question in hanging:
            await manager.put(question)
        job = await agent.submit("exec bsub true\n")
        await manager.until(lambda: manager.ids_of(job))
        answer = await manager.ask(about_log(tmp_path / "log"))
        assert answer.log is not None and answer.log.text == "hello"
        await manager.until(lambda: all(question.id in manager.answers for question in hanging))
        assert {manager.answers[question.id].error for question in hanging} == {f"{hung} does not answer"}
        assert await agent.end() == 0


async def test_details_tell_why_a_job_waits(desk: Desk) -> None:
    desk.oracle.details_told = Details(text="Job <7>", pending=("The queue is closed",))
    answer = await desk.ask("details", "7")
    assert (answer.text, answer.pending) == ("Job <7>", ["The queue is closed"])
    desk.oracle.details_told = Details(text="Job <7>")
    assert (await desk.ask("details", "7")).pending is None
    assert (await desk.ask("details")).error == "no LSF ID is known"
    assert (await desk.ask("horoscope", "7")).error == "a question of this kind is not known: horoscope"


async def test_lines_and_bytes_are_looked_for_wherever_the_log_is_read(desk: Desk, tmp_path: Path) -> None:
    desk.oracle.peeked, desk.oracle.log_file = b"so far\nERROR: bad\n", str(tmp_path / "7.out")

    async def ask(kind: str, *, ended: bool = False, log_file: Path | None = None, **wanted: Any) -> Answer:
        question = desk.question(kind, "7", ended=ended, log_file=log_file)
        return await desk.questions.answer(msgspec.structs.replace(question, **wanted))

    peeked = (await ask("find", error=True)).found
    assert peeked is not None and peeked.source == "bpeek"
    assert [(line.at, line.line) for line in peeked.items] == [(7, "ERROR: bad")]
    raw = (await ask("bytes", offset=3)).raw
    assert raw is not None and (raw.content, raw.source, raw.size) == (b"far\nERROR: bad\n", "bpeek", 18)
    (tmp_path / "7.out").write_bytes(b"of LSF\n")
    of_lsf = (await ask("find", ended=True, text="lsf")).found
    assert of_lsf is not None and (of_lsf.source, of_lsf.items[0].line) == ("file", "of LSF")
    mine = desk.scripts / "mine"
    mine.write_bytes(b"\xffmine")
    raw = (await ask("bytes", ended=True, log_file=mine)).raw
    assert raw is not None and raw.content == b"\xffmine"
    (tmp_path / "7.out").unlink()
    nothing = (await ask("find", ended=True, text="x")).found
    assert nothing is not None and (nothing.source, nothing.complete) == ("none", True)
    assert (await ask("find", ended=True)).error == "nothing to look for was given"
