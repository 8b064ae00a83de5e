"""`python -m lsf_agent.ending SPOOL`: ends the submit scripts under way, for a demo that must leave nothing running.

An agent that ends leaves its scripts running, to be adopted by the next one. Here they are killed with their process
groups; their runners note that end as any other, so the next agent reports it.
"""

import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

from lsf_agent.submission.spool import Spool

WITHIN = 1.5
POLL = 0.02


def end_scripts(root: Path, within: float = WITHIN) -> bool:
    """Whether no runner of the spool at `root` lives any more, `within` seconds. The agent has ended before."""
    if not root.is_dir():
        return True
    deadline = time.monotonic() + within
    while alive := [entry for entry in Spool(root).entries() if entry.runner_lives()]:
        for entry in alive:
            if (script := entry.script()) is not None and entry.ended() is None:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(script.pid, signal.SIGKILL)
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL)
    return True


if __name__ == "__main__":
    sys.exit(0 if end_scripts(Path(sys.argv[1])) else 1)
