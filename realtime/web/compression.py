"""No compression of websocket messages.

Hypercorn 0.18 has no setting for it (its issue 307). Compressing the same small message anew for every subscriber
doubles the CPU time of a fan-out and keeps up to 200 KB for each connection.
"""

from hypercorn.protocol import ws_stream
from wsproto.extensions import PerMessageDeflate


class Declined(PerMessageDeflate):
    """An extension that is known and never agreed to."""

    def accept(self, offer: str) -> None:
        """Clients that offer it go on without it."""


def decline() -> None:
    """Take compression out of Hypercorn's websockets, for the whole process."""
    vars(ws_stream)["PerMessageDeflate"] = Declined
