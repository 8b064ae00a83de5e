"""Templates and static files, wherever they are: beside the packages in a checkout, inside the wheel."""

import hashlib
from pathlib import Path

from quart import Blueprint, Response, send_from_directory

_PACKAGE = Path(__file__).resolve().parent.parent
static = Blueprint("assets", __name__)
YEAR = 365 * 24 * 3600


def folder(name: str) -> Path:
    """`templates` or `static`."""
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


def build() -> str:
    """A name for this state of the static files: they are served below it and may be kept for a year."""
    digest = hashlib.sha256()
    for path in sorted(folder("static").rglob("*")):
        if path.is_file():
            digest.update(str(path.relative_to(folder("static"))).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


@static.get("/static/<name>/<path:path>")
async def serve(name: str, path: str) -> Response:
    """A file; `name` is the build and not looked at, so that an open page outlives an update."""
    found = await send_from_directory(folder("static"), path)
    found.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    return found


@static.get("/favicon.ico")
async def favicon() -> Response:
    """For browsers that ask for it by themselves."""
    return await send_from_directory(folder("static"), "favicon.svg", mimetype="image/svg+xml")
