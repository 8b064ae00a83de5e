"""The public API as the command line and the simulated beam line call it."""

from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import TypeVar

import httpx
import msgspec

from realtime.protocol.errors import ErrorAnswer
from realtime.protocol.wire import decode, encode
from realtime.settings import Settings

T = TypeVar("T")

TIMEOUT = 10.0


class ApiError(Exception):
    """The manager did not do what was asked."""


class Unreachable(ApiError):
    """No answer, or one that is not the manager's. It may not be running, or not yet."""


class Refused(ApiError):
    """The manager answered with an error; its message says what was expected."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class NoToken(ApiError):
    """There is no login token to send."""


def login_token(settings: Settings) -> str:
    """The configured token, else the one that the manager on this machine keeps; raises NoToken."""
    path = settings.data_dir / "token"
    token = settings.token or _kept(path)
    if not token:
        raise NoToken(
            f"no login token: set BATCHBOARD_TOKEN, or BATCHBOARD_DATA_DIR to the manager's ({path} is not there)"
        )
    return token


def _kept(path: Path) -> str:
    try:
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""


class Api:
    """Calls below `/api/v1`; bodies and answers are the shapes of `realtime.protocol`.

    Every call raises Unreachable or Refused. Redirects are not followed and proxies not used: the token goes to the
    manager and nowhere else.
    """

    def __init__(self, address: str, token: str) -> None:
        self._address = address
        self._client = httpx.Client(
            base_url=f"{address}/api/v1",
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
            timeout=TIMEOUT,
            trust_env=False,
        )

    def __enter__(self) -> "Api":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._client.close()

    def get(self, path: str, kind: type[T], **query: str | int) -> T:
        """GET as `kind`."""
        return self._call("GET", path, kind, params=query)

    def text(self, path: str, **query: str | int) -> str:
        """GET of what is a text."""
        return self._send("GET", path, params=query).text

    def post(self, path: str, body: object, kind: type[T], *, key: str | None = None) -> T:
        """POST as `kind`; with `key` as Idempotency-Key it may be repeated."""
        headers = {"Idempotency-Key": key} if key else {}
        return self._call("POST", path, kind, content=encode(body), headers=headers)

    def patch(self, path: str, body: object, kind: type[T]) -> T:
        """PATCH as `kind`."""
        return self._call("PATCH", path, kind, content=encode(body))

    def delete(self, path: str) -> None:
        """DELETE of what leaves nothing behind."""
        self._send("DELETE", path)

    def _call(
        self,
        method: str,
        path: str,
        kind: type[T],
        *,
        params: dict[str, str | int] | None = None,
        content: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> T:
        answer = self._send(method, path, params=params, content=content, headers=headers)
        try:
            return decode(answer.content, kind)
        except msgspec.DecodeError as error:
            raise Unreachable(f"what answers at {self._address} is not a manager of this version: {error}") from error

    def _send(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, str | int] | None = None,
        content: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        try:
            answer = self._client.request(method, path, params=params, content=content, headers=headers)
        except httpx.TransportError as error:
            raise Unreachable(f"no manager at {self._address}: {error or type(error).__name__}") from error
        if not answer.is_success:
            raise _refusal(answer)
        return answer


def _refusal(answer: httpx.Response) -> ApiError:
    try:
        refusal = decode(answer.content, ErrorAnswer).error
    except msgspec.DecodeError:
        return Unreachable(f"unexpected answer: {answer.status_code} {HTTPStatus(answer.status_code).phrase}")
    field = f" ({refusal.field})" if refusal.field else ""
    return Refused(answer.status_code, refusal.code, f"{refusal.message}{field}")
