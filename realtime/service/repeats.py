"""Requests that may be sent again: the first one's outcome is kept for a day, and answers the others."""

from collections.abc import Callable

from realtime.domain.errors import Conflict, Invalid
from realtime.service.rules import known_experiment
from realtime.store import history
from realtime.store.tx import Tx

KEY_LIMIT = 200


def once(tx: Tx, experiment: str, key: str | None, request: str, act: Callable[[], bytes]) -> bytes:
    """The outcome of `act`, or of the earlier request with this Idempotency-Key.

    `request` is a digest of what is asked: another one under the same key is a Conflict. Without a key, `act` is done.
    """
    if key is None:
        return act()
    if not 1 <= len(key) <= KEY_LIMIT:
        raise Invalid(f"expected an Idempotency-Key of 1 to {KEY_LIMIT} characters", field="Idempotency-Key")
    known_experiment(tx.conn, experiment)
    before = history.remembered_answer(tx.conn, experiment, key)
    if before is None:
        outcome = act()
        history.remember_answer(tx, experiment, key, request, outcome)
        return outcome
    if before[0] != request:
        raise Conflict("this Idempotency-Key was used for another request", code="key_reused")
    return before[1]
