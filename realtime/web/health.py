"""Is it up: `/healthz`, `/readyz`, `/metrics`. No login, nothing secret."""

from datetime import UTC, datetime

from quart import Blueprint, Response

from realtime.domain.errors import BatchboardError
from realtime.protocol.agent import AgentState
from realtime.protocol.api import Alive, BusState, Ready, StoreState
from realtime.protocol.rows import LocationRow
from realtime.protocol.wire import encode
from realtime.store import Connection, lists, locations
from realtime.web.context import house
from realtime.web.metrics import CONTENT_TYPE, exposition, of_locations, of_processes, of_store
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
    state = BusState(name=bus.name, server=here.bus_server, connected=bus.connected, since=bus.since, error=bus.error)
    try:
        places = await here.store.read(lists.locations)
    except BatchboardError as error:
        store = StoreState(ok=False, epoch=None, error=error.message)
        return json_response(encode(Ready(store=store, bus=state, locations=[])), 503)
    store = StoreState(ok=True, epoch=here.store.epoch, error=None)
    return json_response(encode(Ready(store=store, bus=state, locations=places)))


@health.get("/metrics")
async def metrics() -> Response:
    """Prometheus text: of all server processes, whichever of them answers; 200 also while the store does not."""
    here = house()

    def read(conn: Connection) -> tuple[list[tuple[str, int]], list[LocationRow], dict[str, AgentState]]:
        return lists.live_jobs(conn), lists.locations(conn), locations.states(conn)

    found = [*of_processes(here.processes.reports())]
    try:
        live, rows, states = await here.store.read(read)
    except BatchboardError:
        found += of_store(None)
    else:
        found += [*of_store(live), *of_locations(rows, states, datetime.now(UTC))]
    return Response(exposition(found), content_type=CONTENT_TYPE)
