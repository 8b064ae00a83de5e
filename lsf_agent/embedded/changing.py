"""The commands that act on jobs: bkill, bstop, bresume; and bpeek, which looks into a running one."""

import signal
from dataclasses import dataclass
from pathlib import Path

from lsf_agent.embedded.dialect import VERSIONS
from lsf_agent.embedded.farm import TERMINATE, Farm
from lsf_agent.embedded.jobs import FINISHED, STARTED, Job, Status
from lsf_agent.embedded.naming import named
from lsf_agent.embedded.options import Parsed, RefusedError, parse
from lsf_agent.embedded.texts import OWNER, REQUEUED
from lsf_agent.embedded.view import Answer, View, listed

BKILL_USAGE = (
    "Usage: bkill [-h] [-V] [-l] [-m host_name] [-q queue_name]\n"
    "               [-u user_name | -u all] [0] [-r | -s sigval] [-J job_name] \n"
    '               [jobId | "jobId[index_list]"]...'
)
BPEEK_USAGE = 'Usage: bpeek [-h] [-V] [-q queue_name] [-J job_name] [jobId | "jobId[index]"]'
STOP, CONTINUE = "STOP", "CONT"


def bkill(words: list[str], view: View, farm: Farm) -> Answer:
    """Raises RefusedError, and OSError when the disk refuses."""
    parsed = _parse("bkill", words, flags=("h", "V", "l", "r", "b"), valued=("m", "q", "u", "s", "J", "g", "P"))
    wanted = parsed.value("s")
    if parsed.given("h") or parsed.given("V"):
        return Answer(err=f"{BKILL_USAGE if parsed.given('h') else VERSIONS[view.standing.dialect]}\n")
    if wanted == "":
        raise RefusedError(": Illegal signal value")
    return _each(parsed, view, farm, _signal(wanted) if wanted else None)


def brequeue(words: list[str], view: View, farm: Farm) -> Answer:
    """Started jobs by default, ended ones with -d and -e. Raises RefusedError, and OSError when the disk refuses."""
    parsed = _parse("brequeue", words, flags=("h", "V", "a", "d", "e", "r", "H"), valued=("u", "J"))
    chosen = {"r": STARTED, "d": {Status.DONE}, "e": {Status.EXIT}, "a": STARTED | FINISHED}
    wanted = set().union(*(chosen[option] for option, _ in parsed.options if option in chosen)) or STARTED
    out = err = ""
    for word in parsed.words:
        jobs = [job for job in view.find(word) if job.status in wanted]
        for job in jobs:
            farm.requeue(job)
        out += f"Job <{word}> is being requeued\n" if jobs else ""
        err += "" if jobs else f"Job <{word}>: No matching job found\n"
    return Answer(out=out, err=err, code=255 if err else 0)


def bstop(words: list[str], view: View, farm: Farm) -> Answer:
    """As `bkill -s STOP`."""
    parsed = _parse("bstop", words, flags=("h", "V", "a"), valued=("m", "q", "u", "J"))
    return _each(parsed, view, farm, STOP)


def bresume(words: list[str], view: View, farm: Farm) -> Answer:
    """As `bkill -s CONT`."""
    parsed = _parse("bresume", words, flags=("h", "V"), valued=("m", "q", "u", "J"))
    return _each(parsed, view, farm, CONTINUE)


def _parse(command: str, words: list[str], flags: tuple[str, ...], valued: tuple[str, ...]) -> Parsed:
    usage = BKILL_USAGE.replace("bkill", command)
    return parse(command, words, flags=flags, valued=valued, usage=usage)


def _signal(value: str) -> str:
    """The name of a signal that was given as a name with or without SIG, or as a number."""
    try:
        number = signal.Signals(int(value)) if value.isdecimal() else signal.Signals[f"SIG{value.removeprefix('SIG')}"]
    except (ValueError, KeyError):
        raise RefusedError(f"{value}: Illegal signal value") from None
    return number.name.removeprefix("SIG")


def _each(parsed: Parsed, view: View, farm: Farm, wanted: str | None) -> Answer:
    """Acts on all that was named, and tells of each on its stream; exit code 255 when one failed."""
    out = err = ""
    targets = _targets(parsed, view)
    for word, jobs in targets:
        done, told = _act(word, jobs, farm, wanted, parsed.given("r"))
        out += told if done else ""
        err += "" if done else told
    return Answer(out=out, err=err, code=255 if err else 0)


def _targets(parsed: Parsed, view: View) -> list[tuple[str, list[Job]]]:
    """What was named and the jobs of it. Id 0 and no id mean the user's jobs that match the options."""
    ids = [word for word in parsed.words if word != "0"]
    if ids:
        return [(word, view.find(word)) for word in ids]
    name, queue = parsed.value("J"), parsed.value("q")
    if name is None and queue is None and not parsed.words:
        raise RefusedError("Job ID or other selection is needed.\n" + BKILL_USAGE)
    matching = [
        job
        for job in listed(view.jobs())
        if not job.finished
        and job.submission.user == view.user
        and (name is None or named(name)(job))
        and (queue is None or queue == job.submission.queue)
    ]
    if not matching:
        raise RefusedError(f"Job <{name}> is not found" if name else "No unfinished job found")
    latest = max(job.id for job in matching)
    ids_matching = dict.fromkeys(job.id for job in matching if parsed.words or name is None or job.id == latest)
    return [(str(job_id), [job for job in matching if job.id == job_id]) for job_id in ids_matching]


def _act(word: str, jobs: list[Job], farm: Farm, wanted: str | None, at_once: bool) -> tuple[bool, str]:
    """Whether it was done, and what is said about it."""
    if not jobs:
        return False, f"Job <{word}>: No matching job found\n"
    unfinished = [job for job in jobs if not job.finished]
    if not unfinished:
        return False, f"Job <{word}>: Job has already finished\n"
    for job in unfinished:
        match wanted:
            case "STOP" | "TSTP":
                farm.suspend(job)
            case "CONT":
                farm.resume(job)
            case None if at_once and job.status in STARTED:
                farm.drop(job)
            case None | "KILL":
                _terminate(job, farm, wanted is not None)
            case _ if job.status in STARTED:
                farm.kill(job, (wanted,), None)
            case "INT" | "TERM":
                farm.kill(job, (wanted,), OWNER)
            case _:
                return False, f"Job <{word}>: Job has not started yet\n"
    return True, f"Job <{word}> is being {VERBS.get(wanted or 'KILL', 'signaled')}\n"


VERBS = {"STOP": "stopped", "TSTP": "stopped", "CONT": "resumed", "KILL": "terminated"}


def _terminate(job: Job, farm: Farm, at_once: bool) -> None:
    """Begins to end a job. One that is ending already is let alone, unless it should end at once."""
    signals = ("KILL",) if at_once else TERMINATE
    killed = job.killed
    ending = killed is not None and killed.signals[-1] == "KILL" and killed.reason != REQUEUED
    if not ending or (at_once and killed is not None and killed.signals != signals):
        farm.kill(job, signals, OWNER)


@dataclass(frozen=True, kw_only=True)
class Peek:
    """The spool of a running job, to be printed. `job`: what is said when it has just gone."""

    out: Path
    err: Path | None
    gone: str


def bpeek(words: list[str], view: View, farm: Farm) -> Peek | Answer:
    """Raises RefusedError."""
    parsed = parse("bpeek", words, flags=("h", "V"), valued=("q", "J", "m"), usage=BPEEK_USAGE)
    if parsed.given("h") or parsed.given("V"):
        return Answer(err=f"{BPEEK_USAGE if parsed.given('h') else VERSIONS[view.standing.dialect]}\n")
    name = parsed.value("J")
    if parsed.words:
        jobs = view.find(parsed.words[0])
    else:
        jobs = [job for job in view.jobs() if job.status in STARTED and (name is None or named(name)(job))][-1:]
    word = parsed.words[0] if parsed.words else name or "0"
    running = [job for job in jobs if job.status in STARTED]
    if running:
        folder = farm.runners.folder(running[0].key)
        err = folder / "err" if running[0].submission.err is not None else None
        return Peek(out=folder / "out", err=err, gone=f"Job <{word}> is not found\n")
    if any(job.status in (Status.PEND, Status.PSUSP) for job in jobs):
        return Answer(err=f"Job <{word}> : Not yet started.\n", code=255)
    return Answer(err=f"Job <{word}> is not found\n", code=255)
