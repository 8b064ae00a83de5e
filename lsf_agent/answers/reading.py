"""What is wanted of a job's output, wherever that turns out to be."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

T_co = TypeVar("T_co", covariant=True)


class Reading(Protocol[T_co]):
    """Answers from a file, from text that we were given, or from nothing."""

    async def of_file(self, path: str, below: Sequence[str] | None) -> T_co:
        """`below` and the errors are those of `runner.files.opened`; raises SilentPlaceError, too."""

    async def of_memory(self, content: bytes, source: str, path: str | None) -> T_co:
        """`source`: where the content is from; `path`: where it will be written."""

    def nothing(self, path: str | None) -> T_co:
        """There is no output, or none yet; `path`: where it would be."""
