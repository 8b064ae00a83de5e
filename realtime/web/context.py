"""What every part of the web edge shares."""

from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from quart import current_app

from realtime.bus.base import Bus
from realtime.feed import Feed
from realtime.service.rules import Rules
from realtime.settings import Settings
from realtime.store.store import Store
from realtime.web.processes import Processes
from realtime.web.questions import Questions
from realtime.web.sockets import Sockets


@dataclass(kw_only=True)
class House:
    """The rooms behind the edge. `rules` are replaced when their `up_since` moves; nothing else ever is."""

    settings: Settings
    token: str
    agent_token: str
    user: str
    store: Store
    bus: Bus
    bus_server: str
    feed: Feed
    rules: Rules
    questions: Questions
    sockets: Sockets
    processes: Processes
    static_url: str
    session_length: timedelta = timedelta(hours=14)
    """of a browser's login: longer than a shift"""


def house() -> House:
    """The house of the application that serves the present request."""
    return cast(House, current_app.config["HOUSE"])
