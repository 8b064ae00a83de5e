"""The pages: each carries the snapshot that its websocket goes on from."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import msgspec
from quart import Blueprint, Response, redirect, render_template, request

from realtime import __version__
from realtime.domain.errors import Unauthorized
from realtime.protocol.wire import encode
from realtime.store import rows
from realtime.store.changes import SITE, experiment_scope
from realtime.store.experiments import newest_runs_with_few_jobs
from realtime.web.api_experiments import experiments as experiments_api
from realtime.web.api_experiments import read_experiment
from realtime.web.api_job import job_api
from realtime.web.api_jobs import jobs_api
from realtime.web.asyncapi import document as asyncapi_document
from realtime.web.auth import COOKIE_AGE, check_login, check_place, cookie_name, same, session_cookie
from realtime.web.context import house
from realtime.web.live import RUNS
from realtime.web.openapi import document
from realtime.web.routing import PREFIX, json_response

JOBS_AT_FIRST = 300
"""Job lines of a page's first paint; older runs are a click away."""

pages = Blueprint("pages", __name__)


@pages.get("/")
async def experiments() -> Any:
    """The list of experiments; with `?token=` the login that batchboard prints."""
    if "token" in request.args:
        return _login(request.args["token"])
    check_place(request, house())
    check_login(request, house())
    return await render_template("experiments.html", title="Experiments", **await _context(SITE, "/api/v1/live", None))


@pages.get("/experiments/<experiment>")
async def control(experiment: str) -> str:
    """Run Tables > Batch control."""
    return await _experiment_page("control.html", experiment, RUNS)


@pages.get("/experiments/<experiment>/definitions")
async def definitions(experiment: str) -> str:
    """Experiment > Batch defs."""
    return await _experiment_page("definitions.html", experiment, 1)


async def _experiment_page(template: str, experiment: str, most_runs: int) -> str:
    check_place(request, house())
    check_login(request, house())
    row = await read_experiment(experiment)
    newest_runs = await house().store.read(
        lambda conn: newest_runs_with_few_jobs(conn, experiment, most_runs, JOBS_AT_FIRST)
    )
    live = f"/api/v1/experiments/{experiment}/live?runs={newest_runs}"
    context = await _context(experiment_scope(experiment), live, row, newest_runs)
    return await render_template(template, title=experiment, **context)


async def _context(scope: str, live: str, experiment: Any, newest_runs: int = 0) -> dict[str, Any]:
    here = house()
    seq, entries = await here.store.read(lambda conn: rows.snapshot(conn, scope, newest_runs))
    runs = [entry.key for entry in entries if entry.key.startswith("run/")]
    page = {
        "scope": "site" if scope == SITE else "experiment",
        "experiment": experiment,
        "epoch": here.store.epoch,
        "seq": seq,
        "rows": [msgspec.Raw(entry.raw or b"null") for entry in entries],
        "live": live,
        "api": PREFIX,
        "user": here.user,
        "instance": here.settings.instance,
        "bus": here.bus_server,
        "version": __version__,
        "now": datetime.now(UTC),
        "next_runs": runs[-1].removeprefix("run/") if len(runs) >= newest_runs > 0 else None,
        "example": _example(),
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
    check_place(request, house())
    check_login(request, house())
    return await render_template("docs.html", title="API", static=house().static_url, api=json.loads(_described()))


def _described() -> bytes:
    return encode(document(experiments_api, jobs_api, job_api))


@pages.post("/login")
async def login() -> Any:
    """The form of the login page."""
    form = await request.form
    return _login(form.get("token", ""))


def _login(token: str) -> Any:
    here = house()
    check_place(request, here)
    if not same(token.strip(), here.token):
        raise Unauthorized("the token is wrong")
    rest = [(name, value) for name, value in request.args.items(multi=True) if name != "token"]
    target = "/" + ("?" + urlencode(rest) if rest else "")
    answer = redirect(target, 303)
    answer.set_cookie(
        cookie_name(here),
        session_cookie(here.token),
        max_age=COOKIE_AGE,
        httponly=True,
        samesite="Lax",
        secure=here.settings.public_url.startswith("https:"),
        path="/",
    )
    return answer


async def login_page() -> Response:
    """How to log in; says so when the token that came with the request is wrong."""
    tried = "token" in request.args or request.method == "POST"
    message = "This token is not the right one." if tried else ""
    text = await render_template("login.html", title="Log in", static=house().static_url, message=message)
    return Response(text, status=401, content_type="text/html; charset=utf-8")


async def error_page(status: int, title: str, message: str) -> Response:
    """What went wrong, for people."""
    text = await render_template("error.html", title=title, static=house().static_url, status=status, message=message)
    return Response(text, status=status, content_type="text/html; charset=utf-8")
