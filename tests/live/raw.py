"""A websocket client that does what it should not."""

import asyncio
import json
import socket
from dataclasses import dataclass
from typing import Any, cast

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
SITE = "/api/v1/live"
PATIENCE = 15.0


def frame(opcode: int, payload: bytes = b"", *, final: bool = True, masked: bool = True) -> bytes:
    """One frame, with the mask 0."""
    head = bytes([opcode | (0x80 if final else 0)])
    flag = 0x80 if masked else 0
    if len(payload) < 126:
        head += bytes([flag | len(payload)])
    elif len(payload) < 65536:
        head += bytes([flag | 126]) + len(payload).to_bytes(2, "big")
    else:
        head += bytes([flag | 127]) + len(payload).to_bytes(8, "big")
    return head + (b"\0\0\0\0" if masked else b"") + payload


def upgrade(path: str, token: str, **headers: str) -> bytes:
    """The request that asks for a websocket."""
    usual = {
        "Host": "localhost",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        "Sec-WebSocket-Version": "13",
        "Authorization": f"Bearer {token}",
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in usual.items())]
    return "\r\n".join([*lines, "", ""]).encode()


@dataclass
class Raw:
    """A connection, and what the server answered to the request."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    status: int
    headers: dict[str, str]

    def say(self, *frames: bytes) -> None:
        """Send, without waiting."""
        self.writer.write(b"".join(frames))

    def stop_reading(self) -> None:
        """From now on the kernel keeps what comes, as long as it can."""
        cast(asyncio.Transport, self.writer.transport).pause_reading()

    async def next(self) -> tuple[int, bytes]:
        """Opcode and payload of the next frame."""
        async with asyncio.timeout(PATIENCE):
            opcode, size = await self.reader.readexactly(2)
            if size == 126:
                size = int.from_bytes(await self.reader.readexactly(2), "big")
            elif size == 127:
                size = int.from_bytes(await self.reader.readexactly(8), "big")
            return opcode & 0x0F, await self.reader.readexactly(size)

    async def message(self, *wanted: str) -> Any:
        """The next message, of one of these types when any are given."""
        while True:
            opcode, payload = await self.next()
            assert opcode in (TEXT, PING, PONG), (opcode, payload)
            if opcode == TEXT:
                message = json.loads(payload)
                if not wanted or message["type"] in wanted:
                    return message

    async def closed(self) -> int:
        """The code of the close frame, which must come."""
        while True:
            opcode, payload = await self.next()
            if opcode == CLOSE:
                return int.from_bytes(payload[:2], "big")

    async def gone(self) -> None:
        """Wait until the server has ended the connection."""
        async with asyncio.timeout(PATIENCE):
            try:
                while await self.reader.read(65536):
                    pass
            except ConnectionError:
                pass


async def connected(port: int, request: bytes, receive_buffer: int | None = None) -> Raw:
    """Send a request and read the head of the answer."""
    mine = socket.socket()
    mine.setblocking(False)
    if receive_buffer is not None:
        mine.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    async with asyncio.timeout(PATIENCE):
        await asyncio.get_running_loop().sock_connect(mine, ("127.0.0.1", port))
        reader, writer = await asyncio.open_connection(sock=mine, limit=receive_buffer or 65536)
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
    status, *lines = head.strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Raw(reader, writer, int(status.split()[1]), headers)
