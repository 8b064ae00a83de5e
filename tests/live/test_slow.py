"""A client that never reads: what it costs, and who waits for it."""

import asyncio

from tests.live.raw import upgrade
from tests.live.served import TOKEN, Served

STUCK = 30
COST = 300_000
"""Bytes of memory that one may cost, in the process and in the kernel."""
LIVE = "/api/v1/experiments/big/live"


async def test_a_client_that_never_reads_costs_little_and_delays_nobody(served: Served) -> None:
    await served.post("/experiments", {"name": "big"})
    await asyncio.gather(*(served.post("/experiments/big/runs", {"params": {"note": "x" * 8000}}) for _ in range(60)))
    reader = await served.open(LIVE)
    while not (await reader.message("snapshot"))["last"]:
        pass
    before = served.memory()
    request = upgrade(LIVE, TOKEN)
    stuck = [await served.ask(request, receive_buffer=4096) for _ in range(STUCK)]
    for client in stuck:
        client.stop_reading()
    for number in range(100):
        await served.post("/experiments/big/runs", {"params": {"note": "y" * 8000, "number": number}})
        await reader.message("delta")
    ports = [client.writer.get_extra_info("sockname")[1] for client in stuck]
    kernel = [served.kernel_memory(port) for port in ports]
    assert min(kernel) > 10_000, "they were sent more than they take"
    assert sum(kernel) / STUCK + (served.memory() - before) / STUCK < COST
