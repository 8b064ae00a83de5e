"""What becomes of kills."""

from lsf_agent.scheduler import Killed, KillRefused
from realtime.domain.status import Status
from tests.scheduler.site import UNKNOWN, Site


async def test_a_waiting_job_is_killed(site: Site) -> None:
    job = await site.bsub("-H", "true")
    await site.until(job, Status.PSUSP)
    assert await site.lsf.kill([job], site.user) == {job: Killed.ACCEPTED}
    assert (await site.until(job, Status.EXIT)).status is Status.EXIT


async def test_a_running_job_is_killed_and_says_by_whom(site: Site) -> None:
    job = await site.bsub("sleep", "300")
    await site.until(job, Status.RUN)
    assert await site.lsf.kill([job], site.user) == {job: Killed.ACCEPTED}
    status, _, reason = await site.end(job)
    assert status is Status.EXIT
    if site.tells_reasons:
        assert reason is not None and "TERM_OWNER" in reason


async def test_a_job_is_killed_twice_without_complaint(site: Site) -> None:
    job = await site.bsub("sleep", "300")
    await site.until(job, Status.RUN)
    await site.lsf.kill([job], site.user)
    again = await site.lsf.kill([job], site.user)
    assert again[job] in (Killed.ACCEPTED, Killed.GONE)


async def test_each_of_several_kills_has_its_own_answer(site: Site) -> None:
    ended, held = await site.bsub("true"), await site.bsub("-H", "true")
    await site.until(held, Status.PSUSP)
    await site.until(ended, Status.DONE)
    assert await site.lsf.kill([ended, UNKNOWN, held], site.user) == {
        ended: Killed.GONE,
        UNKNOWN: Killed.NOT_FOUND,
        held: Killed.ACCEPTED,
    }


async def test_what_is_no_id_is_refused_without_asking(site: Site) -> None:
    held = await site.bsub("-H", "true")
    await site.until(held, Status.PSUSP)
    for odd in ("0", "-u", "all", f"{held} 0", ""):
        assert isinstance((await site.lsf.kill([odd], site.user))[odd], KillRefused)
    assert (await site.until(held, Status.PSUSP)).status is Status.PSUSP


async def test_one_element_of_an_array_is_killed_alone(site: Site) -> None:
    job = await site.bsub("-H", "-J", "elements[1-3]", "true")
    await site.until(job, Status.PSUSP)
    assert await site.lsf.kill([f"{job}[2]"], site.user) == {f"{job}[2]": Killed.ACCEPTED}
    assert (await site.until(job, Status.PSUSP)).elements == {"PSUSP": 2, "EXIT": 1}
    assert await site.lsf.kill([job], site.user) == {job: Killed.ACCEPTED}
    assert (await site.until(job, Status.EXIT)).elements == {"EXIT": 3}


async def test_a_job_is_ended_by_force(site: Site) -> None:
    job = await site.bsub("sleep", "300")
    await site.until(job, Status.RUN)
    assert await site.lsf.kill([job], site.user, force=True) == {job: Killed.ACCEPTED}
    assert (await site.until(job, Status.EXIT)).status is Status.EXIT
