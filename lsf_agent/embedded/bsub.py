"""The submission that the options of bsub make. Pure; refusals are RefusedError."""

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lsf_agent.embedded import dependency, environment
from lsf_agent.embedded.events import Submission
from lsf_agent.embedded.jobs import Book
from lsf_agent.embedded.naming import indices
from lsf_agent.embedded.options import Parsed, RefusedError
from lsf_agent.embedded.texts import DEFAULT_QUEUE, NOT_SUBMITTED, QUEUES, one_line

NAME_LIMIT = 4094
ELEMENTS_LIMIT = 1000
SECTION = re.compile(r"(select|order|rusage|span|same|cu|affinity)\[[^\[\]]*\]")


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who calls bsub and where."""

    user: str
    host: str
    cwd: str
    umask: int
    token: str
    environment: Mapping[str, str]
    slots: int
    """of the farm"""
    now: datetime
    refusing: Mapping[str, str] = field(default_factory=dict)
    """queues, and why they take no job"""


def command_line(words: Sequence[str]) -> str:
    """How bsub makes one line for the shell: the first word as it is, a later one with a blank in quotes."""
    first, *others = words
    return " ".join([first, *map(_quoted, others)])


def _quoted(word: str) -> str:
    if " " not in word:
        return word
    return f"'{word}'" if '"' in word or "$" in word else f'"{word}"'


def submission(parsed: Parsed, script: str | None, caller: Caller, book: Book) -> Submission:
    """What the options and the command, or the script in its place, ask for."""
    if script is None:
        script = command_line(parsed.words)
        shell = "/bin/sh"
    else:
        shell = _interpreter(script)
    command = one_line(script)
    name, elements, at_once = _array(parsed.value("J"))
    if interactive(parsed) and elements:
        raise RefusedError(f"Interactive mode not supported for a job array. {NOT_SUBMITTED}")
    out, out_appends = _output(parsed, "o", "oo")
    err, err_appends = _output(parsed, "e", "eo")
    _check_host(parsed.value("m"), caller.host)
    _check_resources([value for option, value in parsed.options if option == "R"])
    return Submission(
        command=command,
        script=script,
        shell=shell,
        job_name=command[:NAME_LIMIT] if name is None else name,
        queue=_queue(parsed.value("q"), caller.refusing),
        user=caller.user,
        host=caller.host,
        cwd=str(Path(caller.cwd) / (parsed.value("cwd") or "")),
        umask=caller.umask,
        token=caller.token,
        project=parsed.value("P") or "default",
        indices=elements,
        at_once=at_once,
        slots=_slots(parsed.value("n"), caller.slots),
        exclusive=parsed.given("x"),
        out=out,
        out_appends=out_appends,
        err=err,
        err_appends=err_appends,
        stdin=parsed.value("i") or parsed.value("is"),
        mailed=parsed.given("N"),
        run_limit=_run_limit(parsed.value("W")),
        memory_limit=_memory_limit(parsed.value("M")),
        after=_after(parsed.value("w"), book),
        begin_at=_begin(parsed.value("b"), caller.now),
        held=parsed.given("H"),
        pre=parsed.value("E"),
        post=parsed.value("Ep"),
    )


def handed_on(parsed: Parsed, caller: Caller) -> dict[str, str]:
    """The variables that the job gets from its submitter."""
    option = parsed.value("env")
    if option is None:
        return dict(caller.environment)
    chosen = environment.chosen(option, caller.environment)
    if chosen is None:
        raise RefusedError(f"{option}: Bad -env specification. {NOT_SUBMITTED}")
    return chosen


def interactive(parsed: Parsed) -> bool:
    """Whether bsub stays and prints the job's output."""
    return any(map(parsed.given, ("I", "Ip", "Is")))


def _interpreter(script: str) -> str:
    first = script.partition("\n")[0]
    try:
        words = shlex.split(first[2:]) if first.startswith("#!") else []
    except ValueError:
        words = []
    return shlex.join(words) if words and words[0].startswith("/") else "/bin/sh"


def _array(option: str | None) -> tuple[str | None, tuple[int, ...], int | None]:
    """Name, indices and the limit of elements that run at once. What is no index list belongs to the name."""
    if option is None:
        return None, (), None
    if len(option) > NAME_LIMIT:
        raise RefusedError(f"Bad job name. {NOT_SUBMITTED}")
    match = re.fullmatch(r"([^\[]*)\[([^\]]*)\](?:%([1-9][0-9]{0,5}))?", option)
    elements = indices(match[2]) if match else None
    if match is None or elements is None:
        return option, (), None
    if len(elements) > ELEMENTS_LIMIT:
        raise RefusedError(f"Job array index too large. {NOT_SUBMITTED}")
    return match[1], elements, int(match[3]) if match[3] else None


def _output(parsed: Parsed, appends: str, overwrites: str) -> tuple[str | None, bool]:
    """The path, and whether it is appended to; of both options the last one counts."""
    for option, value in reversed(parsed.options):
        if option in (appends, overwrites):
            if not value:
                raise RefusedError(f"Bad output file name. {NOT_SUBMITTED}")
            return value, option == appends
    return None, True


def _queue(option: str | None, refusing: Mapping[str, str]) -> str:
    names = (option or DEFAULT_QUEUE).split()
    for name in names:
        if name not in QUEUES:
            raise RefusedError(f"{name}: No such queue. {NOT_SUBMITTED}")
        if name in refusing:
            raise RefusedError(f"{name}: {refusing[name]}. {NOT_SUBMITTED}")
    return names[0] if names else DEFAULT_QUEUE


def _slots(option: str | None, available: int) -> int:
    if option is None:
        return 1
    match = re.fullmatch(r"([1-9][0-9]{0,8})(?:,([1-9][0-9]{0,8}))?", option)
    if match is None or int(match[2] or match[1]) < int(match[1]):
        raise RefusedError(f"{option}: Bad processor number specification. {NOT_SUBMITTED}")
    if int(match[1]) > available:
        raise RefusedError(f"Too many processors requested. {NOT_SUBMITTED}")
    return int(match[1])


def _run_limit(option: str | None) -> int | None:
    """Minutes, of `[hours:]minutes[/host]`."""
    if option is None:
        return None
    match = re.fullmatch(r"(?:([0-9]{1,6}):)?([0-9]{1,6})(?:/.+)?", option)
    minutes = 60 * int(match[1] or 0) + int(match[2]) if match else 0
    if not minutes:
        raise RefusedError(f"{option}: Bad RUNLIMIT specification. {NOT_SUBMITTED}")
    return minutes


def _memory_limit(option: str | None) -> int | None:
    """Bytes, of `8000000` (KB), `8000M`, `8GB`."""
    if option is None:
        return None
    match = re.fullmatch(r"([0-9]{1,12})(?:([KMGT])B?)?!?", option, re.IGNORECASE)
    size = int(match[1]) * 1024 ** (1 + "KMGT".index((match[2] or "K").upper())) if match else 0
    if not size:
        raise RefusedError(f"{option}: Bad MEMLIMIT specification. {NOT_SUBMITTED}")
    return size


def _after(option: str | None, book: Book) -> str:
    if option is None:
        return ""
    terms = dependency.parse(option)
    if terms is None:
        raise RefusedError(
            f"{option}: Bad dependency condition; the embedded scheduler takes done(ID), ended(ID), exit(ID) and "
            f"started(ID), joined by &&. {NOT_SUBMITTED}"
        )
    for _, job_id in terms:
        if not book.of(job_id):
            raise RefusedError(f"{job_id}: No matching job found. {NOT_SUBMITTED}")
    return option


def _begin(option: str | None, now: datetime) -> datetime | None:
    """The next such moment in local time, of `[[month:]day:]hour:minute`."""
    if option is None:
        return None
    parts = [int(part) for part in option.split(":")] if re.fullmatch(r"[0-9]{1,2}(:[0-9]{1,2}){1,3}", option) else []
    if parts and parts[-2] < 24 and parts[-1] < 60:
        here = now.astimezone().replace(second=0, microsecond=0, tzinfo=None)
        for days in range(366):
            moment = (here + timedelta(days=days)).replace(hour=parts[-2], minute=parts[-1])
            if moment > here and [moment.month, moment.day, *parts[-2:]][-len(parts) :] == parts:
                return moment.astimezone(UTC)
    raise RefusedError(f"{option}: Bad time specification. {NOT_SUBMITTED}")


def _check_host(option: str | None, host: str) -> None:
    for name in (option or "").split():
        if name.partition("+")[0] not in (host, "localhost", "all", "others"):
            raise RefusedError(f"{name}: Bad host name, host group name or cluster name. {NOT_SUBMITTED}")


def _check_resources(options: list[str]) -> None:
    """The form of -R; what is asked for does not matter on one machine."""
    for option in options:
        if "[" in SECTION.sub("", option) or "]" in SECTION.sub("", option):
            raise RefusedError(f"Bad resource requirement syntax. {NOT_SUBMITTED}")
