"""LSF's texts for people, read for the few facts that nothing else tells: `bjobs -l`, `bhist -l`, `bkill`, `lsid`."""

import re
from datetime import UTC, datetime
from itertools import pairwise

from lsf_agent.lsf.elements import log_path
from lsf_agent.lsf.reasons import reason_of
from lsf_agent.lsf.usage import described
from lsf_agent.scheduler import Detail, Facts, Killed, KillRefused, Past, Record, Version
from realtime.domain.status import Status

_SILENCE = re.compile(
    r"Please wait|still trying|limit exceeded|not responding|Communication time out|is down|try later"
    r"|Failed in an LSF library call|Failed in sending/receiving|Cannot connect to LSF|Connection (?:reset|refused)"
)
_USAGE = re.compile(
    r"(?i)\b(?:illegal|invalid|unrecognized|unknown) option|not a valid field name|^usage:", re.MULTILINE
)
_JOB = re.compile(r"^Job <([1-9]\d{0,18})(?:\[(\d+)\])?>", re.MULTILINE)
_EVENT = re.compile(r"^[A-Z][a-z]{2} [A-Z][a-z]{2} +\d+ \d\d:\d\d:\d\d(?: \d{4})?: (.*)$", re.MULTILINE)
_EXIT_CODE = re.compile(r"Exited (?:with|by) (exit code|signal) (\d{1,9})")
_EXITED = re.compile(r"^(?:\[\d+\] )?(?:Exited\b|Completed <exit>|Termination request issued; job is not running)")
_DONE = re.compile(r"^(?:\[\d+\] )?(?:Done successfully|Completed <done>)")
_MOVED = re.compile(
    r"^(?:\[\d+\] )?(?:Submitted|Dispatched|Starting|Started|started|Running|Pending|Requeue|Suspended)"
)
_TERMINATION = re.compile(r"\bTERM_[A-Z_]+\b[^\n;]*")
_OUTPUT = re.compile(r"Output File(?: \(overwrite\))? <([^>\n]+)>")
_FOLDER = re.compile(r"(?<!Execution )\bCWD <([^>\n]+)>")
_USER = re.compile(r", User <([^>\n]*)>")
_SUBMITTED = re.compile(
    r"^[A-Z][a-z]{2} ([A-Z][a-z]{2}) +(\d{1,2}) (\d\d):(\d\d):(\d\d)(?: (\d{4}))?: Submitted from ", re.MULTILINE
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_PENDING = re.compile(r"^ ?PENDING REASONS:[ ]*\n((?:.*\S.*\n?)*)", re.MULTILINE)


def is_silence(text: str) -> bool:
    """LSF's ways of saying that it cannot answer now."""
    return _SILENCE.search(text) is not None


def is_usage(text: str) -> bool:
    """It does not understand the options, whatever else it says."""
    return _USAGE.search(text) is not None


def unwrapped(text: str) -> str:
    """Long lines are folded at 80 columns, even inside words, and go on after 21 blanks."""
    return re.sub(r"\n {21}(?=\S)", "", text)


def blocks(text: str) -> list[tuple[str, int | None, str]]:
    """(id, array index, text) of each job described."""
    flat = unwrapped(text)
    starts = [*_JOB.finditer(flat)]
    begins = [start.start() for start in starts] + [len(flat)]
    return [
        (start[1], int(start[2]) if start[2] else None, flat[begin:end])
        for start, (begin, end) in zip(starts, pairwise(begins), strict=True)
    ]


def detail(text: str, lsf_id: str) -> Detail | None:
    """From `bjobs -UF` or `bjobs -l`; of an array an element that failed, else the first. None: not described."""
    found = [_detail(block, lsf_id, index) for block_id, index, block in blocks(text) if block_id == lsf_id]
    return next((one for one in found if one.reason), found[0] if found else None)


def _detail(block: str, lsf_id: str, index: int | None) -> Detail:
    output, folder = _OUTPUT.search(block), _FOLDER.search(block)
    events = [event[1] for event in _EVENT.finditer(block)]
    exit_code, reason = _end(block, events)
    return Detail(
        exit_code=exit_code,
        reason=reason,
        log_file=log_path(output[1] if output else None, lsf_id, index, folder[1] if folder else None),
        usage=described(block, "\n".join(events)),
    )


def _end(block: str, events: list[str]) -> tuple[int | None, str | None]:
    ended = "\n".join(event for event in events if _EXITED.match(event))
    if not ended:
        return None, None
    code = _EXIT_CODE.search(ended)
    exit_code = (int(code[2]) + (128 if code[1] == "signal" else 0)) if code else None
    termination = _TERMINATION.search(ended) or _TERMINATION.search(block)
    return exit_code, reason_of(exit_code, termination[0] if termination else None)


def pending(text: str) -> tuple[str, ...] | None:
    """The reasons in the text of `bjobs -l`, each once, why jobs wait; None when none does."""
    sections = _PENDING.findall(unwrapped(text))
    lines = (line.strip().removesuffix(";") for section in sections for line in section.splitlines())
    return tuple(dict.fromkeys(line for line in lines if line)) if sections else None


def facts(text: str, lsf_id: str, now: datetime) -> Facts | None:
    """From `bjobs -UF`, `bjobs -l` or `bhist -l`, whose times are in UTC. None: not described.

    A name or command made to look like another owner makes it nobody's: `user` is empty then.
    """
    found = [block for block_id, _, block in blocks(text) if block_id == lsf_id]
    if not found:
        return None
    users = {user for block in found for user in _USER.findall(block)}
    submitted, folder = _SUBMITTED.search(found[0]), _FOLDER.search(found[0])
    return Facts(
        user=users.pop() if len(users) == 1 else "",
        submitted_at=_nearest(submitted, now) if submitted else None,
        folder=folder[1] if folder else None,
    )


def _nearest(found: re.Match[str], now: datetime) -> datetime | None:
    """LSF leaves the year out: the one that brings the time nearest to now."""
    month, day, hour, minute, second, year = found.groups()
    if month not in _MONTHS:
        return None
    times = []
    for candidate in [int(year)] if year else [now.year - 1, now.year, now.year + 1]:
        try:
            times.append(
                datetime(candidate, _MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second), tzinfo=UTC)
            )
        except ValueError:  # 29 February of another year
            continue
    return min(times, key=lambda time: abs(time - now), default=None)


def past(text: str, lsf_id: str) -> Record | Past | None:
    """From `bhist -l`: the job's end, alive, or unknown. None: the text says nothing about this job.

    Of an array: alive while one element is, EXIT when one failed, else DONE.
    """
    found = [_past(block, lsf_id, index) for block_id, index, block in blocks(text) if block_id == lsf_id]
    if not found:
        return Past.UNKNOWN if re.search(r"No matching job found|is not found", text) else None
    ends = [one for one in found if isinstance(one, Record)]
    if len(ends) < len(found):
        return Past.ALIVE
    return next((one for one in ends if one.status is Status.EXIT), ends[0])


def _past(block: str, lsf_id: str, index: int | None) -> Record | None:
    status: Status | None = None
    for event in (found[1] for found in _EVENT.finditer(block)):
        if _DONE.match(event):
            status = Status.DONE
        elif _EXITED.match(event):
            status = Status.EXIT
        elif _MOVED.match(event):
            status = None
    if status is None:
        return None
    told = _detail(block, lsf_id, index)
    queue = re.search(r"to Queue <([^>\n]+)>", block)
    host = re.findall(r"(?:Dispatched|[Ss]tarted|Dispatched \d+ Task\(s\) on Host\(s\)) (?:to|on)? ?<([^>\n]+)>", block)
    return Record(
        status=status,
        exit_code=told.exit_code if status is Status.EXIT else 0,
        reason=told.reason if status is Status.EXIT else None,
        queue=queue[1] if queue else None,
        host=host[-1] if host else None,
        log_file=told.log_file,
        usage=told.usage,
    )


def killed(text: str, lsf_id: str) -> Killed | KillRefused:
    """What `bkill` said of one id."""
    own = re.findall(rf"^Job <{re.escape(lsf_id)}(?:\[[^\]\n]*\])?> ?:? ?(.*)$", text, re.MULTILINE)
    verdicts = [_verdict(sentence.strip()) for sentence in own]
    refused = next((verdict for verdict in verdicts if isinstance(verdict, KillRefused)), None)
    return refused or next(iter(verdicts), Killed.SILENT)


def _verdict(sentence: str) -> Killed | KillRefused:
    if re.search(r"is being (?:terminated|signaled)|Operation is in progress", sentence):
        return Killed.ACCEPTED
    if "already finished" in sentence:
        return Killed.GONE
    if re.search(r"No matching job found|is not found", sentence):
        return Killed.NOT_FOUND
    return Killed.SILENT if is_silence(sentence) else KillRefused(sentence[:500])


def version(text: str) -> Version | None:
    """From the first line of `lsid`; None when the rest says that the cluster does not answer."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines or "My cluster name is" not in text:
        return None
    number = re.search(r"\b\d+(?:\.\d+)+\b", lines[0])
    if number is None:
        return Version(name=lines[0][:100], number=None)
    short = ".".join(number[0].split(".")[:2])
    name = "LSF" if "LSF" in lines[0] else lines[0][: number.start()].strip()
    return Version(name=f"{name} {short}"[:100], number=number[0])
