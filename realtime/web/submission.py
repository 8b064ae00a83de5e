"""A job's submit script as it was run: what it was given, where, and what it said."""

import shlex
from collections.abc import Mapping

from realtime.protocol.api import SubmissionAnswer
from realtime.protocol.history import Variable
from realtime.service.given import ADDRESSES, report_address, shown_environment
from realtime.service.rules import Rules
from realtime.store.jobs import StoredJob

MASKED = "(address of this job)"


def submission_of(rules: Rules, stored: StoredJob, found: Mapping[str, str | None]) -> SubmissionAnswer:
    """The submission with a text for people; `found`: what the script found in its environment beside what we gave."""
    submission = stored.job.submission
    return SubmissionAnswer(
        text=submission_text(stored),
        as_of=submission.ended_at or submission.began_at or submission.handed_at or stored.job.requested_at,
        executable=stored.executable,
        arguments=list(submission.arguments),
        exit_code=submission.exit_code,
        timed_out=submission.timed_out,
        problem=submission.problem,
        stdout=submission.stdout,
        stderr=submission.stderr,
        handed_at=submission.handed_at,
        began_at=submission.began_at,
        bsub_called_at=submission.bsub_called_at,
        ended_at=submission.ended_at,
        sha256=submission.sha256,
        modified_at=submission.modified_at,
        doubt=stored.job.doubt,
        adopted=list(submission.adopted),
        surplus=list(submission.surplus),
        host=submission.host,
        folder=submission.folder,
        environment=_environment(report_address(rules, stored), stored, found),
        command=command(stored),
    )


def submission_text(stored: StoredJob) -> str:
    """Command, end and output of the script, for people."""
    submission = stored.job.submission
    if submission.ended_at is None:
        end = "still running" if submission.began_at else "not begun yet"
    elif submission.problem:
        end = submission.problem
    else:
        end = f"exit code {submission.exit_code}" + (", ended because it took too long" if submission.timed_out else "")
    if stored.job.doubt:
        end += f"; unknown: {stored.job.doubt}"
    return "\n".join(
        [
            f"$ {' '.join([stored.executable, *submission.arguments])}",
            f"({end})",
            "",
            "--- stdout",
            submission.stdout.rstrip("\n"),
            "--- stderr",
            submission.stderr.rstrip("\n"),
        ]
    )


def command(stored: StoredJob) -> str:
    """A line for a terminal that runs the script as it was run, but that it cannot report."""
    submission = stored.job.submission
    folder = f"cd {shlex.quote(submission.folder)} && " if submission.folder else ""
    ours = [f"{name}={shlex.quote(value)}" for name, value in shown_environment(stored).items()]
    return folder + " ".join([*ours, shlex.join([stored.executable, *submission.arguments])])


def _environment(address: str, stored: StoredJob, found: Mapping[str, str | None]) -> list[Variable]:
    ours = dict.fromkeys(ADDRESSES, MASKED) | shown_environment(stored)
    given = [Variable(name=name, value=value, ours=True) for name, value in ours.items()]
    others = [
        Variable(name=name, value=value and value.replace(address, MASKED), ours=False)
        for name, value in sorted(found.items())
        if name not in ours
    ]
    return given + others
