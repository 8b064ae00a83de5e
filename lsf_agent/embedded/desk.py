"""Where commands are received: reads one request, lets it be done, and sends what is to be printed."""

import asyncio
import os
import pwd
import socket
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from lsf_agent.embedded import changing, looking
from lsf_agent.embedded.farm import Farm
from lsf_agent.embedded.line import Line, Request
from lsf_agent.embedded.options import RefusedError
from lsf_agent.embedded.submitting import submit, use_time_zone
from lsf_agent.embedded.texts import NOT_SUBMITTED
from lsf_agent.embedded.view import Answer, View

LOOKING: dict[str, Callable[[list[str], View], Answer]] = {
    "bjobs": looking.bjobs,
    "bhist": looking.bhist,
    "bqueues": looking.bqueues,
    "lsid": looking.lsid,
}
ACTING: dict[str, Callable[[list[str], View, Farm], Answer]] = {
    "bkill": changing.bkill,
    "bstop": changing.bstop,
    "bresume": changing.bresume,
    "brequeue": changing.brequeue,
}
LIBRARY_CALL = "Failed in an LSF library call"


class Desk:
    """Serves commands. `busy`: how many now; `last_at`: when the last one came, loop time; `stopped`: told to stop."""

    def __init__(self, farm: Farm) -> None:
        self.busy = 0
        self.last_at = asyncio.get_running_loop().time()
        self.stopped = False
        self._farm = farm
        self._user = user_name()
        self._host = socket.gethostname()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One command, from its request to its exit code. A fault of ours is logged and told, and ends nothing else."""
        self.busy += 1
        line = Line(reader, writer)
        try:
            await self._serve(line)
        except ConnectionError:
            pass  # the command was killed; what it asked for is done all the same
        except Exception:
            traceback.print_exc(file=sys.stderr)
            with suppress(ConnectionError):
                await line.answer(Answer(err=f"{LIBRARY_CALL}: internal error, see daemon.log\n", code=255))
        finally:
            self.busy -= 1
            self.last_at = asyncio.get_running_loop().time()
            self._farm.wake()
            writer.close()

    async def _serve(self, line: Line) -> None:
        request = Request(**await line.receive())
        try:
            await self._do(request, line)
        except RefusedError as error:
            await line.answer(Answer(err=f"{error}\n", code=255))
        except ConnectionError:
            raise
        except OSError as error:
            ending = f". {NOT_SUBMITTED}" if request.command == "bsub" else ""
            await line.answer(Answer(err=f"{LIBRARY_CALL}: {error.strerror}{ending}\n", code=255))

    async def _do(self, request: Request, line: Line) -> None:
        use_time_zone(request.environment.get("TZ"))
        match request.command:
            case "bsub":
                await submit(request, line, self._farm, self._user, self._host)
            case "stop":
                await self._farm.end_all()
                self.stopped = True
                await line.answer(Answer())
            case "bpeek":
                await self._peek(request, line)
            case command if command in ACTING:
                await line.answer(ACTING[command](request.words, self._view(request), self._farm))
            case command:
                await line.answer(LOOKING[command](request.words, self._view(request)))

    def _view(self, request: Request) -> View:
        return View(
            book=self._farm.book,
            now=datetime.now(UTC),
            config=self._farm.settings(),
            user=self._user,
            host=self._host,
            standing=self._farm.standing(),
            pid=self._farm.runners.pid,
            peak=self._farm.runners.peak,
        )

    async def _peek(self, request: Request, line: Line) -> None:
        found = changing.bpeek(request.words, self._view(request), self._farm)
        if isinstance(found, Answer):
            await line.answer(found)
            return
        messages = [{"copy": str(found.out), "before": "<< output from stdout >>\n", "else": found.gone}]
        if found.err is not None:
            messages.append({"copy": str(found.err), "before": "<< output from stderr >>\n", "else": found.gone})
        await line.send(*messages, {"exit": 0})


def user_name() -> str:
    """Who owns this process; a number for one without a name."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())
