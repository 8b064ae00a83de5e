"""The job of fails.sh: works for a few seconds, then something is wrong. Shows how a failed job looks."""

import http.client
import json
import os
import sys
import time
from urllib.parse import urlsplit

PACE = float(os.environ.get("EXAMPLE_PACE", "1"))
"""Seconds between two steps."""


def main() -> int:
    """The exit code of the job."""
    for step in range(1, 4):
        time.sleep(PACE)
        print(f"Reading part {step} of the run")
        post({"Parts read": [step, "orange"]})
    print("Error: the calibration constants of this run are missing", file=sys.stderr)
    return 3


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
    sys.exit(main())
