"""Times as numbers, in each database's own words."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Float, Integer, cast, func

_HALF_A_MILLISECOND = 0.0005
"""SQLite's day numbers miss a time by less."""


def seconds(conn: Connection, column: ColumnElement[Any]) -> ColumnElement[float]:
    """Seconds since 1970, to a millisecond."""
    if conn.dialect.name != "sqlite":
        return cast(func.extract("epoch", column), Float)
    return (cast(func.julianday(column), Float) - 2440587.5) * 86400.0


def step_of(conn: Connection, time: ColumnElement[float], step: int) -> ColumnElement[int]:
    """The step of so many seconds that a time after 1970 is in, counted from there."""
    place = (time + _HALF_A_MILLISECOND) / step
    # SQLite may have been built without `floor`, and its cast cuts off; others round.
    return cast(place if conn.dialect.name == "sqlite" else func.floor(place), Integer)
