"""Ends that LSF has a word for, and exit codes that mean one thing: what is said of them, and what can be done."""

from realtime.domain.failure import Cause

End = tuple[str, Cause, str | None]
"""What follows "It" without a full stop, its cause, and advice."""

CODES: dict[int, End] = {
    126: (
        "could not run its command: not executable (exit code 126)",
        Cause.NOT_FOUND,
        "Make the command executable (chmod +x), also for the host that it runs on.",
    ),
    127: (
        "did not find its command (exit code 127)",
        Cause.NOT_FOUND,
        "Use whole paths, or set up PATH in the script: the host has not what you have.",
    ),
    130: ("was interrupted (exit code 130, signal 2, INT)", Cause.SIGNAL, None),
    134: ("aborted itself (exit code 134, signal 6, ABRT)", Cause.SIGNAL, None),
    135: ("crashed: bus error (exit code 135, signal 7, BUS)", Cause.SIGNAL, None),
    136: ("crashed: arithmetic error, such as a division by 0 (exit code 136, signal 8, FPE)", Cause.SIGNAL, None),
    137: (
        "was killed (exit code 137, signal 9, KILL) and LSF does not say by whom",
        Cause.SIGNAL,
        "Often it is the host that ran out of memory: compare its peak with other jobs, or ask for more memory.",
    ),
    139: ("crashed: segmentation fault (exit code 139, signal 11, SEGV)", Cause.SIGNAL, None),
    141: ("was ended by a broken pipe (exit code 141, signal 13, PIPE)", Cause.SIGNAL, None),
    143: ("was killed (exit code 143, signal 15, TERM) and LSF does not say by whom", Cause.SIGNAL, None),
    152: (
        "used up its CPU time (exit code 152, signal 24, XCPU)",
        Cause.LIMIT,
        "Raise the CPU limit (bsub -c), or use fewer threads.",
    ),
    153: (
        "wrote a file larger than its limit (exit code 153, signal 25, XFSZ)",
        Cause.LIMIT,
        "Raise the file size limit (bsub -F).",
    ),
}
_AGAIN = "Resubmit it: nothing is wrong with it."
TERMINATIONS: dict[str, End] = {
    "TERM_OWNER": ("was killed with bkill by its owner, not with Batchboard", Cause.KILLED, None),
    "TERM_FORCE_OWNER": ("was killed with bkill -r by its owner, without waiting for its host", Cause.KILLED, None),
    "TERM_ADMIN": (
        "was killed by an administrator of LSF",
        Cause.KILLED,
        "Ask the farm's people why before you resubmit it.",
    ),
    "TERM_FORCE_ADMIN": (
        "was killed by an administrator of LSF, without waiting for its host",
        Cause.KILLED,
        "Ask the farm's people why before you resubmit it.",
    ),
    "TERM_BUCKET_KILL": (
        "was killed with many others by an administrator of LSF",
        Cause.KILLED,
        "Ask the farm's people why before you resubmit it.",
    ),
    "TERM_EXTERNAL_SIGNAL": (
        "was killed by a signal from outside LSF",
        Cause.SIGNAL,
        "Often it is the host that ran out of memory: compare its peak with other jobs.",
    ),
    "TERM_PREEMPT": ("was preempted by another job", Cause.QUEUE, _AGAIN),
    "TERM_WINDOW": (
        "was ended because the queue's run window closed",
        Cause.QUEUE,
        "Resubmit it to another queue, or when the window opens.",
    ),
    "TERM_DEADLINE": (
        "was ended because the deadline of its queue was reached",
        Cause.QUEUE,
        "Resubmit it to another queue, or when its window opens.",
    ),
    "TERM_REQUEUE_OWNER": ("was killed and requeued by its owner", Cause.QUEUE, None),
    "TERM_REQUEUE_ADMIN": ("was killed and requeued by an administrator", Cause.QUEUE, None),
    "TERM_MC_RECALL": ("was recalled from another cluster", Cause.QUEUE, _AGAIN),
    "TERM_LOAD": ("was ended because its host's load was too high", Cause.HOST, _AGAIN),
    "TERM_ZOMBIE": ("was given up: its host was lost while it was being killed", Cause.HOST, _AGAIN),
    "TERM_RMS": ("was ended by its host's resource management", Cause.HOST, None),
    "TERM_RC_RECLAIM": ("was ended because its cloud host was reclaimed", Cause.HOST, _AGAIN),
    "TERM_REMOVE_HUNG_JOB": ("was removed because it hung", Cause.HOST, _AGAIN),
    "TERM_CTRL_PID": ("was ended because its control process ended", Cause.HOST, _AGAIN),
    "TERM_CWD_NOTEXIST": (
        "could not start: its working directory does not exist on the host",
        Cause.HOST,
        "Put script and folder where the farm's hosts reach them.",
    ),
    "TERM_PRE_EXEC_FAIL": (
        "could not start: its pre-execution command failed",
        Cause.HOST,
        "See -E in the script, or ask the farm's people about the queue's own.",
    ),
    "TERM_DATA": ("could not start: its data could not be staged", Cause.HOST, None),
    "TERM_ORPHAN_SYSTEM": (
        "was ended because a job that it depends on failed",
        Cause.OTHER,
        "Look at the job that it waited for (bsub -w).",
    ),
    "TERM_CPULIMIT": (
        "was killed by LSF because it used up its CPU time",
        Cause.LIMIT,
        "Raise the CPU limit (bsub -c), or use fewer threads.",
    ),
    "TERM_PROCESSLIMIT": (
        "was killed by LSF because it had too many processes",
        Cause.LIMIT,
        "Raise the process limit (bsub -p), or start fewer.",
    ),
    "TERM_THREADLIMIT": (
        "was killed by LSF because it had too many threads",
        Cause.LIMIT,
        "Raise the thread limit (bsub -T), or set OMP_NUM_THREADS.",
    ),
    "TERM_SWAP": (
        "was killed by LSF because it ran out of swap space",
        Cause.MEMORY,
        "Raise its swap limit (bsub -v), or let it use less memory.",
    ),
    "TERM_CHKPNT": ("was killed after a checkpoint", Cause.OTHER, None),
    "TERM_SLURM": ("was ended by Slurm", Cause.OTHER, None),
    "TERM_OTHER": ("was ended by LSF, which does not say why", Cause.OTHER, None),
}
