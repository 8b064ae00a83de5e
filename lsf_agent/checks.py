"""Looks whether a definition's script could be run here, with the same eyes as the runner."""

from datetime import UTC, datetime

from lsf_agent.aside import Aside, place_of
from lsf_agent.runner import script_problem
from realtime.protocol.rows import Check

LIMIT = 5.0


async def check(executable: str, path: str, aside: Aside) -> Check:
    """`path`: where `env` would search interpreters. A file system that hangs is a problem with its name."""
    try:
        problem = await aside.call(LIMIT, lambda: script_problem(executable, path))
    except TimeoutError:
        problem = f"{place_of(executable)} does not answer"
    except OSError as error:
        problem = f"cannot be looked at: {error.strerror or error}"
    return Check(ok=problem is None, problem=problem, at=datetime.now(UTC))
