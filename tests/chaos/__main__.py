"""`python -m tests.chaos`: the long run. The seed is printed first: the same one brings the same faults."""

import argparse
import asyncio
import secrets
import sys

from tests.chaos.chaos import Plan, chaos


def main() -> int:
    """Exit code 1 when a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--subscribers", type=int, default=200)
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    print(f"seed {asked.seed}", flush=True)
    crowds = max(1, asked.subscribers // 40)
    outcome = asyncio.run(chaos(Plan(**vars(asked), crowds=crowds)))
    print(outcome.text())
    return 1 if outcome.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
