"""What can go wrong by what people ask for. Each class is one HTTP status; `code` is for programs."""


class BatchboardError(Exception):
    """Base of all errors that are answered with a message. `field` names the part of the request that is meant."""

    status = 500
    code = "internal"

    def __init__(self, message: str, *, field: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.code = code or type(self).code


class Malformed(BatchboardError):
    """The request cannot be read."""

    status = 400
    code = "malformed"


class Unauthorized(BatchboardError):
    """Nobody has logged in."""

    status = 401
    code = "unauthorized"


class Forbidden(BatchboardError):
    """This may not be done from there."""

    status = 403
    code = "forbidden"


class NotFound(BatchboardError):
    """There is no such thing."""

    status = 404
    code = "not_found"


class Conflict(BatchboardError):
    """It cannot be done in the present state."""

    status = 409
    code = "conflict"


class TooLarge(BatchboardError):
    """The body exceeds its limit."""

    status = 413
    code = "too_large"


class WrongType(BatchboardError):
    """The body is not JSON by its Content-Type."""

    status = 415
    code = "unsupported_media_type"


class Invalid(BatchboardError):
    """A field is wrong."""

    status = 422
    code = "invalid"


class Unavailable(BatchboardError):
    """Something that is needed does not answer now; trying again later may help."""

    status = 503
    code = "unavailable"


class Overfull(Unavailable):
    """As many are here as can be served."""

    code = "overfull"


class Gone(BatchboardError):
    """It was there once."""

    status = 410
    code = "gone"
