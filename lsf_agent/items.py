"""What is in the agent's hands: one task for each item of work, and none of them ends the others."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from lsf_agent.backoff import jittered

log = logging.getLogger(__name__)

AFTER_A_FAULT = 5.0


class Items:
    """`ended` is told the key of each item that is done."""

    def __init__(self, group: asyncio.TaskGroup, ended: Callable[[str], None]) -> None:
        self._group = group
        self._ended = ended
        self._keys: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._keys

    @property
    def keys(self) -> list[str]:
        return sorted(self._keys)

    def begin(self, key: str, coroutine: Coroutine[Any, Any, None]) -> None:
        """At most one task for each item: what is in our hands already is not begun again."""
        if key in self._keys:
            coroutine.close()
            return
        self._keys.add(key)
        self._group.create_task(self._hold(key, coroutine), name=key)

    def let_go(self, key: str) -> None:
        """It may be begun again, though its task has not ended yet."""
        self._keys.discard(key)

    async def _hold(self, key: str, coroutine: Coroutine[Any, Any, None]) -> None:
        try:
            await guarded(key, coroutine)
        finally:
            self._keys.discard(key)
        self._ended(key)


async def guarded(what: str, coroutine: Coroutine[Any, Any, None]) -> bool:
    """The supervisor of one thing to do: a fault is logged and costs nothing else. Whether it went well."""
    try:
        await coroutine
    except Exception:
        log.exception("%s failed", what)
        await asyncio.sleep(jittered(AFTER_A_FAULT))
        return False
    return True
