"""One LSF command: hands the daemon what was typed and prints what it answers.

Only quick imports, so that a command takes some hundredths of a second. The daemon answers in lines of JSON:

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
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from lsf_agent.embedded import reach

ATTEMPTS = 5
PATIENCE = 10.0
NOT_RESPONDING = "batch system daemon not responding ... still trying\n"


def main(arguments: list[str]) -> int:
    """The exit code of `DIRECTORY COMMAND ARGUMENT...`."""
    directory, command, *words = arguments
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    faults = read_json(Path(directory, "faults.json"))
    if command == "stop":
        faults = {}
    refused = suffer(faults, command)
    if refused is not None:
        return refused
    request = {
        "command": command,
        "words": words,
        "environment": dict(os.environ),
        "cwd": working_directory(),
        "umask": umask(),
        "token": os.urandom(12).hex(),
        "blind": faults.get("blind", 0),
    }
    try:
        code = Conversation(directory, request).hold()
    except OSError as error:
        ending = ". Job not submitted.\n" if command == "bsub" else "\n"
        write(2, f"lsb_init: Failed in an LSF library call: {error}{ending}")
        code = 255
    time.sleep(faults.get("late", 0))
    return code


def suffer(faults: dict[str, Any], command: str) -> int | None:
    """Makes the bad day of `faults.json` happen; the exit code when the command ends there already."""
    time.sleep(faults.get("delay", 0))
    while command in faults.get("hang", ()):
        signal.pause()
    if command in faults.get("refuse", {}):
        write(2, faults["refuse"][command].rstrip("\n") + "\n")
        return 255
    return 0 if command in faults.get("silent", ()) else None


class Conversation:
    """One request and its answer. Begins again with the same token when the daemon is killed in between, so that
    nothing is done twice and nothing printed twice."""

    def __init__(self, directory: str, request: dict[str, Any]) -> None:
        self._directory = directory
        self._request = request
        self._printed = 0
        self._streamed = 0
        self._script: str | None = None
        patience = read_json(Path(directory, "config.json")).get("patience")
        self._patience = patience if isinstance(patience, int | float) and patience > 0 else PATIENCE
        tries = os.environ.get("LSB_NTRIES", "")
        self._tries = int(tries) if tries.isdigit() else 0

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
            if "exit" in message:
                return int(message["exit"])
            if "ask" in message:
                send(connection, {"stdin": self._stdin()})
            elif "copy" in message:
                if not copy(message["copy"], message["before"]):
                    write(2, message["else"])
                    return 255
            elif "job" in message:
                self._streamed += write(1, message["job"])
            else:
                seen += 1
                if seen > self._printed:
                    self._printed = seen
                    write(1, message.get("out", ""))
                    write(2, message.get("err", ""))
        return None

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
                if tries == self._tries:
                    write(2, self._timed_out())
                    yield {"exit": 255}
                write(2, NOT_RESPONDING)
                continue
            if not part:
                return
            connection.settimeout(None)
            *lines, received = (received + part).split(b"\n")
            yield from map(json.loads, lines)

    def _timed_out(self) -> str:
        ending = ". Job not submitted.\n" if self._request["command"] == "bsub" else "\n"
        return f"Failed in an LSF library call: Communication time out{ending}"


def send(connection: socket.socket, message: dict[str, Any]) -> None:
    """One line of JSON."""
    connection.sendall(json.dumps(message).encode() + b"\n")


def copy(path: str, heading: str) -> bool:
    """Prints a file; False when it is not there."""
    try:
        with Path(path).open("rb") as stream:
            write(1, heading)
            while part := stream.read(1 << 16):
                write_bytes(1, part)
    except FileNotFoundError:
        return False
    return True


def write(descriptor: int, text: str) -> int:
    """Prints; answers the number of bytes."""
    return write_bytes(descriptor, text.encode("utf-8", "surrogateescape"))


def write_bytes(descriptor: int, content: bytes) -> int:
    written = 0
    while written < len(content):
        written += os.write(descriptor, content[written:])
    return written


def read_json(path: Path) -> dict[str, Any]:
    """A small file of settings; empty when it is missing or no JSON object."""
    try:
        told = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def working_directory() -> str:
    """Where the command was called; also when that folder is gone meanwhile, as then the shell's word counts."""
    try:
        return str(Path.cwd())
    except FileNotFoundError:
        return os.environ.get("PWD", "/")


def umask() -> int:
    """Of this process."""
    current = os.umask(0o077)
    os.umask(current)
    return current
