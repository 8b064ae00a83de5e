"""How often each command was called, for how long, and how often in vain."""

from collections.abc import Mapping
from types import MappingProxyType

from lsf_agent.scheduler import Count


class Counts:
    """Since the start of the agent."""

    def __init__(self) -> None:
        self._counts: dict[str, Count] = {}

    def called(self, command: str, seconds: float, failed: bool) -> None:
        """A call has ended; `failed`: it gave no answer at all."""
        old = self._counts.get(command, Count())
        self._counts[command] = Count(
            calls=old.calls + 1, failures=old.failures + failed, seconds=old.seconds + seconds
        )

    def failed(self, command: str) -> None:
        """A call that has been counted said only that there is no answer."""
        old = self._counts.get(command, Count())
        self._counts[command] = Count(calls=old.calls, failures=old.failures + 1, seconds=old.seconds)

    @property
    def by_command(self) -> Mapping[str, Count]:
        return MappingProxyType(self._counts)
