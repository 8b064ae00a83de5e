"""The pages: each carries the snapshot that its websocket goes on from."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
from quart import Blueprint, Response, render_template, request

from realtime import __version__
from realtime.protocol.wall import WallQuery
from realtime.protocol.wire import encode
from realtime.store import rows
from realtime.store.changes import SITE, experiment_scope
from realtime.web.api_activity import ActivityQuery, list_activity
from realtime.web.api_experiments import read_experiment
from realtime.web.api_overview import get_overview
from realtime.web.api_wall import get_wall
from realtime.web.apis import APIS
from realtime.web.asyncapi import document as asyncapi_document
from realtime.web.auth import check_login, check_place
from realtime.web.context import house
from realtime.web.login import log_in
from realtime.web.openapi import document
from realtime.web.routing import PREFIX, json_response
from realtime.web.table import forgiving_view, query_filter, read_first_screen

pages = Blueprint("pages", __name__)


@pages.get("/")
async def experiments() -> Any:
    """The list of experiments; with `?token=` the login that batchboard prints."""
    if "token" in request.args:
        return log_in(request.args["token"])
    _check()
    return await render_template("experiments.html", title="Experiments", **await _snapshot(SITE, "/api/v1/live", None))


@pages.get("/experiments/<experiment>")
async def control(experiment: str) -> str:
    """Run Tables > Batch control: the first screen of the view in the query, and which runs are in all of it. What
    cannot be understood in the query is no condition."""
    _check()
    row = await read_experiment(experiment)
    view, problems = forgiving_view(query_filter(request.args))
    index, found = await read_first_screen(experiment, view)
    live = f"/api/v1/experiments/{experiment}/live?runs=1"
    more = {"rows": found, "table": index, "filter_problems": problems}
    context = _context(experiment_scope(experiment), live, row, index.seq, more)
    return await render_template("control.html", title=experiment, **context)


@pages.get("/experiments/<experiment>/definitions")
async def definitions(experiment: str) -> str:
    """Experiment > Batch defs."""
    return await _experiment_page("definitions.html", experiment)


@pages.get("/experiments/<experiment>/activity")
async def activity(experiment: str) -> str:
    """Who did what."""
    _check()
    newest = await list_activity(experiment, ActivityQuery())
    return await _experiment_page("activity.html", experiment, "Activity", {"activity": newest})


@pages.get("/experiments/<experiment>/overview")
async def overview(experiment: str) -> str:
    """The experiment in numbers."""
    _check()
    numbers = await get_overview(experiment)
    return await _experiment_page("overview.html", experiment, "Overview", {"overview": numbers})


@pages.get("/experiments/<experiment>/wall")
async def wall(experiment: str) -> str:
    """For a screen on the wall: nothing to click."""
    _check()
    row = await read_experiment(experiment)
    shown = await get_wall(experiment, WallQuery())
    live = f"/api/v1/experiments/{experiment}/live?runs=1"
    # Of runs and jobs its store keeps no rows: it shows what it is told by one question.
    snapshot = await _snapshot(experiment_scope(experiment), live, row, 0, {"table": {}, "wall": shown})
    return await render_template("wall.html", title=f"Wall · {experiment}", **snapshot)


def _check() -> None:
    """Raises Forbidden or Unauthorized."""
    check_place(request, house())
    check_login(request, house())


async def _experiment_page(template: str, experiment: str, name: str = "", more: dict[str, Any] | None = None) -> str:
    """A page about an experiment that shows none of its runs but the newest."""
    _check()
    row = await read_experiment(experiment)
    live = f"/api/v1/experiments/{experiment}/live?runs=1"
    context = await _snapshot(experiment_scope(experiment), live, row, 1, more)
    return await render_template(template, title=" · ".join(filter(None, (name, experiment))), **context)


async def _snapshot(
    scope: str, live: str, experiment: Any, newest_runs: int = 0, more: dict[str, Any] | None = None
) -> dict[str, Any]:
    seq, entries = await house().store.read(lambda conn: rows.snapshot(conn, scope, newest_runs))
    found = [msgspec.Raw(entry.raw or b"null") for entry in entries]
    return _context(scope, live, experiment, seq, {"rows": found, **(more or {})})


def _context(scope: str, live: str, experiment: Any, seq: int, more: dict[str, Any]) -> dict[str, Any]:
    here = house()
    page = {
        "scope": "site" if scope == SITE else "experiment",
        "experiment": experiment,
        "epoch": here.store.epoch,
        "seq": seq,
        "live": live,
        "api": PREFIX,
        "user": here.user,
        "instance": here.settings.instance,
        "bus": here.bus_server,
        "version": __version__,
        "now": datetime.now(UTC),
        "zone": here.settings.time_zone,
        "session_ends_at": check_login(request, here),
        "example": _example(),
        **more,
    }
    return {"static": here.static_url, "page": _inside_script(encode(page)), "instance": here.settings.instance}


def _example() -> str | None:
    """The example script, where the demo has put it."""
    script = house().settings.data_dir / "scripts" / "submit.sh"
    return str(script) if script.is_file() else None


def _inside_script(encoded: bytes) -> str:
    """JSON that cannot end the script element it stands in."""
    return encoded.decode().replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


@pages.get("/api/v1/openapi.json")
async def openapi() -> Response:
    """The API, for programs."""
    return json_response(_described())


@pages.get("/api/v1/asyncapi.json")
async def asyncapi() -> Response:
    """The websockets and the channels on Redis, for programs."""
    settings = house().settings
    return json_response(encode(asyncapi_document(settings.public_url, settings.instance)))


@pages.get("/api/v1/docs")
async def docs() -> str:
    """The API, for people."""
    _check()
    return await render_template("docs.html", title="API", static=house().static_url, api=json.loads(_described()))


def _described() -> bytes:
    return encode(document(*APIS))


async def error_page(status: int, title: str, message: str) -> Response:
    """What went wrong, for people."""
    text = await render_template("error.html", title=title, static=house().static_url, status=status, message=message)
    return Response(text, status=status, content_type="text/html; charset=utf-8")
