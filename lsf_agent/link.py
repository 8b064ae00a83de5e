"""The agent's one way to the manager: HTTP calls under a lease, repeated for as long as the manager is away."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import httpx
import msgspec

from lsf_agent.backoff import Backoff, jittered
from realtime.protocol.agent import Lease, LeaseRequest
from realtime.protocol.errors import ErrorAnswer
from realtime.protocol.wire import Shape, decode, encode

log = logging.getLogger(__name__)
T = TypeVar("T")

ANSWER_LIMIT = 10.0
HELD_LIMIT = 20.0
"""Seconds that a request for work may be held open by the manager."""
LEASE_AGAIN = 2.0


class AwayError(Exception):
    """The manager did not answer, or not as a manager does."""


class NoLeaseError(Exception):
    """The generation of the call is not the current one any more."""


class RefusedError(Exception):
    """The manager understood the call and will never take it."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code


class Link:
    """Holds the lease; every call waits for one. `token` is asked for each time, since it may be made anew."""

    def __init__(self, url: str, token: Callable[[], str | None], request: Callable[[], LeaseRequest]) -> None:
        self._url = url
        self._token = token
        self._request = request
        self._client: httpx.AsyncClient | None = None
        self._lease: Lease | None = None
        self._leased = asyncio.Event()
        self._lost = asyncio.Event()
        self._away_since: float | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        timeout = httpx.Timeout(ANSWER_LIMIT, connect=5.0, pool=None)
        async with httpx.AsyncClient(base_url=self._url, timeout=timeout, trust_env=False) as client:
            self._client = client
            yield

    async def keep_lease(self, leased: Callable[[Lease], None]) -> None:
        """Gets a lease, tells it, and gets the next one when it is lost; for ever."""
        while True:
            lease = await self._obtain()
            leased(lease)
            self._lost.clear()
            self._lease = lease
            self._leased.set()
            await self._lost.wait()

    @property
    def lease(self) -> Lease | None:
        """The present one; None while there is none."""
        return self._lease

    async def _obtain(self) -> Lease:
        pause = Backoff()
        refused = False
        while True:
            try:
                lease = await self._call("lease", self._request(), Lease, ANSWER_LIMIT)
            except AwayError:
                await pause.wait()
            except (NoLeaseError, RefusedError) as refusal:
                if not refused:
                    log.warning("no lease yet: %s", refusal)
                refused = True
                await asyncio.sleep(jittered(LEASE_AGAIN))
            else:
                log.info("lease %d", lease.generation)
                return lease

    async def ask(self, call: str, body: Callable[[Lease], Shape], kind: type[T], limit: float = ANSWER_LIMIT) -> T:
        """The answer, however long it takes; the body is made anew for each try. Raises RefusedError."""
        pause = Backoff()
        while True:
            await self._leased.wait()
            lease = self._lease
            assert lease is not None
            try:
                return await self._call(call, body(lease), kind, limit)
            except AwayError:
                await pause.wait()
            except NoLeaseError:
                self._lose(lease)

    def renew(self) -> None:
        """Asks for the next lease, to tell what has changed about us."""
        if self._lease is not None:
            self._lose(self._lease)

    def _lose(self, lease: Lease) -> None:
        if self._lease is lease:
            log.info("lease %d is over", lease.generation)
            self._lease = None
            self._leased.clear()
            self._lost.set()

    async def _call(self, call: str, body: Shape, kind: type[T], limit: float) -> T:
        assert self._client is not None
        began = time.monotonic()
        try:
            response = await self._client.post(
                f"/agent/v1/{call}",
                content=encode(body),
                headers={"Authorization": f"Bearer {self._token() or ''}", "Content-Type": "application/json"},
                timeout=httpx.Timeout(limit, connect=5.0, pool=None),
            )
            answer = _answer(response, kind)
        except httpx.HTTPError as error:
            raise self._gone(type(error).__name__) from error
        except AwayError as error:
            raise self._gone(str(error)) from error
        if self._away_since is not None and began >= self._away_since:
            self._away_since = None
            log.info("the manager answers again")
        return answer

    def _gone(self, why: str) -> AwayError:
        if self._away_since is None:
            self._away_since = time.monotonic()
            log.warning("the manager does not answer (%s); trying on", why)
        return AwayError(why)


def _answer(response: httpx.Response, kind: type[T]) -> T:
    if response.status_code == 204:
        return msgspec.convert(None, kind)
    if response.is_success:
        try:
            return decode(response.content, kind)
        except msgspec.DecodeError as error:
            raise AwayError(f"an answer that is not understood: {error}") from error
    try:
        refusal = decode(response.content, ErrorAnswer).error
    except msgspec.DecodeError:
        raise AwayError(f"status {response.status_code}") from None
    if refusal.code == "no_lease":
        raise NoLeaseError(refusal.message)
    if response.status_code in (400, 409, 413, 415, 422):
        raise RefusedError(response.status_code, refusal.code, refusal.message)
    raise AwayError(f"status {response.status_code} {refusal.code}")
