"""`batchboard report`: what a script says of itself, posted to the address of its job."""

import json
import os
import sys
import time
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from realtime.protocol.api import ReportAnswer

TRIES_FOR = 10.0
"""Seconds; a job must not wait long for its report."""
AGAIN_AFTER = 0.5
LARGEST = 2**53
"""Whole numbers beyond are sent as text: not every reader of JSON keeps them."""


class Away(Exception):
    """No answer, or one that may be another one later."""


@click.command()
@click.argument("counters", metavar="NAME=VALUE[:COLOUR]...", nargs=-1)
@click.option("--clear", is_flag=True, help="Remove all counters first.")
@click.option("--remove", metavar="NAME", multiple=True, help="Remove this counter; may be repeated.")
def report(counters: tuple[str, ...], clear: bool, remove: tuple[str, ...]) -> None:
    """Report counters of the job whose script this is run in: BATCH_UPDATE_URL is its address.

    \b
    batchboard report Events=1200 "Hit rate=12.4 %:green" Quality=good:#2e8b57

    Numbers, true and false are sent as such, everything else as text. After the last colon only a colour name of CSS or
    #rrggbb is a colour. What was skipped is told on stderr. Exit code 1: nothing was accepted, within 10 s.
    """
    if not (counters or clear or remove):
        raise click.UsageError("nothing to report: expected NAME=VALUE, --remove or --clear")
    address = os.environ.get("BATCH_UPDATE_URL")
    if not address:
        raise click.UsageError("BATCH_UPDATE_URL is not set: this is for scripts and jobs that Batchboard started")
    posted: dict[str, object] = dict.fromkeys(remove) | dict(map(counter, counters))
    until = time.monotonic() + TRIES_FOR
    accepted = 0
    if clear:
        _post(address, None, until)
        accepted += 1
    if posted:
        answer = _post(address, posted, until)
        accepted += answer.accepted
        for skipped in answer.skipped:
            click.echo(f"{skipped.key}: {skipped.reason}", err=True)
    sys.exit(0 if accepted else 1)


def counter(text: str) -> tuple[str, object]:
    """(name, value or [value, colour]) of NAME=VALUE[:COLOUR]; raises BadParameter."""
    from realtime.domain.report import known_color

    name, equals, value = text.partition("=")
    if not (name.strip() and equals):
        raise click.BadParameter(f"expected NAME=VALUE, not {text[:60]!r}")
    front, colon, color = value.rpartition(":")
    if colon and known_color(color):
        return name, [_value(front), color.strip()]
    return name, _value(value)


def _value(text: str) -> str | int | float | bool:
    """A number only where it would be shown as it was written: 12.40 is text."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    plain = isinstance(value, int | float) and json.dumps(value) == text and abs(value) <= LARGEST
    return value if plain else text


def _post(address: str, counters: dict[str, object] | None, until: float) -> "ReportAnswer":
    """Tries again while the manager is away: a post may be repeated."""
    while True:
        try:
            return _posted(address, counters, max(0.5, until - time.monotonic()))
        except Away as away:
            if time.monotonic() + AGAIN_AFTER > until:
                raise click.ClickException(str(away)) from None
        time.sleep(AGAIN_AFTER)


def _posted(address: str, counters: dict[str, object] | None, timeout: float) -> "ReportAnswer":
    """Raises Away and ClickException. The address is a secret and never part of a message."""
    import http.client
    from urllib.parse import urlsplit

    import msgspec

    from realtime.protocol.api import ReportAnswer
    from realtime.protocol.wire import decode, encode

    try:
        parts = urlsplit(address)
        kind = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}[parts.scheme]
        connection = kind(parts.hostname or "", parts.port, timeout=timeout)
    except (ValueError, KeyError, http.client.InvalidURL):
        raise click.ClickException("BATCH_UPDATE_URL is no address of a web server") from None
    try:
        connection.request("POST", parts.path, encode({"counters": counters}), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        status, content = answer.status, answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise Away(f"no answer from the report address: {type(error).__name__}") from None
    finally:
        connection.close()
    if status == 429 or status >= 500:
        raise Away(_reason(status, content))
    if status >= 300:
        raise click.ClickException(_reason(status, content))
    try:
        return decode(content, ReportAnswer)
    except msgspec.DecodeError:
        raise click.ClickException("BATCH_UPDATE_URL is not the address of a manager of this version") from None


def _reason(status: int, content: bytes) -> str:
    import msgspec

    from realtime.protocol.errors import ErrorAnswer
    from realtime.protocol.wire import decode

    try:
        return decode(content, ErrorAnswer).error.message
    except msgspec.DecodeError:
        return f"the report address answered {status}"
