"""Whether a script could be run, seen with a user's own eyes."""

from typing import Any

from lsf_agent.runner.answers import answer, bounded
from lsf_agent.runner.problems import script_problem


def main(request: dict[str, Any]) -> int:
    """`executable`, `path` (where `env` searches interpreters), `roots`, `limit`: answers the problem, or null."""
    bounded(request["limit"])
    return answer(lambda: script_problem(request["executable"], request["path"], request["roots"]))
