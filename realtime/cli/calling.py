"""What commands that call the public API have in common."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from realtime.cli.configured import configured

if TYPE_CHECKING:
    from realtime.cli.api import Api

LIST_LIMIT = 500

experiment_option = click.option(
    "-e", "--experiment", "experiment_name", envvar="BATCHBOARD_EXPERIMENT", required=True, help="Which experiment."
)
"""For commands that cannot do without."""


@contextmanager
def calling() -> Iterator["Api"]:
    """The API of the configured manager; what goes wrong becomes one line and exit code 1."""
    settings = configured(os.environ)
    from realtime.cli.api import Api, ApiError, login_token

    try:
        with Api(settings.manager_url, login_token(settings)) as api:
            yield api
    except ApiError as error:
        raise click.ClickException(str(error)) from error


def pages(page: Callable[..., Any]) -> Iterator[Any]:
    """All items of a list, from as many pages as it takes."""
    cursor: str | None = ""
    while cursor is not None:
        found = page(limit=LIST_LIMIT, **({"cursor": cursor} if cursor else {}))
        yield from found.items
        cursor = found.next


def segment(name: str) -> str:
    """A name as a part of an address."""
    from urllib.parse import quote

    return quote(name, safe="")


def time_text(at: datetime | None) -> str:
    """A time for people, in UTC."""
    return at.strftime("%Y-%m-%d %H:%M:%SZ") if at else "-"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print columns as wide as they need to be."""
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    for line in lines:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
