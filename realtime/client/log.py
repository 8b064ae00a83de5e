"""`follow_log`: a job's output as it grows, gone on from wherever the last connection ended."""

import asyncio
import os
from collections.abc import AsyncIterator
from typing import TypeAlias

import msgspec

from realtime.client.address import log_address
from realtime.client.link import Lost, opened
from realtime.protocol.live import Bye, Close, LogEnd, LogReset, LogText

LogNews: TypeAlias = LogText | LogReset | LogEnd

_message: msgspec.json.Decoder[LogNews | Bye] = msgspec.json.Decoder(LogText | LogReset | LogEnd | Bye)


async def follow_log(
    url: str, job: str, offset: int | None = None, *, lsf_id: str | None = None, token: str | None = None
) -> AsyncIterator[LogNews]:
    """The log of the job with the id `job` from `offset` (bytes); without one, from at most the last 256 KiB.

    After a LogReset the log begins anew, in another source. LogEnd is the last item; there is none when the job was
    removed. Lost connections are resumed where they ended. Raises Refused (401, 403, 404, 422) and ValueError.
    """
    chosen = os.environ.get("BATCHBOARD_TOKEN") if token is None else token
    source, attempt = "", 0
    while True:
        try:
            async with opened(log_address(url, job, offset, lsf_id), chosen, quiet=True) as link:
                while True:
                    news = _news(await link.receive())
                    attempt = 0
                    if isinstance(news, LogText) and source not in ("", news.source):
                        # It changed while nobody was connected: the position means nothing in the new source.
                        source, offset = news.source, None
                        yield LogReset(source=source)
                        break
                    source, offset = news.source, _following(news, offset)
                    yield news
                    if isinstance(news, LogEnd):
                        return
        except Lost as error:
            if error.code == Close.DONE:
                return
            await asyncio.sleep(error.wait(attempt))
            attempt += 1


def _news(text: str) -> LogNews:
    message = _message.decode(text)
    if isinstance(message, Bye):
        raise Lost("the server goes away for a moment", after=message.after)
    return message


def _following(news: LogNews, offset: int | None) -> int | None:
    match news:
        case LogText():
            return news.next
        case LogReset():
            return None
        case LogEnd():
            return offset
