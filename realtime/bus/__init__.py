"""News between the web processes: what was committed, at once. Facts are in the store."""

from realtime.bus.base import Bus, BusState
from realtime.bus.in_process import InProcessBus
from realtime.bus.redis import RedisBus
from realtime.bus.server import RedisServer, describe, find

__all__ = ["Bus", "BusState", "InProcessBus", "RedisBus", "RedisServer", "describe", "find", "make_bus"]


def make_bus(server: RedisServer | None, instance: str) -> Bus:
    """The bus over `server`; without one, the bus of a single process."""
    return RedisBus(server.url, instance) if server else InProcessBus()
