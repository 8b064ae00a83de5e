"""Run every measurement, or those that are named: `python -m tests.bench [NAME...]`."""

import sys
from collections.abc import Awaitable, Callable

import uvloop

from tests.bench import follow, history, memory, page, report_fanout, reports, row_changes, single_change, two_processes

MEASUREMENTS: dict[str, Callable[[], Awaitable[None]]] = {
    "report_fanout": report_fanout.measure,
    "single_change": single_change.measure,
    "row_changes": row_changes.measure,
    "memory": memory.measure,
    "two_processes": two_processes.measure,
    "reports": reports.measure,
    "follow": follow.measure,
    "page": page.measure,
    "history": history.measure,
}


async def main(names: list[str]) -> None:
    """One after the other."""
    if unknown := set(names) - MEASUREMENTS.keys():
        sys.exit(f"no such measurement: {', '.join(sorted(unknown))}; there are {', '.join(MEASUREMENTS)}")
    for name in names or MEASUREMENTS:
        await MEASUREMENTS[name]()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1:]))
