"""Looks whether a definition's script could be run here, with the eyes of the user who would run it."""

from collections.abc import Sequence
from datetime import UTC, datetime

from lsf_agent.hands import Hands
from lsf_agent.mounts import place_of
from realtime.protocol.agent import CheckPath
from realtime.protocol.rows import Check

LIMIT = 5.0


async def check(item: CheckPath, path: str, roots: Sequence[str], hands: Hands) -> Check:
    """`path`: where `env` would search interpreters; `roots`: the allowed folders, empty: all. A file system that hangs
    is a problem with its name."""
    if refusal := hands.refusal(item.user):
        problem: str | None = f"cannot be run as {item.user}: {refusal}"
    else:
        request = {"do": "look", "executable": item.executable, "path": path, "roots": list(roots)}
        try:
            problem = await hands.ask(item.user, request, item.executable, LIMIT)
        except TimeoutError:
            problem = f"{place_of(item.executable)} does not answer"
        except OSError as error:
            problem = f"cannot be looked at: {error.strerror or error}"
    return Check(ok=problem is None, problem=problem, at=datetime.now(UTC))
