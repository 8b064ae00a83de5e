"""The commands that only look: bjobs, bhist, bqueues, lsid."""

from lsf_agent.embedded import fields, longform
from lsf_agent.embedded.dialect import BJOBS_LACKS, VERSIONS
from lsf_agent.embedded.jobs import FINISHED, STARTED, WAITING, Job, Status
from lsf_agent.embedded.naming import named
from lsf_agent.embedded.options import Parsed, RefusedError, parse
from lsf_agent.embedded.selection import pending_reason
from lsf_agent.embedded.standing import covers
from lsf_agent.embedded.texts import CLUSTER, DEFAULT_QUEUE, QUEUES, one_line, short_time
from lsf_agent.embedded.view import Answer, View, listed

BJOBS_USAGE = (
    "Usage: bjobs [-h] [-V] [-w |-l |-UF] [-a] [-d] [-p] [-s] [-r] [-A] [-noheader]\n"
    "             [-o \"field_name[:[-][width]] ... [delimiter='character']\"] [-json]\n"
    "             [-m host_name] [-q queue_name] [-u user_name | -u all]\n"
    '             [-P project_name] [-J name_spec] [jobId | "jobId[idxList]" ...]'
)
BHIST_USAGE = (
    "Usage: bhist [-h] [-V] [-l] [-w] [-a] [-d] [-e] [-p] [-r] [-s] [-n num_logfiles]\n"
    '             [-q queue_name] [-u user_name | -u all] [-J name_spec] [jobId | "jobId[idxList]" ...]'
)
HEADER = "JOBID   USER    STAT  QUEUE      FROM_HOST   EXEC_HOST   JOB_NAME   SUBMIT_TIME\n"
BJOBS_FLAGS = ("h", "V", "w", "l", "UF", "a", "d", "p", "s", "r", "A", "noheader", "json", "X", "W")
BJOBS_VALUED = ("o", "m", "q", "u", "P", "J", "N", "g", "app", "sla")
COUNTED = (set(Status), WAITING, STARTED - {Status.USUSP}, {Status.USUSP})
"""What bqueues counts, in slots: all, waiting, running, suspended."""
NO_UNFINISHED = 254
"""Exit code of bjobs that has nothing to list."""


def bjobs(words: list[str], view: View) -> Answer:
    """Raises RefusedError."""
    parsed = parse(
        "bjobs",
        words,
        flags=tuple(flag for flag in BJOBS_FLAGS if flag not in BJOBS_LACKS[view.standing.dialect]),
        valued=tuple(option for option in BJOBS_VALUED if option not in BJOBS_LACKS[view.standing.dialect]),
        usage=BJOBS_USAGE,
    )
    if parsed.given("h") or parsed.given("V"):
        return Answer(err=f"{BJOBS_USAGE if parsed.given('h') else VERSIONS[view.standing.dialect]}\n")
    if parsed.given("json") and parsed.value("o") is None:
        raise RefusedError("The -json option must be used with the -o option.")
    if parsed.given("json") and parsed.given("noheader"):
        raise RefusedError("The -json option cannot be used with the -noheader option.")
    found = _found(parsed, view)
    jobs = [job for job in found if isinstance(job, Job)]
    unknown = "".join(f"Job <{word}> is not found\n" for word in found if isinstance(word, str))
    spec = parsed.value("o")
    if spec is not None:
        try:
            wanted = fields.parse(spec, view.standing.dialect)
        except fields.BadFieldError as error:
            return Answer(err=f"{error}\n", code=99)
        if parsed.given("json") and found:
            return Answer(out=fields.as_json(wanted, found, view), code=0 if jobs else 255)
    if not found:
        return _nothing(parsed)
    code = 255 if unknown else 0
    if not jobs:
        return Answer(err=unknown, code=code)
    if spec is not None:
        return Answer(out=fields.table(wanted, jobs, view, not parsed.given("noheader")), err=unknown, code=code)
    if parsed.given("l") or parsed.given("UF"):
        texts = (longform.bjobs(job, view, parsed.given("l")) for job in jobs)
        return Answer(out=longform.RULE.join(texts), err=unknown, code=code)
    if parsed.given("A"):
        return Answer(out=_arrays(jobs), err=unknown, code=code)
    lines = [_line(job, parsed, view) for job in jobs]
    header = "" if parsed.given("noheader") else HEADER
    return Answer(out=header + "".join(lines), err=unknown, code=code)


def _found(parsed: Parsed, view: View) -> list[Job | str]:
    """The jobs asked for, in the order of listing, and after them the ids that are not known."""
    every = {job.key: job for word in parsed.words for job in view.find(word)} if parsed.words else None
    jobs = listed(list(every.values()) if every is not None else view.jobs())
    user = parsed.value("u") or view.user
    name = parsed.value("J")
    queue = parsed.value("q")
    host = parsed.value("m")
    shown = _statuses(parsed)
    kept = [
        job
        for job in jobs
        if (every is not None or user in ("all", job.submission.user))
        and (name is None or named(name)(job))
        and (queue is None or queue == job.submission.queue)
        and (host is None or host == job.submission.host)
        and (shown is None or job.status in shown)
    ]
    unknown = [word for word in parsed.words if not view.find(word)]
    return [*(job for job in kept if not covers(view.standing.omitted, job)), *unknown]


def _statuses(parsed: Parsed) -> set[Status] | None:
    """None: whatever it is. Without an option: what has not ended, or everything for ids."""
    chosen: set[Status] = set()
    if parsed.given("r"):
        chosen.add(Status.RUN)
    if parsed.given("p"):
        chosen |= {Status.PEND, Status.PSUSP}
    if parsed.given("s"):
        chosen |= {Status.PSUSP, Status.USUSP}
    if parsed.given("d"):
        chosen |= FINISHED
    if parsed.given("a") or (parsed.words and not chosen):
        return None
    return chosen or set(Status) - FINISHED


def _nothing(parsed: Parsed) -> Answer:
    """Of ids all are omitted: nothing is said at all."""
    if parsed.words:
        return Answer()
    if parsed.value("J") is not None:
        return Answer(err=f"Job <{parsed.value('J')}> is not found\n", code=255)
    if parsed.given("a"):
        return Answer(err="No job found\n", code=NO_UNFINISHED)
    for option, what in (("r", "running"), ("p", "pending"), ("s", "suspended"), ("d", "DONE/EXIT")):
        if parsed.given(option):
            return Answer(err=f"No {what} job found\n", code=NO_UNFINISHED)
    return Answer(err="No unfinished job found\n", code=NO_UNFINISHED)


def _line(job: Job, parsed: Parsed, view: View) -> str:
    submission = job.submission
    host = submission.host if job.started_at else ""
    name = one_line(job.name)
    cells = [str(job.id), submission.user, job.status.value, submission.queue, submission.host]
    if parsed.given("w"):
        cells += [host or "   -", name]
        text = "{:<7} {:<7} {:<5} {:<10} {:<11} {:<11} {:<10}".format(*cells)
    else:
        cells[0] = cells[0][-7:]
        cells += [host, name if len(name) <= 10 else f"*{name[-9:]}"]
        text = "{:<7.7} {:<7.7} {:<5.5} {:<10.10} {:<11.11} {:<11.11} {:<10.10}".format(*cells)
    reason = pending_reason(job, view.book, view.now, view.config) if parsed.given("p") else None
    return f"{text} {short_time(job.submitted_at)}\n" + (f" {reason};\n" if reason else "")


def _arrays(jobs: list[Job]) -> str:
    """`bjobs -A`: one line for each array."""
    lines = ["JOBID    ARRAY_SPEC  OWNER   NJOBS PEND DONE  RUN EXIT SSUSP USUSP PSUSP\n"]
    for job_id in dict.fromkeys(job.id for job in jobs if job.index):
        elements = [job for job in jobs if job.id == job_id]
        submission = elements[0].submission
        spec = f"{submission.job_name}[{submission.indices[0]}-{submission.indices[-1]}]"
        count = {status: sum(job.status is status for job in elements) for status in Status}
        lines.append(
            f"{job_id:<8} {spec[-9:]:<9} {submission.user:<7.7} {len(elements):>7} {count[Status.PEND]:>4} "
            f"{count[Status.DONE]:>4} {count[Status.RUN]:>4} {count[Status.EXIT]:>4} {0:>5} "
            f"{count[Status.USUSP]:>5} {count[Status.PSUSP]:>5}\n"
        )
    return "".join(lines)


def bhist(words: list[str], view: View) -> Answer:
    """Knows every job that there ever was. Raises RefusedError."""
    parsed = parse(
        "bhist",
        words,
        flags=("h", "V", "l", "w", "a", "d", "e", "p", "r", "s", "UF"),
        valued=("n", "q", "u", "J", "f", "C", "D", "S", "T", "P", "N", "m"),
        usage=BHIST_USAGE,
    )
    if parsed.given("h") or parsed.given("V"):
        return Answer(err=f"{BHIST_USAGE if parsed.given('h') else VERSIONS[view.standing.dialect]}\n")
    if parsed.words:
        jobs = list({job.key: job for word in parsed.words for job in view.find_ever(word)}.values())
    else:
        user = parsed.value("u") or view.user
        every = [job for job in view.book.jobs.values() if user in ("all", job.submission.user)]
        jobs = [job for job in every if parsed.given("a") or job.finished == parsed.given("d")]
    name = parsed.value("J")
    every_file = parsed.value("n") is not None
    jobs = [job for job in jobs if (name is None or named(name)(job)) and view.remembers(job, every_file)]
    if not jobs:
        return Answer(out="No matching job found\n", code=255)
    if parsed.given("l"):
        return Answer(out=longform.bhist(jobs, view))
    lines = [
        "Summary of time in seconds spent in various states:\n"
        "JOBID   USER    JOB_NAME  PEND    PSUSP   RUN     USUSP   SSUSP   UNKWN   TOTAL\n"
    ]
    for job in jobs:
        full = one_line(job.name)
        short = full if len(full) <= 8 or parsed.given("w") else f"*{full[-7:]}"
        times = longform.spent(job, view)
        numbers = "".join(f"{number:<8}" for number in times[:-1])
        lines.append(f"{job.label:<7} {job.submission.user:<7.7} {short:<9} {numbers}{times[-1]:<10}\n")
    return Answer(out="".join(lines) + "\n")


def bqueues(words: list[str], view: View) -> Answer:
    """Raises RefusedError."""
    usage = "Usage: bqueues [-h] [-V] [-w] [queue_name ...]"
    parsed = parse("bqueues", words, flags=("h", "V", "w"), valued=("m", "u"), usage=usage)
    if parsed.given("h") or parsed.given("V"):
        return Answer(err=f"{usage if parsed.given('h') else VERSIONS[view.standing.dialect]}\n")
    out = "QUEUE_NAME      PRIO STATUS          MAX JL/U JL/P JL/H NJOBS  PEND   RUN  SUSP \n"
    known = [queue for queue in QUEUES if not parsed.words or queue in parsed.words]
    for queue in known:
        jobs = [job for job in view.book.unfinished() if job.submission.queue == queue]
        every, pending, running, suspended = (
            sum(job.submission.slots for job in jobs if job.status in statuses) for statuses in COUNTED
        )
        priority = 30 if queue == DEFAULT_QUEUE else 35
        counts = f"{every:>5} {pending:>5} {running:>5} {suspended:>5}"
        status = "Closed:Active" if "closed" in view.standing.queues.get(queue, "").lower() else "Open:Active"
        out += f"{queue:<15}  {priority}   {status:<13}    -    -    -    - {counts}\n"
    unknown = "".join(f"{word}: No such queue\n" for word in parsed.words if word not in QUEUES)
    return Answer(out=out if known else "", err=unknown, code=255 if unknown else 0)


def lsid(words: list[str], view: View) -> Answer:
    """Raises RefusedError."""
    parsed = parse("lsid", words, flags=("h", "V"), valued=(), usage="Usage: lsid [-h] [-V]")
    if parsed.given("V"):
        return Answer(out=f"{VERSIONS[view.standing.dialect]}\n")
    version = VERSIONS[view.standing.dialect]
    return Answer(out=f"{version}\n\nMy cluster name is {CLUSTER}\nMy master name is {view.host}\n")
