"""The feeds as websockets: which scope, how much of it, and from which position."""

from quart import Blueprint, websocket

from realtime.domain.errors import Invalid
from realtime.service.rules import known_experiment
from realtime.store.changes import SITE, experiment_scope
from realtime.web import session
from realtime.web.context import house

live = Blueprint("live", __name__, url_prefix="/api/v1")

RUNS = 100
RUNS_LIMIT = 10_000


@live.websocket("/live")
async def site_live() -> None:
    """Experiments with their live counts, and all locations."""
    session.admit()
    await _follow(SITE)


@live.websocket("/experiments/<experiment>/live")
async def experiment_live(experiment: str) -> None:
    """An experiment's runs, definitions, jobs and locations."""
    session.admit()
    await house().store.read(lambda conn: known_experiment(conn, experiment))
    await _follow(experiment_scope(experiment))


async def _follow(scope: str) -> None:
    feed, runs, since = house().feed, _asked_runs(), websocket.args.get("since")
    await session.run(lambda socket: feed.follow(socket, scope, runs, since))


def _asked_runs() -> int:
    asked = websocket.args.get("runs", str(RUNS))
    if not asked.isdecimal() or not 1 <= int(asked) <= RUNS_LIMIT:
        raise Invalid(f"expected a number from 1 to {RUNS_LIMIT}", field="runs")
    return int(asked)
