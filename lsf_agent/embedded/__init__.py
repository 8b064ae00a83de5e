"""A scheduler for one machine that speaks LSF: `bsub bjobs bkill bpeek bhist bqueues lsid bstop bresume brequeue`
as real commands over local processes, with LSF's texts, streams and exit codes. Standard library only.

`install` writes the commands; put its answer first on PATH. The first command starts a daemon that belongs to the
directory, and it ends itself after a quiet minute. Jobs run in sessions of their own, so neither the end of a command
nor of the daemon ends them; all that happened is in a journal, and the next daemon goes on with it.

Bad days are ordered with `faults.json` in the directory (`order` writes it), read by each command and by the daemon;
all keys are optional. What holds for all:

    {"delay": 3.0,                    seconds that every command takes before it does anything
     "late": 3.0,                     seconds that it takes after it has done everything
     "blind": 5.0,                    seconds after bsub in which bjobs, bkill and bpeek do not know the job
     "hang": ["bjobs"],               commands that never answer
     "silent": ["bjobs"],             commands that print nothing, exit code 0
     "refuse": {"bsub": "no queue"},  commands that fail with this text on stderr, exit code 255
     "queues": {"psdebugq": "User cannot use the queue"},   queues that take no job, and what bsub says of it
     "forgotten": ["12", "bb.*"],     jobs that only bhist knows: ids, elements `12[2]`, or names with `*`
     "archived": ["12"],              jobs that bhist finds only with -n, in its older files
     "lost": ["12"],                  jobs that nobody knows any more
     "omitted": ["12"],               jobs of which bjobs says nothing at all
     "away": ["12"],                  running jobs whose host is not heard of: UNKWN, and ZOMBI once they are killed
     "kills": {"12": "TERM_MEMLIMIT: job killed after reaching LSF memory usage limit"},   jobs that LSF ends, and why
     "dialect": "lsf9",               lsf10 (default); lsf9: no -json; open: an open descendant; wide: tables only
     "rules": [{...}, ...]}           what single calls suffer; of all rules for a call the first counts

A rule says whom it meets: `command` (a name or a list of them; all when missing), `with` (a word of the call begins
with this text), `skip` (the first n such calls go unharmed), `times` (then it holds for n calls; for ever when
missing). Writing the file anew begins the counts anew. And it says what happens to the call, in this order:

    "delay": 3.0            it waits
    "out": text, "err": text   it prints a line on stdout or stderr first: "Cannot connect to LSF. Please wait ..."
    "hang": true            it does nothing and never ends
    "refuse": text          it does nothing, the text is on stderr, exit code 255
    "silent": true          it does nothing, exit code 0
    "unanswered": 2         n times (true: always) the daemon does not answer within config.json's `patience`: "still
                            trying"; tries are bounded by LSB_NTRIES, then "Communication time out" and exit code 255
    "limited": 2            bsub finds n times too many pending jobs and tries again after config.json's `minute`, as
                            often as LSB_NTRIES allows
    "jobs": 3               bsub makes so many jobs, and tells the id of the last one
    "answer": "hang"        it has done its work, prints nothing and never ends
              "killed"      ... and dies by SIGKILL
              "timed out"   ... and says "Communication time out. Job not submitted.", exit code 255
              "still trying"   ... and goes on as for an unanswered one, though the daemon has done the work
              "nothing"     ... and prints nothing, with its own exit code
    "swap": true            what belongs on stdout goes to stderr, and the other way round
    "late": 3.0             it stays on after its answer
    "code": 0               its exit code, whatever happened

`bsub -W` and `-M` (KB, or with K, M, G) are limits that end a job; what it has is measured every second.
`brequeue` lets a job run once more under its id. A job that is killed with `-r` is EXIT at once.
"""

import json
from pathlib import Path
from typing import Any


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


def order(directory: Path, **faults: Any) -> None:
    """Orders a bad day, see above; without any, it is over. Raises OSError."""
    from lsf_agent.embedded import config
    from lsf_agent.embedded.faults import FILE

    config.replace_file(directory / FILE, json.dumps(faults).encode(), 0o600)


__all__ = ["install", "order", "stop"]
