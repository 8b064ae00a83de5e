"""Is it up: `/healthz`, `/readyz`, `/metrics`. No login, nothing secret."""

from quart import Blueprint, Response

from realtime.domain.errors import BatchboardError
from realtime.protocol.api import Alive, BusState, Ready, StoreState
from realtime.protocol.wire import encode
from realtime.store import lists
from realtime.web.context import house
from realtime.web.routing import json_response

health = Blueprint("health", __name__)


@health.get("/healthz")
async def healthz() -> Response:
    """This process answers."""
    return json_response(encode(Alive(ok=True)))


@health.get("/readyz")
async def readyz() -> Response:
    """What is up and what is away; 200 as long as the store answers."""
    here = house()
    bus = here.bus.state()
    state = BusState(name=bus.name, server=here.bus_server, connected=bus.connected, error=bus.error)
    try:
        locations = await here.store.read(lists.locations)
    except BatchboardError as error:
        store = StoreState(ok=False, epoch=None, error=error.message)
        return json_response(encode(Ready(store=store, bus=state, locations=[])), 503)
    store = StoreState(ok=True, epoch=here.store.epoch, error=None)
    return json_response(encode(Ready(store=store, bus=state, locations=locations)))


@health.get("/metrics")
async def metrics() -> Response:
    """Prometheus text."""
    here = house()
    counts = await here.store.read(lists.live_jobs)
    locations = await here.store.read(lists.locations)
    bus = here.bus.state()
    lines = [
        "# HELP batchboard_jobs_live Live jobs by status.",
        "# TYPE batchboard_jobs_live gauge",
        *(f'batchboard_jobs_live{{status="{status}"}} {count}' for status, count in counts),
        "# HELP batchboard_agent_connected Whether the agent of a location is heard of.",
        "# TYPE batchboard_agent_connected gauge",
        *(f'batchboard_agent_connected{{location="{row.name}"}} {int(row.agent_connected)}' for row in locations),
        "# HELP batchboard_websockets Open websockets of this process.",
        "# TYPE batchboard_websockets gauge",
        f"batchboard_websockets {len(here.sockets)}",
        "# HELP batchboard_bus_connected Whether news travel between processes.",
        "# TYPE batchboard_bus_connected gauge",
        f"batchboard_bus_connected {int(bus.connected)}",
        "# HELP batchboard_bus_dropped_total News that other processes had to read from the store.",
        "# TYPE batchboard_bus_dropped_total counter",
        f"batchboard_bus_dropped_total {bus.dropped}",
    ]
    return Response("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4; charset=utf-8")
