"""What jobs post while servers are restarted and killed: an answer always comes, and what was accepted is stored."""

import http.client
import json
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.bus.waiting import until_sync
from tests.fleet.serving import Served

COUNTERS = 90
"""Names of their own that one report has room for."""


class Script(threading.Thread):
    """Posts to its jobs, one new counter each time by a new connection, until told to stop."""

    def __init__(self, port: int, paths: dict[str, str]) -> None:
        super().__init__()
        self.accepted: dict[str, set[str]] = {job: set() for job in paths}
        self.failures: list[Exception] = []
        self.refusals: list[int] = []
        self._port = port
        self._paths = paths
        self._over = threading.Event()

    def run(self) -> None:
        """See Thread."""
        for number in range(COUNTERS):
            for job, path in self._paths.items():
                if self._over.wait(0.005):
                    return
                self._post(job, path, f"c{number}")

    def _post(self, job: str, path: str, name: str) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
        try:
            body = json.dumps({"counters": {name: 1}})
            connection.request("POST", path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.failures.append(error)
            return
        finally:
            connection.close()
        if 200 <= answer.status < 300:
            self.accepted[job].add(name)
        else:
            self.refusals.append(answer.status)

    def count(self) -> int:
        """How many posts were accepted."""
        return sum(map(len, self.accepted.values()))

    def stop(self) -> None:
        """It ends after the post under way."""
        self._over.set()
        self.join(30)


@contextmanager
def posting(served: Served) -> Iterator[list[Script]]:
    """Three scripts that post all the time; at the end what was accepted must be stored."""
    paths = list(served.report_paths(36).items())
    scripts = [Script(served.port, dict(paths[place::3])) for place in range(3)]
    for script in scripts:
        script.start()
    try:
        yield scripts
    finally:
        for script in scripts:
            script.stop()
    with served.client() as client:
        for script in scripts:
            for job, names in script.accepted.items():
                stored = {counter["name"] for counter in client.get(f"/api/v1/jobs/{job}").json()["counters"]}
                assert names <= stored


def goes_on(scripts: list[Script]) -> None:
    """More posts are accepted from each."""
    before = [script.count() for script in scripts]
    until_sync(lambda: all(script.count() > was + 5 for script, was in zip(scripts, before, strict=True)))


def test_no_report_fails_while_servers_are_restarted_one_after_the_other(served: Served) -> None:
    with posting(served) as scripts:
        goes_on(scripts)
        served.restart()
        goes_on(scripts)
        served.restart()
        goes_on(scripts)
    assert [(script.failures, script.refusals) for script in scripts] == [([], [])] * 3


def test_reports_are_never_refused_a_connection_while_servers_are_killed(served: Served) -> None:
    with posting(served) as scripts:
        for _ in range(3):
            goes_on(scripts)
            for pid in served.servers():
                os.kill(pid, signal.SIGKILL)
            until_sync(lambda: len(served.servers()) == 2, 20)
        goes_on(scripts)
    failures = [failure for script in scripts for failure in script.failures]
    assert not [failure for failure in failures if isinstance(failure, ConnectionRefusedError)]
    assert len(failures) <= 3 * 3, "no more than were under way"
