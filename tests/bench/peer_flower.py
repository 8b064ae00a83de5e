"""Flower's tasks page over Redis: run by an interpreter that has it. Nothing of ours is imported here.

`python peer_flower.py serve PORT REDIS TASKS` serves until it is told to end; `python peer_flower.py tell REDIS TASKS`
sends the events of that many tasks that ended well, as workers do.
"""

import importlib
import sys
import time
import uuid
from typing import Any

PART = 500
PAUSE = 0.1
"""Seconds after each part: events are published, and a reader that falls far behind is cut off."""


def app(redis: str) -> Any:
    """A Celery application without tasks of its own."""
    celery: Any = importlib.import_module("celery")
    address = redis.replace("unix://", "redis+socket://")
    return celery.Celery("bench", broker=address, backend=address)


def serve(port: int, redis: str, tasks: int) -> None:
    """The page, without login, on loopback."""
    importlib.import_module("flower")
    options = [f"--port={port}", "--address=127.0.0.1", f"--max_tasks={tasks}", "--logging=error", "--persistent=False"]
    app(redis).start(["flower", *options])


def tell(redis: str, tasks: int) -> None:
    """Received, started and succeeded, for each."""
    with app(redis).connection() as connection:
        events: Any = importlib.import_module("celery.events")
        worker = events.EventDispatcher(connection, hostname="worker@bench", enabled=True)
        worker.send("worker-online", sw_ident="bench", sw_ver="1", sw_sys="Linux", freq=2)
        for number in range(tasks):
            task = str(uuid.uuid4())
            about = {"uuid": task, "name": f"bench.hash_{number % 10}"}
            worker.send("task-received", **about, args=f"[{number}]", kwargs="{}", retries=0, eta=None)
            worker.send("task-started", **about)
            worker.send("task-succeeded", **about, result="'Hit rate 12.4'", runtime=1.5)
            if number % PART == PART - 1:
                time.sleep(PAUSE)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
    else:
        tell(sys.argv[2], int(sys.argv[3]))
