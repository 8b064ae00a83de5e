"""The job of progress.sh: a minute of work that reports how far it is, its events and its hit rate."""

import http.client
import json
import os
import secrets
import time
from urllib.parse import urlsplit

PACE = float(os.environ.get("EXAMPLE_PACE", "1"))
"""Seconds between two steps."""
STEPS = 60


def main() -> None:
    """Works through the steps; the hit rate wanders, and its colour says whether it is a good one."""
    events = hits = 0
    rate = 0.5
    for step in range(1, STEPS + 1):
        time.sleep(PACE)
        rate = min(0.95, max(0.05, rate + (secrets.randbelow(21) - 10) / 100))
        events += 120
        hits += round(120 * rate)
        print(f"step {step}: {events} events, {hits} hits")
        post(
            {
                "Progress": [f"{step}/{STEPS}", "green" if step == STEPS else "blue"],
                "Events": events,
                "Hit rate": [f"{rate:.0%}", color(rate)],
            }
        )


def color(rate: float) -> str:
    """Red is poor, orange will do, green is good."""
    if rate < 0.3:
        return "red"
    return "orange" if rate < 0.6 else "green"


def post(counters: "dict[str, object]") -> None:
    """Reports values. That it fails is printed, and does not end the work."""
    address = urlsplit(os.environ.get("BATCH_UPDATE_URL", ""))
    if not address.netloc:
        print("BATCH_UPDATE_URL is not set, nothing is reported")
        return
    secure = address.scheme == "https"
    try:
        connect = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = connect(address.netloc, timeout=5)
        connection.request(
            "POST", address.path, json.dumps({"counters": counters}), {"Content-Type": "application/json"}
        )
        answer = connection.getresponse()
        if answer.status != 200:
            print(f"The report was refused: {answer.status} {answer.reason}")
        connection.close()
    except (OSError, http.client.HTTPException) as error:
        print(f"The report could not be sent: {error}")


if __name__ == "__main__":
    main()
