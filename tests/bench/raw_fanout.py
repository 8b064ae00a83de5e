"""The practical limit: a process that writes ready-made bytes to every TCP connection, as fast as it can.

Run as `python -m tests.bench.raw_fanout PORT`; a line of hex on standard input is written to all connections, each line
by itself.
"""

import asyncio
import sys
from typing import cast

import uvloop


async def main(port: int) -> None:
    """Serve until standard input ends."""
    writers: list[asyncio.Transport] = []

    class Connection(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            writers.append(cast(asyncio.Transport, transport))
            writers[-1].write(b"ready")

        def connection_lost(self, error: Exception | None) -> None:
            writers[:] = [writer for writer in writers if not writer.is_closing()]

    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, "127.0.0.1", port, backlog=2048)
    reader = asyncio.StreamReader(limit=2**20)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    print("ready", flush=True)
    while line := await reader.readline():
        message = bytes.fromhex(line.decode())
        for writer in writers:
            writer.write(message)
        await asyncio.sleep(0)  # uvloop sends what was written in one turn of the loop at once
    server.close()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
