"""Follow an experiment from a program: every change, and a view of all rows that is kept in step.

    async for change in subscribe("http://host:8420", "xppx12345"):
        for row in change.put:
            print(row)

Needs `websockets` and `msgspec`, and nothing else of this package but its shapes.
"""

from realtime.client.link import Lost, Refused
from realtime.client.log import follow_log
from realtime.client.subscription import Subscription, subscribe
from realtime.client.view import Change

__all__ = ["Change", "Lost", "Refused", "Subscription", "follow_log", "subscribe"]
