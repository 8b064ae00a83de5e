"""LSF behind the Scheduler protocol. Exit codes of its commands decide nothing: what they print about an id does."""

import asyncio
import logging
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from lsf_agent.gathered import Gathered
from lsf_agent.lsf import bjobs, queues, tags, texts
from lsf_agent.lsf.commands import Commands, Output
from lsf_agent.lsf.looks import Looks
from lsf_agent.lsf.standing import Standing
from lsf_agent.scheduler import (
    Detail,
    Details,
    Facts,
    Killed,
    KillRefused,
    Look,
    Past,
    Peek,
    Record,
    SilentError,
    State,
    Tagged,
    Version,
)
from realtime.protocol.rows import Queue

log = logging.getLogger(__name__)
T = TypeVar("T")

KILL_CHUNK = 100
DETAIL_CHUNK = 50
HISTORY_CHUNK = 50
KILL_LIMIT = 45.0
"""With a stopped mbatchd bkill takes 30 s to say so."""
HISTORY_LIMIT = 30.0
WHOLE_HISTORY_LIMIT = 120.0
"""For all event files, however old."""
QUEUES_LIMIT = 20.0
VERSION_LIMIT = 8.0
"""With LIM away lsid takes 6 s to say so."""

_JOB_ID = re.compile(r"[1-9]\d{0,18}(?:\[[1-9]\d{0,9}\])?", re.ASCII)
_STDOUT_BEGINS = b"<< output from stdout >>"
_STDERR_BEGINS = b"<< output from stderr >>"


class Lsf:
    """Each kind of command has a limit of its own, so that one that hangs leaves the others free."""

    def __init__(self, commands: Commands) -> None:
        self._commands = commands
        self._looks = Looks(commands)
        self._standing = Standing()
        self._unwrapped = True
        self._kills: dict[tuple[str, bool], Gathered[Killed | KillRefused]] = {}
        self._details = Gathered(self._detail_all, DETAIL_CHUNK)
        self._histories = Gathered(self._history_all, HISTORY_CHUNK)
        self._asking = asyncio.Semaphore(4)
        self._searching = asyncio.Semaphore(1)
        self._checking = asyncio.Semaphore(2)

    @property
    def state(self) -> State:
        """Only what the master daemon says counts: `lsid` is answered by another one, and `bhist` reads files."""
        standing = self._standing
        return State(
            answered_at=standing.answered_at,
            silent_since=standing.silent_since,
            problem=standing.problem,
            format=self._looks.format,
            commands=dict(self._commands.counts.by_command),
        )

    async def version(self) -> Version | None:
        output = await self._commands.run("lsid", limit=VERSION_LIMIT)
        found = texts.version(output.stdout)
        if found is None:
            self._silent(output)
        return found

    async def look(self, ids: Sequence[str]) -> Look:
        look = await self._looks.look(ids)
        if look.answered:
            self._answered(None)
        else:
            self._standing = self._standing.silent(datetime.now(UTC), look.problem or "bjobs gave no answer")
        return look

    async def tagged(self, pattern: str) -> Sequence[Tagged]:
        if not tags.PATTERN.fullmatch(pattern):
            raise ValueError(f"no tag: {pattern!r}")
        async with self._searching:
            output = await self._commands.run("bjobs", "-a", "-w", *self._whose, "-J", pattern, limit=HISTORY_LIMIT)
        found = tags.tagged(output.stdout, pattern)
        if not found and (output.problem or not tags.none_said(output.text)):
            raise self._silence(output)
        return self._answered(found)

    async def once_tagged(self, tag: str) -> Sequence[str]:
        """The current event file first; all of them before it is said that there is none."""
        if not tags.PATTERN.fullmatch(tag) or tag.endswith("*"):
            raise ValueError(f"no tag: {tag!r}")
        for options, limit in (((), HISTORY_LIMIT), (("-n", "0"), WHOLE_HISTORY_LIMIT)):
            async with self._searching:
                output = await self._commands.run("bhist", *options, "-a", "-l", *self._whose, "-J", tag, limit=limit)
            if found := tags.named(output.stdout, tag):
                return found
            if output.problem or not tags.none_said(output.text):
                raise self._unsaid(output)
        return []

    @property
    def _whose(self) -> tuple[str, ...]:
        """Without it only our own account's jobs are searched."""
        return ("-u", "all") if self._commands.for_others else ()

    async def facts(self, lsf_id: str) -> Facts | None:
        if not _JOB_ID.fullmatch(lsf_id):
            return None
        now = datetime.now(UTC)
        async with self._checking:
            if found := texts.facts(await self._describe([lsf_id], HISTORY_LIMIT), lsf_id, now):
                return found
            output = await self._commands.run("bhist", "-n", "0", "-l", lsf_id, limit=HISTORY_LIMIT)
        found = texts.facts(output.stdout, lsf_id, now)
        if found is None and (output.problem or not tags.none_said(output.text)):
            raise self._unsaid(output)
        return found

    async def kill(self, ids: Sequence[str], user: str, force: bool = False) -> Mapping[str, Killed | KillRefused]:
        """Kills of one user that are asked for at about the same time go out in one command."""
        checked = [lsf_id for lsf_id in ids if _JOB_ID.fullmatch(lsf_id)]
        if (user, force) not in self._kills:
            self._kills[user, force] = Gathered(partial(self._kill_all, user, force), KILL_CHUNK)
        answers = await asyncio.gather(*(self._kills[user, force].of(lsf_id) for lsf_id in checked))
        found: dict[str, Killed | KillRefused] = {lsf_id: KillRefused("not an LSF ID") for lsf_id in ids}
        return found | dict(zip(checked, answers, strict=True))

    async def _kill_all(self, user: str, force: bool, ids: Sequence[str]) -> Mapping[str, Killed | KillRefused]:
        forced = ("-r",) if force else ()
        output = await self._commands.run("bkill", *forced, *ids, limit=KILL_LIMIT, user=user)
        found = {lsf_id: texts.killed(output.text, lsf_id) for lsf_id in ids}
        if output.refused:
            return {lsf_id: KillRefused(output.problem or "") for lsf_id in ids}
        if any(answer is not Killed.SILENT for answer in found.values()):
            self._answered(None)
        else:
            log.warning("%s", self._silence(output))
        return found

    async def history(self, lsf_id: str) -> Record | Past:
        """The current event file first; all of them before a job is called unknown."""
        if found := await self._histories.of(lsf_id):
            return found
        current: Record | Past | None = None
        for options, limit in ((("-l",), HISTORY_LIMIT), (("-n", "0", "-l"), WHOLE_HISTORY_LIMIT)):
            async with self._searching:
                output = await self._commands.run("bhist", *options, lsf_id, limit=limit)
            read = None if output.problem else texts.past(output.text, lsf_id)
            if read is None and (output.problem or texts.is_silence(output.text) or current is None):
                raise self._unsaid(output)
            current = read or current
            if current is not Past.UNKNOWN:
                break
        assert current is not None
        return current

    async def _history_all(self, ids: Sequence[str]) -> Mapping[str, Record | Past | None]:
        """Of many at once bhist leaves out those that it does not know: None, and each is asked about alone."""
        if len(ids) == 1:
            return dict.fromkeys(ids)
        output = await self._commands.run("bhist", "-l", *ids, limit=HISTORY_LIMIT)
        if output.problem:
            raise self._unsaid(output)
        described = {block_id for block_id, _, _ in texts.blocks(output.stdout)}
        return {lsf_id: texts.past(output.stdout, lsf_id) if lsf_id in described else None for lsf_id in ids}

    async def detail(self, lsf_id: str) -> Detail | None:
        return await self._details.of(lsf_id) if _JOB_ID.fullmatch(lsf_id) else None

    async def _detail_all(self, ids: Sequence[str]) -> Mapping[str, Detail | None]:
        text = await self._describe(ids, HISTORY_LIMIT)
        return {lsf_id: texts.detail(text, lsf_id) for lsf_id in ids}

    async def _describe(self, ids: Sequence[str], limit: float) -> str:
        """`bjobs -UF` (not folded), on an LSF without it `bjobs -l`."""
        if self._unwrapped:
            output = await self._commands.run("bjobs", "-a", "-UF", *ids, limit=limit)
            if output.problem or _told(output) or texts.is_silence(output.text):
                return self._text(output)
        output = await self._commands.run("bjobs", "-a", "-l", *ids, limit=limit)
        self._unwrapped = self._unwrapped and not _told(output)
        return self._text(output)

    async def details(self, ids: Sequence[str], limit: float) -> Details:
        """As LSF prints it; what bjobs has forgotten is told by bhist."""
        checked = [lsf_id for lsf_id in ids if _JOB_ID.fullmatch(lsf_id)]
        if not checked:
            return Details(text="")  # without an id it would be everybody's
        async with asyncio.timeout(limit), self._asking:
            output = await self._commands.run("bjobs", "-a", "-l", *checked, limit=limit)
            text = self._text(output)
            if not texts.blocks(text) and bjobs.not_found(output.text):
                old = await self._commands.run("bhist", "-l", *checked, limit=limit)
                if texts.blocks(old.stdout):
                    return Details(text=old.stdout.strip() + "\n")
        return Details(text=f"{text.strip()}\n{output.stderr.strip()}".strip() + "\n", pending=texts.pending(text))

    async def queues(self) -> Sequence[Queue]:
        """`-w` because names are cut without it."""
        output = await self._commands.run("bqueues", "-w", limit=QUEUES_LIMIT)
        if not output.problem and texts.is_usage(output.text):
            output = await self._commands.run("bqueues", limit=QUEUES_LIMIT)
        found = None if output.problem else queues.parse(output.stdout)
        if found is None:
            raise self._unsaid(output)
        return found

    async def peek(self, lsf_id: str, user: str, limit: float) -> Peek:
        if not _JOB_ID.fullmatch(lsf_id):
            return Peek(text=None)
        async with asyncio.timeout(limit), self._asking:
            output = await self._commands.run("bpeek", lsf_id, limit=limit, user=user)
        if output.problem or _STDOUT_BEGINS not in output.raw:
            return self._no_peek(output)
        after = output.raw.split(_STDOUT_BEGINS, 1)[1].removeprefix(b"\r").removeprefix(b"\n")
        shown = after.split(b"\n" + _STDERR_BEGINS, 1)[0]
        return self._answered(Peek(text=shown, truncated=output.truncated))

    def _no_peek(self, output: Output) -> Peek:
        if output.refused or "permission denied" in output.text.lower():
            raise PermissionError(output.problem or output.first_line)
        if re.search(r"Not yet started|is not found|No matching job|already finished", output.text):
            return self._answered(Peek(text=None))
        raise self._unsaid(output)

    def _text(self, output: Output) -> str:
        if not _told(output):
            raise self._silence(output)
        return self._answered(output.stdout)

    def _answered(self, fact: T) -> T:
        self._standing = self._standing.answered(datetime.now(UTC))
        return fact

    def _silence(self, output: Output) -> SilentError:
        """To be raised: the master daemon gave no answer."""
        error = self._unsaid(output)
        self._standing = self._standing.silent(datetime.now(UTC), str(error))
        return error

    def _silent(self, output: Output) -> None:
        self._silence(output)

    def _unsaid(self, output: Output) -> SilentError:
        """To be raised: a command that needs more than the master daemon gave no answer."""
        if output.problem is None:
            self._commands.counts.failed(output.command)
        return SilentError(output.problem or output.first_line or f"{output.command} said nothing about the job")


def _told(output: Output) -> bool:
    """Jobs are described, or said to be unknown. Nothing at all is no answer."""
    return bool(texts.blocks(output.stdout) or bjobs.not_found(output.text))
