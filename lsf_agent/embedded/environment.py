"""What a job finds in its environment: the submitter's variables and LSF's own."""

import os
import re
from collections.abc import Mapping

from lsf_agent.embedded.delivery import home
from lsf_agent.embedded.jobs import Job
from lsf_agent.embedded.processes import MARK

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def chosen(option: str, environment: Mapping[str, str]) -> dict[str, str] | None:
    """What `bsub -env OPTION` hands on; None when the option makes no sense.

    `none`, `all`, and NAME, NAME=VALUE or ~NAME (not this one), separated by commas.
    """
    words = [word.strip() for word in option.split(",")]
    taken: dict[str, str] = {}
    for word in words:
        name, equals, value = word.removeprefix("~").partition("=")
        if word == "all":
            taken |= environment
        elif word == "none":
            return {} if len(words) == 1 else None
        elif not NAME.fullmatch(name) or (word.startswith("~") and equals):
            return None
        elif word.startswith("~"):
            taken.pop(name, None)
        elif equals:
            taken[name] = value
        elif name in environment:
            taken[name] = environment[name]
    return taken


def of_job(job: Job, handed_on: Mapping[str, str], jobfile: str, cwd: str) -> dict[str, str]:
    """The whole environment of a job. `LS_JOBPID` is added when it is known."""
    submission = job.submission
    basic = {
        "HOME": home(),
        "USER": submission.user,
        "LOGNAME": submission.user,
        "PATH": os.defpath,
        "SHELL": "/bin/sh",
    }
    lsf = {
        "LSB_JOBID": str(job.id),
        "LSB_JOBINDEX": str(job.index),
        "LSB_BATCH_JID": job.label,
        "LSB_JOBNAME": job.name,
        "LSB_QUEUE": submission.queue,
        "LSB_HOSTS": " ".join([submission.host] * submission.slots),
        "LSB_MCPU_HOSTS": f"{submission.host} {submission.slots} ",
        "LSB_DJOB_NUMPROC": str(submission.slots),
        "LSB_SUB_HOST": submission.host,
        "LS_SUBCWD": submission.cwd,
        "LSB_EXECHOSTS": submission.host,
        "LSB_JOBEXIT_STAT": "0",
        "LSB_EXIT_PRE_ABORT": "99",
        "LSB_TRAPSIGS": "trap # 15 10 12 2 1",
        "LSB_CHKFILENAME": jobfile,
        MARK: jobfile,
        "LS_EXEC_T": "START",
        "PWD": cwd,
    }
    if submission.out is not None:
        lsf["LSB_OUTPUTFILE"] = job.expand(submission.out)
    if submission.err is not None:
        lsf["LSB_ERRORFILE"] = job.expand(submission.err)
    if submission.indices:
        lsf["LSB_JOBINDEX_END"] = str(submission.indices[-1])
    return {**basic, **handed_on, **lsf}
