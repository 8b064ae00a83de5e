"""A look at a store without opening it for use: nothing is made, migrated or written."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from alembic.script import ScriptDirectory
from sqlalchemy import make_url

BUSY_LIMIT = 5.0


@dataclass(frozen=True, kw_only=True)
class Probe:
    """`revision`: of the schema; `newest`: whether it is the one of this program."""

    path: Path
    epoch: str
    revision: str
    newest: bool


class ProbeError(Exception):
    """The store cannot be read; the message says why."""


def probe(url: str) -> Probe | None:
    """What is there; None when there is no database yet. Raises ProbeError."""
    path = Path(str(make_url(url).database))
    if not path.exists():
        return None
    try:
        connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=BUSY_LIMIT)
        try:
            (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            (epoch,) = connection.execute("SELECT value FROM meta WHERE name = 'epoch'").fetchone()
        finally:
            connection.close()
    except (sqlite3.Error, TypeError) as error:
        raise ProbeError(f"{path}: {error}") from error
    head = ScriptDirectory(str(Path(__file__).parent / "migrations")).get_current_head()
    return Probe(path=path, epoch=bytes(epoch).decode(), revision=str(revision), newest=revision == head)
