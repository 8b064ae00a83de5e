"""The beginning of a websocket: refusals are HTTP answers; what is accepted is served until somebody ends it."""

from quart import websocket

from realtime.protocol.live import PROTOCOL
from realtime.web.asgi_socket import AsgiSocket
from realtime.web.auth import check_login, check_place
from realtime.web.context import house
from realtime.web.socket import Serve
from realtime.web.stream import found_in
from realtime.web.stream_socket import StreamSocket


def admit() -> None:
    """Raises Forbidden, Unauthorized or Overfull: the refusal is an HTTP answer, the socket is never opened."""
    check_place(websocket, house())
    check_login(websocket, house())
    house().sockets.check_room()


async def run(serve: Serve) -> None:
    """Open the socket and have it served. Over Hypercorn this returns at once, and `serve` runs on without Quart's
    globals: take what it needs of them before."""
    sockets = house().sockets
    stream = found_in(websocket.scope)
    with sockets.opening():
        if stream is None:
            asgi = AsgiSocket(sockets.leave)
            await _accept()
            sockets.enter(asgi)
        else:
            socket = StreamSocket(stream, sockets.leave)
            await _accept()
            sockets.enter(socket)
            socket.begin(serve)
            return
    await asgi.run(serve)


async def _accept() -> None:
    """With our subprotocol when the client offers it: browsers that offer one and get none give up."""
    offered = PROTOCOL in websocket.requested_subprotocols
    await websocket.accept(subprotocol=PROTOCOL if offered else None)
