"""The job of hungry.sh: takes more and more memory. Shows how a job looks that LSF kills at its memory limit."""

import http.client
import json
import os
import signal
import time
from urllib.parse import urlsplit

PACE = float(os.environ.get("EXAMPLE_PACE", "1"))
"""Seconds between two steps."""
STEPS = 8
STEP = 10 * 1024 * 1024
"""Bytes that each step takes; the interpreter has some ten million before it begins."""


def main() -> None:
    """Reads images that it never lets go."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback for what is no mistake in this program
    images: list[bytearray] = []
    for step in range(1, STEPS + 1):
        images.append(bytearray(os.urandom(4096) * (STEP // 4096)))
        print(f"step {step}: {len(images) * STEP // 2**20} MB of images in memory")
        post({"Progress": f"{step}/{STEPS}", "Memory": f"{len(images) * STEP // 2**20} MB"})
        time.sleep(PACE)
    print("All images were read")


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
