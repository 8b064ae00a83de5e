"""What a scheduler tells of a job from its submission to its end."""

import sys
from datetime import UTC, datetime, timedelta

from lsf_agent.scheduler import Usage
from realtime.domain.status import Status
from tests.scheduler.conftest import REAL
from tests.scheduler.site import UNKNOWN, Site

LIVE = (Status.PEND, Status.RUN)
ENDED = (Status.DONE, Status.EXIT)


async def test_a_job_is_followed_from_waiting_to_done(site: Site) -> None:
    job = await site.bsub("sleep", "1")
    assert (await site.until(job, *LIVE)).exit_code is None
    running = await site.until(job, Status.RUN, Status.DONE)
    assert running.queue and running.host
    assert await site.end(job) == (Status.DONE, 0, None)


async def test_a_failed_job_tells_its_exit_code(site: Site) -> None:
    job = await site.bsub("exit 7")
    assert await site.end(job) == (Status.EXIT, 7, "exit 7")


async def test_a_missing_program_is_said_to_be_missing(site: Site) -> None:
    status, code, reason = await site.end(await site.bsub("/nowhere/nothing"))
    assert (status, code) == (Status.EXIT, 127) and reason is not None and "not found" in reason


async def test_a_suspended_job_lives_and_goes_on(site: Site) -> None:
    job = await site.bsub("sleep", "300")
    await site.until(job, Status.RUN)
    await site.command("bstop", job)
    await site.until(job, Status.USUSP)
    await site.command("bresume", job)
    await site.until(job, Status.RUN, Status.SSUSP)


async def test_a_held_job_waits(site: Site) -> None:
    job = await site.bsub("-H", "true")
    held = await site.until(job, Status.PSUSP)
    assert (held.host, held.exit_code, held.reason) == (None, None, None)


async def test_one_look_tells_of_all_and_which_are_unknown(site: Site) -> None:
    held, failed = await site.bsub("-H", "true"), await site.bsub("exit 3")
    await site.until(held, Status.PSUSP)
    await site.until(failed, Status.EXIT)
    look = await site.lsf.look([UNKNOWN, held, failed])
    assert {job: record.status for job, record in look.records.items()} == {held: Status.PSUSP, failed: Status.EXIT}
    assert look.missing == {UNKNOWN} and look.answered and look.problem is None


async def test_of_unknown_jobs_alone_it_is_said_that_they_are_unknown(site: Site) -> None:
    look = await site.lsf.look([UNKNOWN])
    assert look.missing == {UNKNOWN} and look.answered and not look.records


async def test_a_look_without_jobs_finds_out_whether_there_is_an_answer(site: Site) -> None:
    look = await site.lsf.look([])
    assert (look.records, look.missing, look.answered) == ({}, frozenset(), True)
    assert site.lsf.state.answered_at is not None and site.lsf.state.silent_since is None


async def test_the_format_is_kept_once_it_is_found(site: Site) -> None:
    job = await site.bsub("-H", "true")
    await site.until(job, Status.PSUSP)
    before = site.lsf.state
    await site.lsf.look([job])
    assert before.format and site.lsf.state.format == before.format
    assert site.lsf.state.commands["bjobs"].calls == before.commands["bjobs"].calls + 1


async def test_an_array_is_one_job_with_its_elements_counted(site: Site) -> None:
    job = await site.bsub("-J", "elements[1-3]", "-w", f"ended({await site.bsub('-H', 'true')})", "true")
    waiting = await site.until(job, Status.PEND)
    assert waiting.elements == {"PEND": 3}


async def test_an_array_is_exit_when_one_element_failed(site: Site) -> None:
    job = await site.bsub("-J", "elements[1-3]", "test $LSB_JOBINDEX != 2")
    ended = await site.until(job, *ENDED)
    assert (ended.status, dict(ended.elements)) == (Status.EXIT, {"DONE": 2, "EXIT": 1})


async def test_the_log_file_has_its_id_filled_in(site: Site) -> None:
    job = await site.bsub("true", output="%J.out")
    ended = await site.until(job, *ENDED)
    detail = await site.lsf.detail(job)
    log_file = ended.log_file or (detail.log_file if detail else None)
    assert log_file is not None and log_file.endswith(f"{job}.out")


async def test_a_job_is_known_by_its_owner_its_time_and_its_folder(site: Site) -> None:
    job = await site.bsub("-H", "true")
    await site.until(job, Status.PSUSP)
    facts = await site.lsf.facts(job)
    assert facts is not None and facts.submitted_at is not None
    assert facts.user == site.user
    assert abs(facts.submitted_at - datetime.now(UTC)) < timedelta(minutes=10)
    assert facts.folder is not None and facts.folder.endswith(site.folder.name)


async def test_an_unknown_job_has_no_facts_and_no_description(site: Site) -> None:
    assert await site.lsf.facts(UNKNOWN) is None
    assert await site.lsf.detail(UNKNOWN) is None


async def test_it_says_what_it_is(site: Site) -> None:
    version = await site.lsf.version()
    assert version is not None and version.name


async def test_what_a_job_took_and_may_take_is_told_at_its_end(site: Site) -> None:
    """By the list where it can, else by the long description."""
    work = "import time; held = b'x' * 40 * 2**20; time.sleep(1.5); exit(3)"
    script = site.folder / "works.py"
    script.write_text(work)
    job = await site.bsub("-M", "512M", "-W", "10", sys.executable, str(script))
    record = await site.until(job, *ENDED)
    usage = record.usage
    if site.lsf.state.format != "json":
        detail = await site.lsf.detail(job)
        assert detail is not None
        usage = usage.over(detail.usage)
    assert usage.cpu_time is not None and usage.run_limit is not None
    if site.kind != REAL:
        assert usage.max_memory is not None and 40 * 2**20 <= usage.max_memory < 2**30
        assert usage == Usage(
            max_memory=usage.max_memory,
            memory_limit=512 * 2**20,
            run_limit=600.0,
            cpu_time=usage.cpu_time,
        )


async def test_the_queues_tell_who_waits_and_who_runs(site: Site) -> None:
    before = {queue.name: queue for queue in await site.lsf.queues()}
    held, running = await site.bsub("-H", "true"), await site.bsub("sleep", "300")
    await site.until(held, Status.PSUSP)
    record = await site.until(running, Status.RUN)
    after = {queue.name: queue for queue in await site.lsf.queues()}
    assert record.queue in after and after[record.queue].status.startswith("Open")
    if site.kind != REAL:
        assert after[record.queue].running == before[record.queue].running + 1
        assert after[record.queue].pending == before[record.queue].pending + 1
