"""Bring a database to the newest schema (Alembic)."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine


def migrate(database: Path, revision: str = "head") -> None:
    """Make or upgrade the SQLite database at `database`; readable by its owner alone."""
    database.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    database.touch(mode=0o600)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    engine = create_engine(f"sqlite:///{database}")
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
    finally:
        engine.dispose()
