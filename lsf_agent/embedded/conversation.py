"""One request of a command to the daemon, and its answer. Quick imports only.

The daemon answers in lines of JSON:

    {"out": text} {"err": text}   to print
    {"job": text}                 output of an interactive job, to print
    {"ask": "stdin"}              bsub without a command wants the script
    {"copy": path, "before": text, "else": text}
                                  to print a file below a heading; when it is gone: the other text on stderr, code 255
    {"exit": code}                the end
"""

import json
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from lsf_agent.embedded import patience, reach
from lsf_agent.embedded.faults import ALWAYS, Fault
from lsf_agent.embedded.printing import write, write_bytes

ATTEMPTS = 5


class Conversation:
    """Begins again with the same token when the daemon is killed in between, so that nothing is done twice and nothing
    printed twice."""

    def __init__(self, directory: str, request: dict[str, Any], fault: Fault, patience: float) -> None:
        self._directory = directory
        self._request = request
        self._fault = fault
        self._patience = patience
        self._printed = 0
        self._streamed = 0
        self._script: str | None = None

    def hold(self) -> int:
        """The command's exit code; raises OSError when there is no daemon to be had."""
        os.chdir(self._directory)
        for _ in range(ATTEMPTS):
            with reach.connect() as connection, suppress(ConnectionError):
                code = self._talk(connection)
                if code is not None:
                    return code
        raise ConnectionError("the batch daemon went away, see daemon.log")

    def _talk(self, connection: socket.socket) -> int | None:
        """None when the daemon went away before it had answered."""
        seen = 0
        send(connection, {**self._request, "streamed": self._streamed})
        for message in self._messages(connection):
            if "ask" in message:
                send(connection, {"stdin": self._stdin()})
                continue
            lost = self._lost()
            if lost is not None:
                return lost
            if "exit" in message:
                return int(message["exit"])
            if "copy" in message:
                if not self._copy(message["copy"], message["before"]):
                    self._print(2, message["else"])
                    return 255
            elif "job" in message:
                self._streamed += self._print(1, message["job"])
            else:
                seen += 1
                if seen > self._printed:
                    self._printed = seen
                    self._print(1, message.get("out", ""))
                    self._print(2, message.get("err", ""))
        return None

    def _lost(self) -> int | None:
        """The daemon has done it; what becomes of the command when its answer is to be lost: perhaps an exit code."""
        command, words = self._request["command"], self._request["words"]
        while self._fault.answer == "hang":
            signal.pause()
        if self._fault.answer == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if self._fault.answer == "timed out":
            write(2, patience.timed_out(command, words))
            return 255
        if self._fault.answer == "still trying":
            return patience.unanswered(ALWAYS, self._patience, command, words)
        return None

    def _print(self, descriptor: int, text: str) -> int:
        """Prints what the daemon answered; the number of its bytes."""
        if self._fault.answer == "nothing":
            return len(text.encode("utf-8", "surrogateescape"))
        return write(3 - descriptor if self._fault.swap else descriptor, text)

    def _copy(self, path: str, heading: str) -> bool:
        """Prints a file; False when it is not there."""
        try:
            with Path(path).open("rb") as stream:
                self._print(1, heading)
                while part := stream.read(1 << 16):
                    if self._fault.answer != "nothing":
                        write_bytes(2 if self._fault.swap else 1, part)
        except FileNotFoundError:
            return False
        return True

    def _stdin(self) -> str:
        if self._script is None:
            self._script = sys.stdin.buffer.read().decode("utf-8", "surrogateescape") if sys.stdin else ""
        return self._script

    def _messages(self, connection: socket.socket) -> Iterator[dict[str, Any]]:
        received = b""
        tries = 0
        connection.settimeout(self._patience)
        while True:
            try:
                part = connection.recv(1 << 16)
            except TimeoutError:
                tries += 1
                if tries == patience.tries():
                    write(2, patience.timed_out(self._request["command"], self._request["words"]))
                    yield {"exit": 255}
                write(2, patience.NOT_RESPONDING)
                continue
            if not part:
                return
            connection.settimeout(None)
            *lines, received = (received + part).split(b"\n")
            yield from map(json.loads, lines)


def send(connection: socket.socket, message: dict[str, Any]) -> None:
    """One line of JSON."""
    connection.sendall(json.dumps(message).encode() + b"\n")
