"""The long texts of `bjobs -l`, `bjobs -UF` and `bhist -l`, and how LSF breaks their lines."""

from collections.abc import Iterator

from lsf_agent.embedded.delivery import home
from lsf_agent.embedded.jobs import AWAY, Job, Status
from lsf_agent.embedded.selection import pending_reason
from lsf_agent.embedded.texts import long_time, one_line, shown_limit, shown_memory
from lsf_agent.embedded.view import View

LINE = 79
INDENT = 21
LOADS = (
    " SCHEDULING PARAMETERS:\n"
    "           r15s   r1m  r15m   ut      pg    io   ls    it    tmp    swp    mem\n"
    " loadSched   -     -     -     -       -     -    -     -     -      -      -  \n"
    " loadStop    -     -     -     -       -     -    -     -     -      -      -  \n"
)
RESOURCES = "select[type == local] order[r15s:pg]"
RULE = "-" * 78 + "\n"
UNREACHABLE = "Unknown; unable to reach the execution host"
SPENT = (Status.PEND, Status.PSUSP, Status.RUN, Status.USUSP)


def wrap(line: str) -> str:
    """LSF's wrapping: after 79 columns, in the middle of a word too; the next line goes on below the text.

    A blank at the break is lost, as it is in LSF.
    """
    parts = [line[:LINE]]
    rest = line[LINE:]
    while rest or len(parts[-1]) == LINE:
        rest = rest.removeprefix(" ")
        parts.append(" " * INDENT + rest[: LINE - INDENT])
        rest = rest[LINE - INDENT :]
    return "\n".join(parts)


def bjobs(job: Job, view: View, wrapped: bool) -> str:
    """One job, from the blank line above it on."""
    fold = wrap if wrapped else str
    text = "".join(f"{fold(line)}\n" for line in [f"{_head(job)}, {_status(job)}", _submitted(job, "")])
    text += _limit(job)
    text = "\n" + text + "".join(f"{fold(line)}\n" for line in _since(job, view))
    reason = pending_reason(job, view.book, view.now, view.config)
    if reason is not None:
        text += f" PENDING REASONS:\n {reason};\n"
    effective = RESOURCES if job.started_at else "-"
    text += _memory(job, view)
    return f"{text}\n{LOADS}\n RESOURCE REQUIREMENT DETAILS:\n Combined: {RESOURCES}\n Effective: {effective}\n\n"


def _head(job: Job) -> str:
    submission = job.submission
    named = submission.job_name != one_line(submission.command)
    name = f"Job Name <{one_line(job.name)}>, " if named or job.index else ""
    return f"Job <{job.label}>, {name}User <{submission.user}>, Project <{submission.project}>"


def _status(job: Job) -> str:
    submission = job.submission
    return f"Status <{job.status}>, Queue <{submission.queue}>, Command <{one_line(submission.command)}>"


def _submitted(job: Job, queue: str) -> str:
    submission = job.submission
    begin = submission.begin_at
    parts = [
        f"Submitted from host <{submission.host}>",
        queue,
        f"Specified Start Time <{long_time(begin)}>" if begin else "",
        f"CWD <{_short(submission.cwd)}>",
        f"Input File <{submission.stdin}>" if submission.stdin else "",
        f"Output File{'' if submission.out_appends else ' (overwrite)'} <{submission.out}>" if submission.out else "",
        f"Error File{'' if submission.err_appends else ' (overwrite)'} <{submission.err}>" if submission.err else "",
        f"Dependency Condition <{submission.after}>" if submission.after else "",
        f"{submission.slots} Task(s)" if submission.slots > 1 else "",
    ]
    return f"{long_time(job.submitted_at)}: {', '.join(filter(None, parts))};"


def _short(cwd: str) -> str:
    """A directory as LSF shows it: below the home directory with $HOME."""
    base = home()
    if base != "/" and (cwd == base or cwd.startswith(f"{base}/")):
        return "$HOME" + cwd.removeprefix(base)
    return cwd


def _limit(job: Job) -> str:
    run_limit, memory_limit = job.submission.run_limit, job.submission.memory_limit
    text = "" if run_limit is None else f"\n RUNLIMIT                \n {run_limit:.1f} min                 \n"
    return text + ("" if memory_limit is None else f"\n MEMLIMIT\n {shown_limit(memory_limit):>8} \n")


def _memory(job: Job, view: View) -> str:
    """The average is not measured: the peak stands in its place."""
    memory = view.memory(job)
    if memory is None:
        return ""
    return f"\n MEMORY USAGE:\n MAX MEM: {shown_memory(memory)};  AVG MEM: {shown_memory(memory)}\n"


def _since(job: Job, view: View) -> Iterator[str]:
    """What happened after the submission, a line each."""
    submission = job.submission
    if job.started_at is not None:
        hosts = " ".join(f"<{submission.host}>" for _ in range(submission.slots))
        task = f"[{job.index}] started" if job.index else "Started"
        yield (
            f"{long_time(job.started_at)}: {task} {submission.slots} Task(s) on Host(s) {hosts}, "
            f"Allocated {submission.slots} Slot(s) on Host(s) {hosts}, "
            f"Execution Home <{home()}>, Execution CWD <{submission.cwd}>;"
        )
    if job.status in AWAY:
        yield f"{long_time(job.since)}: {UNREACHABLE};"
    if job.status is Status.USUSP:
        yield f"{long_time(job.since)}: Suspended by the user;"
    if job.ended_at is not None:
        yield f"{long_time(job.ended_at)}: {_ended(job)}."
    if job.finished and job.reason is not None and not view.standing.dialect.descends:
        yield f"{long_time(job.ended_at or job.since)}: Completed <exit>; {job.reason}."


def _ended(job: Job) -> str:
    cpu = f"The CPU time used is {job.cpu:.1f} seconds"
    if job.status is Status.DONE:
        return f"Done successfully. {cpu}"
    return f"Exited with exit code {job.exit}. {cpu}" if job.exit is not None else "Exited"


def bhist(jobs: list[Job], view: View) -> str:
    """Jobs for `bhist -l`."""
    return RULE.join(_history(job, view) for job in jobs) + "\n"


def _history(job: Job, view: View) -> str:
    lines = list(_events(job, view))
    first = f"{_head(job)}, Command <{one_line(job.submission.command)}>"
    submitted = _submitted(job, f"to Queue <{job.submission.queue}>")
    until = job.ended_at or view.now
    return (
        f"\n{first}\n{submitted}\n{_limit(job)}"
        + "".join(f"{wrap(line)}\n" for line in lines)
        + _memory(job, view)
        + f"\nSummary of time in seconds spent in various states by  {long_time(until)}\n"
        + "  PEND     PSUSP    RUN      USUSP    SSUSP    UNKWN    TOTAL\n"
        + "  "
        + "".join(f"{number:<9}" for number in spent(job, view)[:-1])
        + f"{spent(job, view)[-1]:<12}\n"
    )


def _events(job: Job, view: View) -> Iterator[str]:
    submission = job.submission
    if job.started_at is not None:
        at = long_time(job.started_at)
        pid = job.pid or view.pid(job.key) or "-"
        yield f"{at}: Dispatched to <{submission.host}>;"
        yield f"{at}: Starting (Pid {pid});"
        yield (
            f"{at}: Running with execution home <{home()}>, Execution CWD <{submission.cwd}>, Execution Pid <{pid}>;"
        )
    if job.status in AWAY:
        yield f"{long_time(job.since)}: {UNREACHABLE};"
    if job.killed is not None:
        signal = "KILL" if len(job.killed.signals) > 1 else job.killed.signals[0]
        yield (f"{long_time(job.killed.at)}: Signal <{signal}> requested by user or administrator <{submission.user}>;")
    if job.ended_at is not None:
        yield f"{long_time(job.ended_at)}: {_ended(job)};"
    if job.finished and job.reason is not None and not view.standing.dialect.descends:
        yield f"{long_time(job.ended_at or job.since)}: Completed <exit>; {job.reason};"


def spent(job: Job, view: View) -> list[int]:
    """Whole seconds in PEND, PSUSP, RUN, USUSP, SSUSP, UNKWN, and all of them."""
    seconds = [int(job.seconds(status, view.now)) for status in SPENT]
    seconds += [0, int(sum(job.seconds(status, view.now) for status in AWAY))]
    return [*seconds, sum(seconds)]
