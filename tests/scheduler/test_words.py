"""What a scheduler tells people of a job, and what it finds by a tag."""

import asyncio
import os
import time
from datetime import datetime, timedelta

import pytest

from realtime.domain.status import Status
from tests.scheduler.site import UNKNOWN, Site

LIMIT = 10.0


def tag() -> str:
    """A new name, of the shape that the shim gives."""
    return f"bb.suite.{os.urandom(12).hex()}"


async def test_details_of_a_waiting_job_say_why_it_waits(site: Site) -> None:
    later = datetime.now() + timedelta(hours=12)
    job = await site.bsub("-b", f"{later:%H:%M}", "true")
    await site.until(job, Status.PEND)
    details = await site.lsf.details([job], LIMIT)
    assert f"Job <{job}>" in details.text
    assert details.pending and all(details.pending)


async def test_details_of_a_running_job_have_no_reasons_to_wait(site: Site) -> None:
    job = await site.bsub("sleep", "300")
    await site.until(job, Status.RUN)
    details = await site.lsf.details([job], LIMIT)
    assert f"Job <{job}>" in details.text and details.pending is None


async def test_details_of_several_jobs_are_one_text(site: Site) -> None:
    jobs = [await site.bsub("-H", "true") for _ in range(2)]
    for job in jobs:
        await site.until(job, Status.PSUSP)
    text = (await site.lsf.details([*jobs, UNKNOWN], LIMIT)).text
    assert all(f"Job <{job}>" in text for job in [*jobs, UNKNOWN])


async def test_output_is_peeked_at_while_the_job_runs(site: Site) -> None:
    job = await site.bsub("echo first; echo second; sleep 300")
    await site.until(job, Status.RUN)
    deadline = time.monotonic() + site.within
    while b"second" not in ((await site.lsf.peek(job, site.user, LIMIT)).text or b""):
        assert time.monotonic() < deadline
        await asyncio.sleep(site.every)
    assert (await site.lsf.peek(job, site.user, LIMIT)).text == b"first\nsecond\n"


async def test_there_is_nothing_to_peek_at_before_and_after(site: Site) -> None:
    held, ended = await site.bsub("-H", "true"), await site.bsub("echo first")
    await site.until(held, Status.PSUSP)
    await site.until(ended, Status.DONE)
    for job in (held, ended, UNKNOWN):
        assert (await site.lsf.peek(job, site.user, LIMIT)).text is None


async def test_jobs_are_found_by_their_tag(site: Site) -> None:
    prefix = tag()
    first, second, third = [await site.bsub("-H", "-J", f"{prefix}.{call}", "true") for call in (1, 2, 2)]
    await site.bsub("-H", "-J", f"{tag()}.1", "true")
    for job in (first, second, third):
        await site.until(job, Status.PSUSP)
    await site.lsf.kill([third], site.user)
    await site.until(third, Status.EXIT)
    found = {(job.tag, job.lsf_id, job.user, job.status) for job in await site.lsf.tagged(f"{prefix}.*")}
    assert found == {
        (f"{prefix}.1", first, site.user, Status.PSUSP),
        (f"{prefix}.2", second, site.user, Status.PSUSP),
        (f"{prefix}.2", third, site.user, Status.EXIT),
    }
    assert [job.lsf_id for job in await site.lsf.tagged(f"{prefix}.1")] == [first]


async def test_it_is_said_that_a_tag_has_no_job(site: Site) -> None:
    assert await site.lsf.tagged(f"{tag()}.*") == []
    assert await site.lsf.once_tagged(f"{tag()}.1") == []


async def test_the_history_knows_a_job_by_its_tag(site: Site) -> None:
    name = f"{tag()}.1"
    job = await site.bsub("-J", name, "true")
    await site.until(job, Status.DONE)
    deadline = time.monotonic() + site.within
    while await site.lsf.once_tagged(name) != [job]:
        assert time.monotonic() < deadline
        await asyncio.sleep(site.every)


@pytest.mark.parametrize("kind", ["lsf10"], scope="session")
@pytest.mark.parametrize("odd", ["*", "", "a b", "a'b", "bb.*.1"])
async def test_what_is_no_tag_is_never_searched_for(site: Site, odd: str) -> None:
    with pytest.raises(ValueError, match="no tag"):
        await site.lsf.tagged(odd)
