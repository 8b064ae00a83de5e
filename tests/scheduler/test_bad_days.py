"""What a scheduler's bad days look like: forgotten jobs, hosts that are away, no answer, text of all kinds."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from lsf_agent.lsf.bjobs import FORMATS
from lsf_agent.scheduler import Killed, Past, Record, SilentError
from realtime.domain.status import Status
from tests.embedded.farm import Farm
from tests.scheduler.site import UNKNOWN, Site

LIMIT = 10.0
BEST = {"lsf10": "json", "lsf9": "delimited, no run limits", "open": "json, few fields", "wide": "wide"}
"""Format that each dialect allows at best."""
IN_ANY_DIALECT = pytest.mark.parametrize("kind", ["lsf10"], scope="session")
"""For what has nothing to do with the form of an answer."""
WAIT = "Cannot connect to LSF. Please wait ..."


async def test_the_best_format_of_each_dialect_is_found(site: Site, farm: Farm) -> None:
    await site.lsf.look([UNKNOWN])
    await site.until(await site.bsub("-H", "true"), Status.PSUSP)
    assert site.lsf.state.format == BEST[site.kind]
    assert site.lsf.state.format in {form.name for form in FORMATS}


async def test_a_forgotten_job_has_its_end_in_the_history(site: Site, farm: Farm) -> None:
    done, failed, held = await site.bsub("true"), await site.bsub("exit 3"), await site.bsub("-H", "true")
    assert [(await site.end(job))[0] for job in (done, failed)] == [Status.DONE, Status.EXIT]
    farm.faults(dialect=site.kind, forgotten=[done, failed, held])
    assert (await site.lsf.look([done, failed, held])).missing == {done, failed, held}
    assert await site.lsf.kill([done], site.user) == {done: Killed.NOT_FOUND}
    ends = [await site.lsf.history(job) for job in (done, failed)]
    assert [(end.status, end.exit_code) for end in ends if isinstance(end, Record)] == [
        (Status.DONE, 0),
        (Status.EXIT, 3),
    ]
    assert await site.lsf.history(held) is Past.ALIVE
    assert "Exited with exit code 3" in (await site.lsf.details([failed], LIMIT)).text


async def test_older_event_files_are_searched_too(site: Site, farm: Farm) -> None:
    name = f"bb.suite.{'0' * 23}1.{site.kind}"
    job = await site.bsub("-J", name, "true")
    await site.until(job, Status.DONE)
    farm.faults(dialect=site.kind, forgotten=[job], archived=[job])
    assert isinstance(await site.lsf.history(job), Record)
    assert await site.lsf.tagged(name) == []
    assert await site.lsf.once_tagged(name) == [job]
    facts = await site.lsf.facts(job)
    assert facts is not None and facts.user == site.user


async def test_a_lost_job_is_said_to_be_unknown(site: Site, farm: Farm) -> None:
    job = await site.bsub("-H", "true")
    farm.faults(dialect=site.kind, lost=[job])
    assert (await site.lsf.look([job])).missing == {job}
    assert await site.lsf.history(job) is Past.UNKNOWN
    assert await site.lsf.facts(job) is None


async def test_of_an_omitted_job_there_is_no_news(site: Site, farm: Farm) -> None:
    omitted, held = await site.bsub("-H", "true"), await site.bsub("-H", "true")
    await site.until(held, Status.PSUSP)
    farm.faults(dialect=site.kind, omitted=[omitted])
    look = await site.lsf.look([omitted, held])
    assert set(look.records) == {held} and not look.missing and look.answered
    assert not (await site.lsf.look([omitted])).answered


async def test_a_new_job_may_be_unknown_for_a_while(site: Site, farm: Farm) -> None:
    farm.faults(dialect=site.kind, blind=60)
    job = await site.bsub("-H", "true")
    assert (await site.lsf.look([job])).missing == {job}
    farm.faults(dialect=site.kind)
    assert (await site.until(job, Status.PSUSP)).status is Status.PSUSP


async def test_a_job_whose_host_is_away_is_ended_by_force(site: Site, farm: Farm) -> None:
    job = await site.bsub("sleep", "300")
    await site.until(job, Status.RUN)
    farm.faults(dialect=site.kind, away=[job])
    await site.until(job, Status.UNKWN)
    assert await site.lsf.kill([job], site.user) == {job: Killed.ACCEPTED}
    await site.until(job, Status.ZOMBI)
    assert await site.lsf.kill([job], site.user, force=True) == {job: Killed.ACCEPTED}
    status, _, reason = await site.end(job)
    assert status is Status.EXIT
    if site.tells_reasons:
        assert reason is not None and "TERM_FORCE_OWNER" in reason


async def test_a_requeued_job_waits_and_runs_again_under_its_id(site: Site, farm: Farm) -> None:
    job = await site.bsub("sleep", "300")
    await site.until(job, Status.RUN)
    farm.configure(pend=60)
    await site.command("brequeue", job)
    waiting = await site.until(job, Status.PEND)
    assert (waiting.host, waiting.exit_code, waiting.reason) == (None, None, None)
    farm.configure(pend=0.3)
    await site.until(job, Status.RUN)


async def test_text_before_the_answer_is_passed_over(site: Site, farm: Farm) -> None:
    job = await site.bsub("exit 3")
    await site.until(job, Status.EXIT)
    for stream in ("out", "err"):
        farm.faults(dialect=site.kind, rules=[{stream: WAIT, "code": 255}])
        look = await site.lsf.look([job, UNKNOWN])
        assert look.records[job].status is Status.EXIT and look.missing == {UNKNOWN}
        assert await site.lsf.kill([job], site.user) == {job: Killed.GONE}
        assert f"Job <{job}>" in (await site.lsf.details([job], LIMIT)).text


@IN_ANY_DIALECT
@pytest.mark.parametrize(
    "fault",
    [
        {"unanswered": True},
        {"silent": True},
        {"refuse": WAIT},
        {"refuse": "Failed in an LSF library call: Communication time out"},
        {"refuse": "Failed in sending/receiving a message: Connection reset by peer"},
        {"answer": "nothing"},
        {"answer": "killed"},
        {"code": 255, "silent": True},
    ],
    ids=str,
)
async def test_no_answer_is_never_taken_for_one(site: Site, farm: Farm, fault: dict[str, object]) -> None:
    job = await site.bsub("-H", "-J", "bb.suite.silence", "true")
    await site.until(job, Status.PSUSP)
    farm.faults(dialect=site.kind, rules=[fault])
    look = await site.lsf.look([job])
    assert not look.answered and not look.records and not look.missing and look.problem
    assert site.lsf.state.silent_since is not None and site.lsf.state.problem
    assert await site.lsf.kill([job], site.user) == {job: Killed.SILENT}
    questions: dict[str, Callable[[], Awaitable[object]]] = {
        "history": lambda: site.lsf.history(job),
        "detail": lambda: site.lsf.detail(job),
        "details": lambda: site.lsf.details([job], LIMIT),
        "tagged": lambda: site.lsf.tagged("bb.suite.silence"),
        "once_tagged": lambda: site.lsf.once_tagged("bb.suite.silence"),
        "facts": lambda: site.lsf.facts(job),
        "peek": lambda: site.lsf.peek(job, site.user, LIMIT),
    }
    answered = []
    for name, question in questions.items():
        with suppress(SilentError):
            answered.append((name, await question()))
    assert answered == []
    assert await site.lsf.version() is None
    farm.faults(dialect=site.kind)
    assert (await site.lsf.look([job])).answered and site.lsf.state.silent_since is None


@IN_ANY_DIALECT
async def test_a_command_that_hangs_leaves_the_others_free(site: Site, farm: Farm) -> None:
    job = await site.bsub("-H", "true")
    await site.until(job, Status.PSUSP)
    farm.faults(dialect=site.kind, hang=["bjobs"])
    looking = asyncio.create_task(site.lsf.look([job]))
    assert await site.lsf.kill([job], site.user) == {job: Killed.ACCEPTED}
    assert not looking.done()
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking


@IN_ANY_DIALECT
async def test_a_closed_queue_says_so(site: Site, farm: Farm) -> None:
    farm.faults(queues={"psdebugq": "Queue has been closed"})
    assert {queue.name: queue.status for queue in await site.lsf.queues()} == {
        "psdebugq": "Closed:Active",
        "normal": "Open:Active",
    }


@IN_ANY_DIALECT
async def test_slow_commands_tell_as_much(site: Site, farm: Farm) -> None:
    job = await site.bsub("-M", "512M", "exit 3")
    await site.until(job, Status.EXIT)
    farm.faults(delay=1.0)
    looking, asking = site.lsf.look([job]), site.lsf.queues()
    look, queues = await asyncio.gather(looking, asking)
    assert look.records[job].usage.memory_limit == 512 * 2**20
    assert [queue.name for queue in queues] == ["psdebugq", "normal"]
