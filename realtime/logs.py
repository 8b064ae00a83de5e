"""How processes log: lines on standard error, times in UTC."""

import logging
import sys
import time


def log_to_stderr() -> None:
    """Times in UTC, without the small talk of libraries."""
    logging.Formatter.converter = time.gmtime
    logging.basicConfig(level=logging.INFO, format="%(asctime)sZ %(levelname)s %(message)s", stream=sys.stderr)
    for noisy in ("httpx", "httpcore", "alembic", "hypercorn"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
