"""Why a submit script ended without a submission: in a sentence, with what can be done about it."""

import re
import shlex
import signal
from dataclasses import dataclass

from realtime.domain.error_lines import is_error
from realtime.domain.job import Submission
from realtime.domain.spoken import one_line


@dataclass(frozen=True)
class NotSubmitted:
    """`clause`: the sentence about it but its full stop. `cause`: `script` (it could not run or went wrong before it
    asked bsub) or `not submitted`. `advice`: for people; None: there is none."""

    clause: str
    cause: str
    advice: str | None


def not_submitted(submission: Submission, executable: str) -> NotSubmitted:
    """From how the script ended and what it said; `executable`: its path."""
    if submission.problem:
        return _could_not_run(submission.problem, executable)
    if submission.timed_out:
        clause = "the submit script took too long without an LSF ID and was ended"
        return NotSubmitted(clause, "not submitted", "Look at what it printed: it may wait for something, or for bsub.")
    said = (telling_line(submission) or "").rstrip(".")
    if said and _REFUSED.search(said):
        advice = next((advice for pattern, advice in _REFUSALS if re.search(pattern, said, re.IGNORECASE)), None)
        return NotSubmitted(f"LSF's bsub refused the job: “{said}”", "not submitted", advice)
    code = submission.exit_code or 0
    if code == 0:
        clause = "the submit script ended well and submitted nothing" + (f"; it says “{said}”" if said else "")
        advice = f"Let {executable} call bsub and print what bsub says: that has the LSF ID."
        return NotSubmitted(clause, "not submitted", advice)
    if code < 0:
        name = signal_name(-code)
        clause = f"the submit script was killed by signal {-code}" + (f" ({name})" if name else "")
        return NotSubmitted(clause, "script", None)
    words = f": “{said}”" if said else ", and said nothing"
    advice = _CODES.get(code)
    return NotSubmitted(
        f"the submit script ended with exit code {code} before it submitted anything{words}", "script", advice
    )


def telling_line(submission: Submission) -> str | None:
    """The line of the script's output that says most: of bsub's refusal, of an error, else the last of stderr."""
    errors = [line for line in submission.stderr.splitlines() if line.strip()]
    lines = errors + [line for line in submission.stdout.splitlines() if line.strip()]
    refused = next(filter(_REFUSED.search, lines), None)
    telling = refused or next(filter(is_error, lines), None) or next(reversed(errors or lines), None)
    return None if telling is None else one_line(telling)


def signal_name(number: int) -> str | None:
    """`KILL`; None when there is none of that number."""
    try:
        return signal.Signals(number).name.removeprefix("SIG")
    except ValueError:
        return None


_REFUSED = re.compile(
    r"job not submitted|request aborted by esub|no such queue|lsf is down|lsf library call", re.IGNORECASE
)
_CODES = {
    126: "Make executable what it calls.",
    127: "What it calls is not on the PATH of the batch client: use whole paths, or set PATH in the script.",
}

_REFUSALS = (
    (r"no such queue", "Choose a queue that bqueues tells of: it stands behind -q in the parameters or the script."),
    (r"cannot use the queue|user permission denied", "Choose a queue that this account may use (bqueues -u)."),
    (r"queue has been closed|queue is closed|inactive", "The queue takes no jobs now: choose another one, or wait."),
    (r"exceed.*limit|limit.*exceed|too many processors", "It asks for more than the queue allows: see bqueues -l."),
    (r"resource requirement|rusage|bad host name", "Correct what it asks of hosts: -R or -m in the script."),
    (r"lsf is down|library call|lsf\.conf|communication time", "LSF did not answer bsub: try again once it does."),
    (r"aborted by esub", "The site's own rules (esub) refused it: the script's output says why."),
    (r"no command is specified", "Tell bsub what to run: a variable in the script may be empty."),
)


def _could_not_run(problem: str, executable: str) -> NotSubmitted:
    for word, clause, advice in _PROBLEMS:
        if problem.startswith(word):
            rest = one_line(problem.removeprefix(word).lstrip(": "))
            return NotSubmitted(
                clause.format(rest=rest, path=executable),
                "script",
                advice and advice.format(path=shlex.quote(executable)),
            )
    return NotSubmitted(f"the submit script could not be run: {one_line(problem).rstrip('.')}", "script", None)


_EDIT = "Correct the path of the hash in Batch defs, or put the script there."
_PROBLEMS = (
    ("not there", "the submit script is not there: {path}", _EDIT),
    ("not a file", "the submit script is not a file: {path}", _EDIT),
    ("not an absolute path", "the path of the submit script is not absolute: {path}", _EDIT),
    ("not executable", "the submit script is not executable: {path}", "chmod +x {path}"),
    (
        "interpreter missing",
        "the interpreter of the submit script is missing: {rest}",
        "Correct the first line of {path}.",
    ),
    ("Windows line ends", "the submit script has Windows line ends: {path}", r"sed -i 's/\r$//' {path}"),
    (
        "folder cannot be entered",
        "a folder on the way to the submit script cannot be entered: {rest}",
        "Let the batch client's account into it (chmod o+x, or a group).",
    ),
    ("working directory not there", "the working directory of the submit script is not there: {rest}", None),
    ("cannot be started", "the submit script could not be started: {rest}", None),
    (
        "the submit script was cut off",
        "the submit script was cut off, and it is not known how it ended",
        "Resubmit it: LSF was asked and has no job of it.",
    ),
)
