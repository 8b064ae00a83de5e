"""What the demo tells of itself in one line."""

import httpx
import msgspec

from realtime.protocol.api import Ready
from realtime.protocol.rows import ExperimentRow
from realtime.protocol.wire import decode


async def look(client: httpx.AsyncClient, token: str, name: str) -> str:
    """How things are: runs and live jobs of the experiment of that name, the bus, the batch client."""
    try:
        ready = decode((await client.get("/readyz")).content, Ready)
        answer = await client.get(f"/api/v1/experiments/{name}", headers={"Authorization": f"Bearer {token}"})
        experiment = decode(answer.content, ExperimentRow) if answer.is_success else None
    except (httpx.TransportError, msgspec.DecodeError):
        return "the manager does not answer"
    return "; ".join(
        [
            f"run {experiment.last_run}, {experiment.jobs_live} jobs live" if experiment else "no run yet",
            f"news by {ready.bus.server}{'' if ready.bus.connected else ' (away)'}",
            f"batch client {'connected' if any(x.agent_connected for x in ready.locations) else 'away'}",
        ]
    )
