"""The beginning of a websocket: refusals are HTTP answers; what is accepted is served until somebody ends it, or the
login session that it was opened with is over."""

from datetime import datetime

from quart import websocket

from realtime.protocol.live import PROTOCOL
from realtime.web.asgi_socket import AsgiSocket
from realtime.web.auth import check_login, check_place
from realtime.web.context import house
from realtime.web.socket import Serve, Socket
from realtime.web.stream import found_in
from realtime.web.stream_socket import StreamSocket


def admit() -> None:
    """Raises Forbidden, Unauthorized or Overfull: the refusal is an HTTP answer, the socket is never opened."""
    check_place(websocket, house())
    check_login(websocket, house())
    house().sockets.check_room()


async def run(serve: Serve) -> None:
    """Open the socket, which was admitted, and have it served. Over Hypercorn this returns at once, and `serve` runs
    on without Quart's globals: take what it needs of them before."""
    sockets = house().sockets
    stream = found_in(websocket.scope)
    ends_at = check_login(websocket, house())
    with sockets.opening():
        if stream is None:
            asgi = AsgiSocket(sockets.leave)
            await _accept()
            sockets.enter(_until(ends_at, asgi))
        else:
            socket = StreamSocket(stream, sockets.leave)
            await _accept()
            sockets.enter(_until(ends_at, socket))
            socket.begin(serve)
            return
    await asgi.run(serve)


def _until(ends_at: datetime | None, socket: Socket) -> Socket:
    """The socket, with the end of its session."""
    socket.ends_at = ends_at
    return socket


async def _accept() -> None:
    """With our subprotocol when the client offers it: browsers that offer one and get none give up."""
    offered = PROTOCOL in websocket.requested_subprotocols
    await websocket.accept(subprotocol=PROTOCOL if offered else None)
