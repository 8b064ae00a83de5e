"""Run every measurement."""

import uvloop

from tests.bench import follow, report_fanout


async def main() -> None:
    """One after the other."""
    await report_fanout.measure()
    await follow.measure()


if __name__ == "__main__":
    uvloop.run(main())
