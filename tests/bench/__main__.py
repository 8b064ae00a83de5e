"""Run every measurement."""

import uvloop

from tests.bench.report_fanout import measure

if __name__ == "__main__":
    uvloop.run(measure())
