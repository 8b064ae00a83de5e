"""`/api/v1`: an experiment in numbers."""

from realtime.protocol.overview import Overview
from realtime.service.rules import known_experiment
from realtime.store import Connection, overview, rows
from realtime.store.changes import experiment_scope
from realtime.web.context import house
from realtime.web.routing import Api

overview_api = Api("overview")


@overview_api.route("GET", "/experiments/<experiment>/overview", answer=Overview)
async def get_overview(experiment: str) -> Overview:
    """How far the runs are, and how each hash fares."""
    here = house()

    def read(conn: Connection) -> Overview:
        known_experiment(conn, experiment)
        place = rows.position(conn, experiment_scope(experiment))
        runs, processed = overview.runs(conn, experiment)
        hashes = overview.hashes(conn, experiment)
        seq = place[0] if place else 0
        return Overview(epoch=here.store.epoch, seq=seq, runs=runs, processed=processed, hashes=hashes)

    return await here.store.read(read)
