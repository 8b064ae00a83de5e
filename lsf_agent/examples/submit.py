"""The job of submit.sh: ten steps, a second apart, each of which reports two values. Copy it and put your work in.

A report is JSON, posted to the address in BATCH_UPDATE_URL. A value may come with a colour.
"""

import http.client
import json
import os
import secrets
import string
import sys
import time
from urllib.parse import urlsplit

PACE = float(os.environ.get("EXAMPLE_PACE", "1"))
"""Seconds between two steps."""


def main() -> None:
    """Prints the parameters, then works."""
    for number, value in enumerate(sys.argv, start=1):
        print(f"Param {number}: {value}")
    for step in range(1, 11):
        time.sleep(PACE)
        letter = secrets.choice(string.ascii_uppercase)
        print(f"Step: {step}, {letter}")
        post({"Example Counter": [step, "red"], "Random Char": letter})


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
