"""`/api/v1`: an experiment for a screen on the wall."""

from datetime import UTC, datetime

from realtime.protocol.wall import Wall, WallQuery
from realtime.service.rules import known_experiment
from realtime.store import Connection, overview, rows, wall
from realtime.store.changes import experiment_scope
from realtime.web.context import house
from realtime.web.routing import Api

wall_api = Api("wall")


@wall_api.route("GET", "/experiments/<experiment>/wall", query=WallQuery, answer=Wall)
async def get_wall(experiment: str, query: WallQuery) -> Wall:
    """The newest runs and what has become of each hash on them, totals, the newest failures."""
    here = house()

    def read(conn: Connection) -> Wall:
        known_experiment(conn, experiment)
        place = rows.position(conn, experiment_scope(experiment))
        taken, processed = overview.runs(conn, experiment)
        runs, hashes = wall.runs(conn, experiment, query.runs)
        return Wall(
            epoch=here.store.epoch,
            seq=place[0] if place else 0,
            taken=taken,
            processed=processed,
            totals=wall.totals(conn, experiment),
            runs=runs,
            hashes=hashes,
            failures=wall.failures(conn, experiment),
            queues=wall.queues(conn, experiment, [run.number for run in runs], datetime.now(UTC)),
        )

    return await here.store.read(read)
