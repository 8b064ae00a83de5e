"""`batchboard log`: a job's output, and what is added to it."""

import os
import re
import sys
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

import click

from realtime.cli.calling import calling
from realtime.cli.configured import configured
from realtime.cli.jobs import job_id

if TYPE_CHECKING:
    from realtime.cli.api import Api
    from realtime.client.log import LogNews

PIECE = 256 * 1024
UNSEEMLY = re.compile(r"\x1b(?!\[[0-9;]{0,20}m)|[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f]")
"""What could make a terminal do more than show text: all control characters but line ends, tabs and colours."""


@click.command()
@click.argument("job")
@click.option("-f", "--follow", is_flag=True, help="Go on until the job has ended.")
@click.option("-e", "--experiment", "experiment_name", envvar="BATCHBOARD_EXPERIMENT", help="Whose job a number means.")
@click.option("--offset", type=click.IntRange(min=0), help="Begin at this byte. Default: the begin; with -f, the end.")
@click.option("--lsf-id", help="Of this one of the job's LSF jobs.")
def log(job: str, follow: bool, experiment_name: str | None, offset: int | None, lsf_id: str | None) -> None:
    """Print the output of JOB: an id of 24 hex digits or, with -e, a number.

    With -f at most the last 256 KiB of what is there come first; a lost connection is resumed. When LSF writes the file
    of a job that was peeked at before, that file is printed from its begin, and stderr says so.
    """
    from realtime.cli.leaving import closed_pipe_is_an_end, run_until_left

    settings = configured(os.environ)
    with closed_pipe_is_an_end(), calling() as api:
        from realtime.cli.api import login_token

        found = job_id(api, job, experiment_name)
        if follow:
            token = login_token(settings)
            run_until_left(_follow(settings.manager_url, found, offset, lsf_id, token))
            return
        for text in _pieces(api, found, offset or 0, lsf_id):
            _print(text)


def _pieces(api: "Api", job: str, offset: int, lsf_id: str | None) -> Iterator[str]:
    from realtime.protocol.questions import LogAnswer

    query: dict[str, str | int] = {} if lsf_id is None else {"lsf_id": lsf_id}
    source = None
    while True:
        piece = api.get(f"/jobs/{job}/log", LogAnswer, offset=offset, limit=PIECE, **query)
        if source not in (None, piece.source):
            _note("LSF wrote the file: the output follows from its begin")
            source, offset = None, 0
            continue
        yield piece.text
        if piece.source == "none":
            _note("no output yet" if not piece.complete else "no output was found")
        if piece.next <= offset or piece.next >= piece.size:
            return
        source, offset = piece.source, piece.next


async def _follow(url: str, job: str, offset: int | None, lsf_id: str | None, token: str) -> None:
    from realtime.client import Refused, follow_log

    try:
        await _print_news(follow_log(url, job, offset, lsf_id=lsf_id, token=token))
    except Refused as refusal:
        raise click.ClickException(str(refusal)) from refusal


async def _print_news(log: AsyncIterator["LogNews"]) -> None:
    import asyncio

    from realtime.protocol.live import LogEnd, LogReset, LogText

    async for news in log:
        match news:
            case LogText(text=text):
                await asyncio.to_thread(_print, text)
            case LogReset():
                _note("LSF wrote the file: the output follows anew")
            case LogEnd(status=status):
                _note(status)


def _print(text: str) -> None:
    if sys.stdout.isatty():
        text = UNSEEMLY.sub("�", text)
    sys.stdout.buffer.write(text.encode(errors="replace"))
    sys.stdout.buffer.flush()


def _note(text: str) -> None:
    click.echo(f"batchboard: {text}", err=True)
