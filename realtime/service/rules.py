"""What the functions here need to know of the installation."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from realtime.domain.assessment import Clock
from realtime.domain.errors import NotFound
from realtime.store import Connection, experiments


@dataclass(frozen=True, kw_only=True)
class Rules:
    """`up_since`: before that nobody could be heard, so silence counts from there at the earliest. `restored_at`: when
    an older copy of the store was put in its place, which may have forgotten what was done since."""

    slow_after: timedelta
    up_since: datetime
    public_url: str
    secret: bytes
    restored_at: datetime | None = None

    def heard_at(self, location: dict[str, Any] | None) -> datetime:
        """When the agent of a location counts as heard of last."""
        heard = location["heard_at"] if location else None
        return max(heard or self.up_since, self.up_since)

    def restored(self, location: dict[str, Any] | None) -> datetime | None:
        """When the store, or what it knows of the location, last turned out to be an older copy of itself."""
        known = [self.restored_at, location["restored_at"] if location else None]
        return max((at for at in known if at is not None), default=None)

    def clock(self, now: datetime, location: dict[str, Any] | None) -> Clock:
        """What statuses before LSF depend on."""
        return Clock(now=now, agent_heard_at=self.heard_at(location), slow_after=self.slow_after)


def known_experiment(conn: Connection, name: str) -> str:
    """The name itself; raises NotFound."""
    if not experiments.exists(conn, name):
        raise NotFound(f"there is no experiment {name[:80]!r}", field="experiment")
    return name
