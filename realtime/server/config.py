"""Hypercorn, as we want it."""

import logging

from hypercorn.config import Config

from realtime.web.compression import decline
from realtime.web.stream import install


def hypercorn_config() -> Config:
    """Made once in a process, whose websockets are ours, and without compression, from then on."""
    decline()
    install()
    config = Config()
    config.alpn_protocols = ["http/1.1"]
    config.websocket_ping_interval = None  # Sockets.keep pings: no task for each connection
    config.websocket_max_message_size = 64 * 1024
    config.include_server_header = False
    config.accesslog = None
    config.errorlog = logging.getLogger("hypercorn")
    return config
