"""A scheduler for one machine that speaks LSF: `bsub bjobs bkill bpeek bhist bqueues lsid bstop bresume` as real
commands over local processes, with LSF's texts, streams and exit codes. Standard library only.

`install` writes the commands; put its answer first on PATH. The first command starts a daemon that belongs to the
directory, and it ends itself after a quiet minute. Jobs run in sessions of their own, so neither the end of a command
nor of the daemon ends them; all that happened is in a journal, and the next daemon goes on with it.

Bad days are ordered with `faults.json` in the directory, read by each command; all keys are optional:

    {"delay": 3.0,                    seconds that every command takes before it does anything
     "late": 3.0,                     seconds that it takes after it has done everything
     "blind": 5.0,                    seconds after bsub in which bjobs, bkill and bpeek do not know the job
     "hang": ["bjobs"],               commands that never answer
     "silent": ["bjobs"],             commands that print nothing, exit code 0
     "refuse": {"bsub": "no queue"}}  commands that fail with this text on stderr, exit code 255
"""

from pathlib import Path


def install(directory: Path, slots: int) -> Path:
    """Makes `directory` and the commands in it, for `slots` jobs at once; answers the folder of the commands.

    Safe to repeat and to run many times at once. Raises OSError, also when the directory is somebody else's.
    """
    from lsf_agent.embedded import installation  # the commands load this package too, and should be quick

    return installation.install(directory, slots)


def stop(directory: Path, timeout: float = 2.0) -> None:
    """Ends the daemon of `directory` and all its jobs, which are EXIT in its history; nothing when none runs.

    Takes at most about twice `timeout` seconds, then a daemon that does not answer has been killed.
    """
    from lsf_agent.embedded import stopping

    stopping.stop(directory, timeout)


__all__ = ["install", "stop"]
