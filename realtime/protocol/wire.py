"""How all shapes are encoded: JSON by msgspec, times as RFC 3339 in UTC."""

from datetime import datetime
from typing import Annotated, TypeVar

import msgspec

T = TypeVar("T")

UtcTime = Annotated[datetime, msgspec.Meta(tz=True)]
"""An aware time; RFC 3339 with `Z` on the wire."""


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """Base of what we send."""


class Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of what we take: an unknown field is an error that names it."""


_encoder = msgspec.json.Encoder()


def encode(value: object) -> bytes:
    """`value` as JSON bytes."""
    return _encoder.encode(value)


def decode(raw: bytes | str, kind: type[T]) -> T:
    """JSON as `kind`; raises msgspec.DecodeError (not JSON) or its child ValidationError (not that shape)."""
    return msgspec.json.decode(raw, type=kind)
