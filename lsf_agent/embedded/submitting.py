"""bsub at the daemon's end: asks for the script, submits, and stays with the job when that is wanted."""

import asyncio
import os
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import BinaryIO

from lsf_agent.embedded import bsub, bsub_options
from lsf_agent.embedded.dialect import VERSIONS
from lsf_agent.embedded.farm import Farm
from lsf_agent.embedded.jobs import FINISHED, STARTED
from lsf_agent.embedded.line import Line, Request
from lsf_agent.embedded.options import Parsed, RefusedError
from lsf_agent.embedded.texts import DEFAULT_QUEUE, NOT_SUBMITTED, full_time
from lsf_agent.embedded.view import Answer

KILLED_WHILE_PENDING = 126
FOLLOW_EVERY = 0.05


async def submit(request: Request, line: Line, farm: Farm, user: str, host: str) -> None:
    """Raises RefusedError, and OSError when the disk refuses; then there is no job."""
    day = farm.standing()
    parsed = bsub_options.options(request.words, day.dialect)
    if parsed.given("h") or parsed.given("V"):
        await line.answer(Answer(err=f"{bsub_options.USAGE if parsed.given('h') else VERSIONS[day.dialect]}\n"))
        return
    script = None
    if not parsed.words:
        script = await _script(line)
        parsed = bsub_options.with_script(parsed, script, day.dialect)
    caller = bsub.Caller(
        user=user,
        host=host,
        cwd=request.cwd,
        umask=request.umask,
        token=request.token,
        environment=request.environment,
        slots=farm.settings().slots,
        refusing=day.queues,
        now=datetime.now(UTC),
    )
    use_time_zone(request.environment.get("TZ"))
    asked = bsub.submission(parsed, script, caller, farm.book)
    interactive = bsub.interactive(parsed)
    handed_on = bsub.handed_on(parsed, caller)
    tokens = [request.token, *(f"{request.token}.{number}" for number in range(2, request.jobs + 1))]
    job_id = [farm.submit(replace(asked, token=token), handed_on) for token in tokens][-1]
    spool = farm.runners.spool((job_id, 0)) if interactive else None
    if "BSUB_QUIET" not in request.environment:
        queue = f"default queue <{DEFAULT_QUEUE}>" if parsed.value("q") is None else f"queue <{asked.queue}>"
        stream = "err" if "BSUB_STDERR" in request.environment else "out"
        await line.send({stream: f"Job <{job_id}> is submitted to {queue}.\n"})
    if asked.begin_at is not None:
        use_time_zone(request.environment.get("TZ"))
        await line.send({"err": f"Job will be scheduled after {full_time(asked.begin_at)}\n"})
    if spool is not None:
        with spool:
            await _accompany(job_id, spool, request.streamed, host, line, farm)
    elif parsed.given("K"):
        await line.send({"err": "<<Waiting for dispatch ...>>\n"})
        await _end(job_id, farm)
        await line.send({"err": "<<Job is finished>>\n"})
    await line.answer(Answer(code=_exit_code(job_id, farm) if _stays(parsed) else 0))


def _stays(parsed: Parsed) -> bool:
    return parsed.given("K") or bsub.interactive(parsed)


async def _script(line: Line) -> str:
    await line.send({"ask": "stdin"})
    script = str((await line.receive())["stdin"])
    if not script.strip():
        raise RefusedError(f"No command is specified. {NOT_SUBMITTED}")
    return script


async def _end(job_id: int, farm: Farm) -> None:
    while not all(job.finished for job in farm.book.of(job_id)):
        await farm.turn.wait()


def _exit_code(job_id: int, farm: Farm) -> int:
    """The job's, of an array that of the first element that failed."""
    codes = [KILLED_WHILE_PENDING if job.exit is None else job.exit for job in farm.book.of(job_id)]
    return next(filter(None, codes), 0)


async def _accompany(job_id: int, spool: BinaryIO, position: int, host: str, line: Line, farm: Farm) -> None:
    """Prints the output of an interactive job while it comes, until the job has ended."""
    key = (job_id, 0)
    await line.send({"err": "<<Waiting for dispatch ...>>\n"})
    while farm.book.jobs[key].status not in STARTED | FINISHED:
        await farm.turn.wait()
    await line.send({"err": f"<<Starting on {host}>>\n"})
    spool.seek(position)
    while True:
        finished = farm.book.jobs[key].finished
        part = spool.read(1 << 16)
        if part:
            await line.send({"job": part.decode("utf-8", "surrogateescape")})
        elif finished:
            return
        else:
            await asyncio.sleep(FOLLOW_EVERY)


def use_time_zone(zone: str | None) -> None:
    """Times are read and shown in the caller's time zone. Counts until the next await, as callers share the process."""
    if zone is None:
        os.environ.pop("TZ", None)
    else:
        os.environ["TZ"] = zone
    time.tzset()
