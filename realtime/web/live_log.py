"""A job's log as it grows: what came before first, then every piece, until the job has ended and all is read."""

import asyncio
from typing import Any, cast

import msgspec
from quart import Blueprint, Quart, current_app, websocket

from realtime.domain.errors import Invalid, NotFound, Unavailable
from realtime.feed.wire import Frame
from realtime.protocol.live import Close, LogEnd, LogReset, LogText
from realtime.protocol.wire import encode
from realtime.web import session
from realtime.web.asking import read_stored
from realtime.web.logs import LOG_LIMIT, chosen_lsf_job, read_log
from realtime.web.socket import Socket

live_log = Blueprint("live_log", __name__, url_prefix="/api/v1")

LOOK_EVERY = 1.0
"""Seconds between two looks at a log that does not grow, or an agent that does not answer."""
BEFORE = LOG_LIMIT
"""Bytes of what came before, unless asked for more."""
PIECE = 64 * 1024
"""Bytes of a message's text: a client that does not read them keeps no more than that here."""


@live_log.websocket("/jobs/<id>/log/live")
async def job_log_live(id: str) -> None:
    """The log from `offset`; without one, from at most the last 256 KiB. `lsf_id`: as for the log by HTTP."""
    session.admit()
    asked = websocket.args.get("offset")
    if asked is not None and (not asked.isdecimal() or len(asked) > 15):
        raise Invalid("expected an offset from 0", field="offset")
    lsf_id = websocket.args.get("lsf_id")
    chosen_lsf_job(await read_stored(id), lsf_id)
    app = cast(Quart, cast(Any, current_app)._get_current_object())

    async def serve(socket: Socket) -> int:
        async with app.app_context():
            return await _follow(socket, id, lsf_id, None if asked is None else int(asked))

    await session.run(serve)


async def _follow(socket: Socket, job_id: str, lsf_id: str | None, asked: int | None) -> int:
    source, offset = "none", asked
    while True:
        try:
            stored = await read_stored(job_id)
            chosen = chosen_lsf_job(stored, lsf_id)
            if offset is None:
                offset = max(0, (await read_log(stored, None, 1, chosen)).size - BEFORE)
            piece = await read_log(stored, offset, PIECE, chosen)
        except (NotFound, Invalid):
            return Close.DONE
        except Unavailable:
            await asyncio.sleep(LOOK_EVERY)
            continue
        if piece.source != source and "none" not in (piece.source, source):
            # Positions in what bpeek printed mean nothing in LSF's file.
            await _say(socket, LogReset(source=piece.source))
            source, offset = piece.source, None
            continue
        if piece.text:
            text = LogText(offset=piece.offset, text=piece.text, source=piece.source, next=piece.next)
            await _say(socket, text)
        if piece.source != "none":
            source, offset = piece.source, piece.next
        else:
            offset = asked
        if piece.complete:
            await _say(socket, LogEnd(status=stored.status.value, source=piece.source))
            return Close.DONE
        if not piece.text:
            await asyncio.sleep(LOOK_EVERY)


async def _say(socket: Socket, message: msgspec.Struct) -> None:
    await socket.send(Frame(encode(message)))
