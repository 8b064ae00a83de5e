"""`subscribe`: one experiment (or the list of experiments) as a stream of changes that survives the server."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Mapping
from types import MappingProxyType

from realtime.client.address import live_address
from realtime.client.link import Lost, opened
from realtime.client.view import Change, Message, OutOfStep, Row, View, read_message
from realtime.protocol.live import PROTOCOL, Bye, Hello

logger = logging.getLogger(__name__)


def subscribe(
    url: str, experiment: str | None, since: str | None = None, *, token: str | None = None, runs: int = 100
) -> "Subscription":
    """Follow `experiment` of the manager at `url` (such as `http://host:8420`); None: the list of experiments.

    The first change is a snapshot with the `runs` newest runs. With `since` (a position, `EPOCH:SEQ`) only what
    changed after it is sent, and the view begins empty; when that cannot be told any more, a snapshot comes, too.
    `token` is the login token, by default the variable BATCHBOARD_TOKEN. Raises ValueError for an odd url or `since`.
    """
    chosen = os.environ.get("BATCHBOARD_TOKEN") if token is None else token
    return Subscription(url, experiment, since, chosen, runs)


class Subscription:
    """Iterate over it with `async for`; what was iterated before is gone on from.

    Lost connections are resumed at the position after a random time, for as long as it takes: iteration ends only by
    leaving it, or by Refused (401, 403, 404). While a change is looked at, `view` is the state it leads to.
    """

    def __init__(self, url: str, experiment: str | None, since: str | None, token: str | None, runs: int) -> None:
        live_address(url, experiment, runs, None)
        self._url = url
        self._experiment = experiment
        self._token = token
        self._runs = runs
        self._view = View(since)
        self._attempt = 0
        self.connected = False
        """Whether news can come at this moment."""
        self.problem: str | None = None
        """Why there is no connection; None while there is one, and before the first."""

    @property
    def view(self) -> Mapping[str, Row]:
        """All rows by key (`job/65f0...`), up to `position`."""
        return MappingProxyType(self._view.rows)

    @property
    def position(self) -> str | None:
        """`EPOCH:SEQ`, to be given as `since` later; None before the first snapshot."""
        held = self._view.position
        return None if held is None else f"{held[0]}:{held[1]}"

    async def __aiter__(self) -> AsyncIterator[Change]:
        while True:
            try:
                address = live_address(self._url, self._experiment, self._runs, self.position)
                async with opened(address, self._token) as link:
                    while True:
                        change = self._take(read_message(await link.receive()))
                        if change is not None:
                            yield change
            except OutOfStep as error:
                # At once the first time; a feed that still does not follow on is asked for again ever more slowly.
                self.problem = f"out of step: {error}"
                wait = Lost(self.problem).wait(self._attempt) if self._attempt else 0.0
            except Lost as error:
                self.problem = str(error)
                wait = error.wait(self._attempt)
            finally:
                self.connected = False
            self._attempt += 1
            logger.info("%s; coming back in %.1f s at %s", self.problem, wait, self.position)
            await asyncio.sleep(wait)

    def _take(self, message: Message | None) -> Change | None:
        """Raises Lost when the server says goodbye, OutOfStep, and RuntimeError when it speaks something else."""
        self.connected = True
        self.problem = None
        match message:
            case None:
                return None
            case Hello(protocol=protocol):
                if protocol != PROTOCOL:
                    raise RuntimeError(f"the server speaks {protocol}, this client {PROTOCOL}")
            case Bye(after=after):
                raise Lost("the server goes away for a moment", after=after)
        change = self._view.apply(message)
        if not isinstance(message, Hello):
            self._attempt = 0
        return change
