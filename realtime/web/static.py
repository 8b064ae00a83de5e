"""Templates and static files, wherever they are: beside the packages in a checkout, inside the wheel.

Static files are read once, when a server starts, and served from memory: scripts and styles made small (the
page's weight), compressed once.
"""

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import minify
from quart import Blueprint, Response, request
from werkzeug.exceptions import NotFound

_PACKAGE = Path(__file__).resolve().parent.parent
static = Blueprint("assets", __name__)
YEAR = 365 * 24 * 3600
KINDS = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}


@dataclass(frozen=True)
class Asset:
    """One file as it is sent."""

    kind: str
    body: bytes
    compressed: bytes


def folder(name: str) -> Path:
    """`templates` or `static`."""
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


def build() -> str:
    """A name for this state of the static files: they are served below it and may be kept for a year."""
    digest = hashlib.sha256()
    for name, asset in sorted(assets().items()):
        digest.update(name.encode() + b"\0" + asset.body)
    return digest.hexdigest()[:12]


@cache
def assets() -> dict[str, Asset]:
    """All static files of the page by their path below `static`."""
    files = sorted(path for path in folder("static").rglob("*") if path.suffix in KINDS)
    return {path.relative_to(folder("static")).as_posix(): _asset(path) for path in files}


def _asset(path: Path) -> Asset:
    body = shortened(path.suffix, path.read_text()).encode()
    return Asset(KINDS[path.suffix], body, gzip.compress(body, mtime=0))


def shortened(suffix: str, text: str) -> str:
    """A script or style that means the same, without what only people read."""
    if suffix == ".svg":
        return text
    return str(minify.string(KINDS[suffix].partition(";")[0], in_order(text) if suffix == ".js" else text))


def in_order(text: str) -> str:
    """The same script with each `const` that takes a value apart as `let`. The minifier joins constants that follow
    each other and puts these first, before those that they are made of; a `let` behind a `const` stays in its place."""
    return re.sub(r"^(\s*)const (?=[\[{])", r"\1let ", text, flags=re.MULTILINE)


@static.get("/static/<name>/<path:path>")
async def serve(name: str, path: str) -> Response:
    """A file; `name` is the build and not looked at, so that an open page outlives an update."""
    return _found(path)


@static.get("/favicon.ico")
async def favicon() -> Response:
    """For browsers that ask for it by themselves."""
    return _found("favicon.svg")


def _found(path: str) -> Response:
    asset = assets().get(path)
    if asset is None:
        raise NotFound
    headers = {"Cache-Control": f"public, max-age={YEAR}, immutable", "Vary": "Accept-Encoding"}
    compressed = "gzip" in request.headers.get("Accept-Encoding", "")
    if compressed:
        headers["Content-Encoding"] = "gzip"
    return Response(asset.compressed if compressed else asset.body, content_type=asset.kind, headers=headers)
