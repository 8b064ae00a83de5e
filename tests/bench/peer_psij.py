"""The driver of PSI/J on the same jobs and commands: run by an interpreter that has psij-python, prints one JSON line.

`python peer_psij.py FIRST COUNT POLLS`. Nothing of ours is imported here.
"""

import importlib
import json
import sys
import time
from typing import Any


def main(first: int, count: int, polls: int) -> None:
    """CPU milliseconds of its own process for one poll of all jobs, the median of `polls`."""
    psij: Any = importlib.import_module("psij")
    lsf: Any = importlib.import_module("psij.executors.batch.lsf")
    config = lsf.LsfExecutorConfig(initial_queue_polling_delay=10**6)
    executor = psij.JobExecutor.get_instance("lsf", config=config)
    jobs = [psij.Job(psij.JobSpec(executable="/bin/true")) for _ in range(count)]
    for number, job in enumerate(jobs, first):
        executor.attach(job, str(number))
    thread = executor._queue_poll_thread
    spent = []
    for _ in range(polls):
        before = time.process_time()
        thread._poll()
        spent.append((time.process_time() - before) * 1000)
    active = sum(1 for job in jobs if job.status.state is psij.JobState.ACTIVE)
    interval = executor.config.queue_polling_interval
    print(json.dumps({"ms": round(sorted(spent)[polls // 2], 1), "active": active, "interval_s": interval}))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]))
