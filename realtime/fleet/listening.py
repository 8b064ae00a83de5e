"""The listening socket: made once, or taken from systemd, and kept open while servers come and go."""

import os
import socket
import time
from collections.abc import Mapping
from ipaddress import ip_address

from realtime.settings import Settings, SettingsError

SEND_BUFFER = 64 * 1024
"""Bytes of a connection's kernel buffer: what a slow client holds back is stale."""
UNHEARD = 30_000
"""Milliseconds after which a connection ends whose peer acknowledges nothing."""
BACKLOG = 2048
PATIENCE = 2.0
"""Seconds that servers of a parent that was killed may take to vanish from the port."""
FIRST_DESCRIPTOR = 3
ACTIVATION = ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES")


def listen(settings: Settings, environ: Mapping[str, str]) -> socket.socket:
    """The socket of HOST and PORT; connections inherit its options. Raises SettingsError."""
    listening = _from_systemd(settings, environ) or _own(settings)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNHEARD)
    listening.setblocking(False)
    listening.listen(BACKLOG)
    return listening


def without_activation(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for children, for whom systemd's words are not meant."""
    return {name: value for name, value in environ.items() if name not in ACTIVATION}


def _from_systemd(settings: Settings, environ: Mapping[str, str]) -> socket.socket | None:
    """The socket of the unit batchboard-manager.socket, if that started us (sd_listen_fds(3))."""
    if environ.get("LISTEN_PID") != str(os.getpid()) or not environ.get("LISTEN_FDS", "").isdecimal():
        return None
    if environ["LISTEN_FDS"] != "1":
        raise SettingsError(f"BATCHBOARD_PORT: systemd gave {environ['LISTEN_FDS']} sockets; one is expected")
    try:
        given = socket.socket(fileno=FIRST_DESCRIPTOR)
    except OSError as error:
        raise SettingsError(f"BATCHBOARD_PORT: what systemd gave is no socket: {error.strerror}") from error
    os.set_inheritable(given.fileno(), False)
    address = given.getsockname()
    inet = given.family in (socket.AF_INET, socket.AF_INET6) and given.type == socket.SOCK_STREAM
    if not inet or address[1] != settings.port or not ip_address(address[0]).is_loopback:
        given.close()
        raise SettingsError(
            f"BATCHBOARD_PORT: the socket that systemd gave listens on {address}; "
            f"expected port {settings.port} of a loopback address, as ListenStream of the unit and HOST and PORT say"
        )
    return given


def _own(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    until = time.monotonic() + PATIENCE
    while True:
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((settings.host, settings.port))
            return listening
        except OSError as error:
            listening.close()
            if time.monotonic() < until:
                time.sleep(0.05)
                continue
            raise SettingsError(
                f"BATCHBOARD_PORT: cannot listen on {settings.host}:{settings.port}: {error.strerror}; "
                "is another one running there? choose another port"
            ) from error
