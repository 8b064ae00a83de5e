"""The one error shape of all HTTP answers."""

import msgspec

from realtime.protocol.wire import Shape


class Refusal(Shape, frozen=True, kw_only=True, omit_defaults=True):
    """Why a request was not done. `code` is for programs, `message` says what was expected, `field` which field."""

    code: str
    message: str
    field: str | None = msgspec.field(default=None)


class ErrorAnswer(Shape, frozen=True, kw_only=True):
    """Body of every answer with a status of 400 or more."""

    error: Refusal
