"""python-socketio over Redis: run by an interpreter that has it. Nothing of ours is imported here.

`python peer_socketio.py serve PORT REDIS` serves until it is told to end; `python peer_socketio.py emit REDIS` reads
`{"rows": [...], "pause": seconds}` and emits each row from this process, then prints the monotonic seconds before each.
"""

import asyncio
import importlib
import json
import sys
import time
from typing import Any

EVENT = "change"


def serve(port: int, redis: str) -> None:
    """Every client hears everything; no pings within a measurement, which is to its advantage."""
    socketio: Any = importlib.import_module("socketio")
    uvicorn: Any = importlib.import_module("uvicorn")
    server = socketio.AsyncServer(
        async_mode="asgi",
        client_manager=socketio.AsyncRedisManager(redis),
        transports=["websocket"],
        ping_interval=300,
    )
    options = {"loop": "uvloop", "http": "httptools", "ws": "websockets-sansio", "log_level": "warning"}
    uvicorn.run(socketio.ASGIApp(server), host="127.0.0.1", port=port, backlog=2048, access_log=False, **options)


async def emit(redis: str) -> list[float]:
    """From a process of its own, as our writer."""
    socketio: Any = importlib.import_module("socketio")
    outside = socketio.AsyncRedisManager(redis, write_only=True)
    plan = json.load(sys.stdin)
    done: list[float] = []
    began = time.monotonic()
    for place, row in enumerate(plan["rows"]):
        await asyncio.sleep(began + place * plan["pause"] - time.monotonic())
        done.append(time.monotonic())
        await outside.emit(EVENT, row)
    return done


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(int(sys.argv[2]), sys.argv[3])
    else:
        print(json.dumps(asyncio.run(emit(sys.argv[2]))))
