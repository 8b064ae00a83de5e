"""Bodies and answers about definitions (hashes): their versions, and copying them."""

from typing import Annotated

import msgspec

from realtime.protocol.api import Page
from realtime.protocol.wire import Shape, Strict, UtcTime


class Version(Shape, frozen=True, kw_only=True):
    """A hash as it was from then on."""

    version: int
    at: UtcTime
    by: str
    name: str
    executable: str | None
    parameters: str
    location: str


class VersionPage(Page[Version], frozen=True, kw_only=True):
    """All versions, newest first."""


ReplacedText = Annotated[str, msgspec.Meta(max_length=4096)]


class Replaced(Strict, frozen=True, kw_only=True):
    """In paths and parameters every `find` becomes `with`."""

    find: Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]
    with_: ReplacedText = msgspec.field(name="with")


class CopyDefinitions(Strict, frozen=True, kw_only=True):
    """`definitions`: ids in the experiment `from`; `replace`: one after the other. With `preview` nothing is made."""

    from_: str = msgspec.field(name="from")
    definitions: Annotated[list[int], msgspec.Meta(min_length=1, max_length=500)]
    replace: Annotated[list[Replaced], msgspec.Meta(max_length=20)] = []
    preview: bool = False


class CopiedDefinition(Shape, frozen=True, kw_only=True):
    """What becomes of one hash. `id`: of the one that is copied; `made`: of the new one, if any; `problem`: why not."""

    id: int
    name: str
    executable: str | None
    parameters: str
    made: int | None
    problem: str | None


class CopiedDefinitions(Shape, frozen=True, kw_only=True):
    """In the order asked."""

    items: list[CopiedDefinition]
