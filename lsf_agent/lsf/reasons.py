"""Why a job ended with EXIT, in words that a person at a beam line understands."""

import re
import signal

TERMINATIONS = {
    "TERM_PREEMPT": "preempted by another job",
    "TERM_WINDOW": "the queue's run window closed",
    "TERM_LOAD": "the host's load was too high",
    "TERM_OTHER": "ended by LSF for an unnamed reason",
    "TERM_RUNLIMIT": "run limit reached",
    "TERM_DEADLINE": "the deadline of its queue was reached",
    "TERM_PROCESSLIMIT": "killed: too many processes",
    "TERM_FORCE_OWNER": "killed by its owner, without waiting for its host",
    "TERM_FORCE_ADMIN": "killed by an administrator, without waiting for its host",
    "TERM_REQUEUE_OWNER": "killed and requeued by its owner",
    "TERM_REQUEUE_ADMIN": "killed and requeued by an administrator",
    "TERM_CPULIMIT": "CPU time limit reached",
    "TERM_CHKPNT": "killed after a checkpoint",
    "TERM_OWNER": "killed by its owner",
    "TERM_ADMIN": "killed by an administrator",
    "TERM_MEMLIMIT": "killed: ran out of memory",
    "TERM_EXTERNAL_SIGNAL": "killed by a signal from outside LSF",
    "TERM_RMS": "ended by the host's resource management",
    "TERM_ZOMBIE": "its host was lost while it was being killed",
    "TERM_SWAP": "killed: ran out of swap space",
    "TERM_THREADLIMIT": "killed: too many threads",
    "TERM_SLURM": "ended by Slurm",
    "TERM_BUCKET_KILL": "killed with many others by an administrator",
    "TERM_CTRL_PID": "its control process ended",
    "TERM_CWD_NOTEXIST": "its working directory does not exist on the host",
    "TERM_REMOVE_HUNG_JOB": "removed: it hung",
    "TERM_ORPHAN_SYSTEM": "ended because a job it depends on failed",
    "TERM_PRE_EXEC_FAIL": "its pre-execution command failed",
    "TERM_DATA": "its data could not be staged",
    "TERM_MC_RECALL": "recalled from another cluster",
    "TERM_RC_RECLAIM": "its cloud host was reclaimed",
}
CODES = {
    126: "exit 126: command not executable",
    127: "exit 127: command not found",
    140: "exit 140: killed by signal 12 (USR2), as at a run limit",
}
_TERMINATION = re.compile(r"\bTERM_[A-Z_]+\b")


def reason_of(exit_code: int | None, text: str | None) -> str | None:
    """From LSF's exit code and its own text (`TERM_OWNER: job killed by owner`); None when LSF tells neither."""
    if text and (found := _TERMINATION.search(text)):
        word = found[0]
        return f"{TERMINATIONS[word]}, {word}" if word in TERMINATIONS else text.strip()
    if exit_code is None:
        return text.strip() or None if text else None
    if exit_code in CODES:
        return CODES[exit_code]
    if exit_code > 128 and (name := _signal_name(exit_code - 128)):
        return f"exit {exit_code}: killed by signal {exit_code - 128} ({name})"
    return f"exit {exit_code}"


def _signal_name(number: int) -> str | None:
    try:
        return signal.Signals(number).name.removeprefix("SIG")
    except ValueError:
        return None
