"""A listener that remembers."""

from realtime.bus.base import Bus


class Hearing:
    """What a listener of `prefix` was called with."""

    def __init__(self, bus: Bus, prefix: str = "") -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.gaps = 0
        self.end = bus.listen(prefix, lambda topic, message: self.heard.append((topic, message)), self._gap)

    def _gap(self) -> None:
        self.gaps += 1

    @property
    def messages(self) -> list[bytes]:
        """The payloads, in order."""
        return [message for _, message in self.heard]
