"""An agent is asked about a job, for people who wait."""

from functools import partial

from realtime.domain.errors import NotFound, Unavailable
from realtime.protocol.questions import Answer, Question
from realtime.store import jobs, locations
from realtime.store.jobs import StoredJob
from realtime.web.context import House, house


async def read_stored(job_id: str) -> StoredJob:
    """The job's facts; raises NotFound."""
    stored = await house().store.read(partial(jobs.find, job_id=job_id))
    if stored is None:
        raise NotFound(f"there is no job {job_id[:40]!r}", field="id")
    return stored


def question_of(stored: StoredJob, kind: str) -> Question:
    """A question of that kind about the job; `msgspec.structs.replace` adds what else it needs."""
    return Question(
        id="",
        kind=kind,
        job=stored.job.id,
        user=stored.user,
        executable=stored.executable,
        lsf_ids=[lsf_job.lsf_id for lsf_job in stored.job.lsf_jobs],
        ended=not stored.status.live,
        log_file=stored.job.log_file,
    )


async def ask(stored: StoredJob, question: Question) -> Answer:
    """The agent's answer; raises Unavailable, at once when the agent is known to be away."""
    return await ask_in(house(), stored, question)


async def ask_in(here: House, stored: StoredJob, question: Question) -> Answer:
    """As `ask`, also when no request is being served."""
    place = await here.store.read(partial(locations.find, name=stored.location))
    if place is None or not place["agent_connected"]:
        raise Unavailable(f"the batch client of {stored.location} is away", code="agent_away")
    return await here.questions.ask(stored.location, question)
