"""The small parent of the server processes: holds the listening socket, the Redis, and keeps the servers running."""

from realtime.fleet.fleet import run_fleet

__all__ = ["run_fleet"]
