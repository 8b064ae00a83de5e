"""A real Redis server that a test can kill, freeze and start again on the same socket."""

import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from realtime.bus.server import arguments, binaries
from tests.bus.waiting import until_sync


class TestServer:
    """One server on a unix socket."""

    __test__ = False

    def __init__(self, folder: Path) -> None:
        self._socket = folder / "s"
        self.url = f"unix://{self._socket}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Run it; it answers when this returns."""
        binary = next(binaries())
        self._process = subprocess.Popen(arguments(binary.path, self._socket), stdout=subprocess.DEVNULL)
        until_sync(self._answers)

    def kill(self) -> None:
        """As with a power cut."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        """It keeps its connections and says nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on where it was."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def command(self, *words: str) -> bytes:
        """The first piece of the answer to a command."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(2)
            connection.connect(str(self._socket))
            connection.sendall((" ".join(words) + "\r\n").encode())
            return connection.recv(65536)

    def _answers(self) -> bool:
        try:
            return self.command("PING").startswith(b"+PONG")
        except OSError:
            return False


@contextmanager
def running_server() -> Iterator[TestServer]:
    """A running server; killed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="bus-"))  # short: a socket's path has 108 bytes
    server = TestServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder)
