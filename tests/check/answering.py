"""A server that answers as it is told: for what a real manager does not do on request."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

NO_ADDRESS = {"error": {"code": "not_found", "message": "there is no such report address"}}


@contextmanager
def answering(answers: dict[str, tuple[int, Any, dict[str, str]]]) -> Iterator[str]:
    """A server with these answers by path: status, JSON body, headers; 404 for others."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body, headers = answers.get(self.path.split("?")[0], (404, NO_ADDRESS, {}))
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response_only(status)
            text = json.dumps(body).encode()
            for name, value in {"Content-Length": str(len(text)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        do_POST = do_GET

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, args=[0.02])
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
