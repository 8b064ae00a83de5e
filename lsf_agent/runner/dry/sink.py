"""An address to post reports to, of which nothing counts."""

import json
import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

BODY_LIMIT = 1024 * 1024
PATIENCE = 5.0


class Sink:
    """Listens on this machine's loopback until it is closed; raises OSError. `posts`: how many there were."""

    def __init__(self) -> None:
        self.posts = 0
        self._lock = threading.Lock()
        sink = self

        class Taking(BaseHTTPRequestHandler):
            timeout = PATIENCE

            def do_POST(self) -> None:
                """Answers as the real address does, with nothing accepted."""
                length = self.headers.get("Content-Length", "0")
                self.rfile.read(min(int(length), BODY_LIMIT) if length.isdecimal() else 0)
                sink.count()
                body = json.dumps({"accepted": 0, "skipped": []}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Nobody reads along."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}/dry-run/{secrets.token_hex(8)}"

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def count(self) -> None:
        with self._lock:
            self.posts += 1

    def close(self) -> None:
        """The thread ends with this process."""
        self._server.server_close()
