"""What the functions here need to know of the installation."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from realtime.domain.errors import NotFound
from realtime.domain.job import Clock
from realtime.store import Connection, experiments


@dataclass(frozen=True, kw_only=True)
class Rules:
    """`up_since`: before that nobody could be heard, so silence counts from there at the earliest."""

    slow_after: timedelta
    up_since: datetime
    public_url: str
    secret: bytes

    def heard_at(self, location: dict[str, Any] | None) -> datetime:
        """When the agent of a location counts as heard of last."""
        heard = location["heard_at"] if location else None
        return max(heard or self.up_since, self.up_since)

    def clock(self, now: datetime, location: dict[str, Any] | None) -> Clock:
        """What statuses before LSF depend on."""
        return Clock(now=now, agent_heard_at=self.heard_at(location), slow_after=self.slow_after)


def known_experiment(conn: Connection, name: str) -> str:
    """The name itself; raises NotFound."""
    if not experiments.exists(conn, name):
        raise NotFound(f"there is no experiment {name[:80]!r}", field="experiment")
    return name
