"""LSF behind the Scheduler protocol. Exit codes of its commands decide nothing: what they print about an id does."""

import asyncio
import logging
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from lsf_agent.lsf import bjobs, texts
from lsf_agent.lsf.commands import Commands, Output
from lsf_agent.scheduler import Detail, Killed, KillRefused, Look, Past, Peek, Record, SilentError, Version

log = logging.getLogger(__name__)
T = TypeVar("T")

LOOK_CHUNK = 500
KILL_CHUNK = 100
LOOK_LIMIT = 30.0
KILL_LIMIT = 30.0
HISTORY_LIMIT = 30.0
VERSION_LIMIT = 5.0

_JOB_ID = re.compile(r"[1-9]\d{0,18}(?:\[\d+\])?")
_STDOUT_BEGINS = b"<< output from stdout >>"
_STDERR_BEGINS = b"<< output from stderr >>"


class Lsf:
    """Each kind of command has a limit of its own, so that one that hangs leaves the others free."""

    def __init__(self, commands: Commands) -> None:
        self._commands = commands
        self._format: bjobs.Format | None = None
        self._answered_at: datetime | None = None
        self._odd_words: set[str] = set()
        self._unwrapped = True
        self._looking = asyncio.Lock()
        self._killing = asyncio.Semaphore(2)
        self._asking = asyncio.Semaphore(4)
        self._background = asyncio.Semaphore(2)

    @property
    def answered_at(self) -> datetime | None:
        return self._answered_at

    async def version(self) -> Version | None:
        found = texts.version((await self._commands.run("lsid", limit=VERSION_LIMIT)).stdout)
        return self._answered(found) if found else None

    async def look(self, ids: Sequence[str]) -> Look:
        """A part that fails leaves the other parts as they are."""
        async with self._looking:
            parts = [await self._look(ids[at : at + LOOK_CHUNK]) for at in range(0, len(ids), LOOK_CHUNK)]
        return Look(
            records={lsf_id: record for part in parts for lsf_id, record in part.records.items()},
            missing=frozenset().union(*(part.missing for part in parts)),
            answered=any(part.answered for part in parts),
            thorough=all(part.thorough for part in parts),
            problem=next((part.problem for part in parts if part.problem), None),
        )

    async def _look(self, ids: Sequence[str]) -> Look:
        """Asks in the best format that this LSF understands; found on the first answer and kept."""
        output = Output(command="bjobs", problem="bjobs was not asked")
        for form in (self._format,) if self._format else bjobs.FORMATS:
            output = await self._commands.run(*bjobs.arguments(form, ids), limit=LOOK_LIMIT)
            if output.problem:
                break
            look = self._read(form, output, frozenset(ids))
            if look.answered:
                self._chosen(form)
                return self._answered(look)
            if output.code == 0:
                return Look(problem="bjobs said nothing about these jobs")
            if texts.is_silence(output.text):
                break
        else:
            self._format = None  # it understood once and does not now: begin again with the best
        return Look(problem=output.problem or _first_line(output) or "bjobs said nothing about these jobs")

    def _read(self, form: bjobs.Format, output: Output, ids: frozenset[str]) -> Look:
        """Answered: something was said of an id that was asked for."""
        elements = [element for element in form.parse(output.stdout) or () if element.lsf_id in ids]
        odd = bjobs.unknown_words(elements) - self._odd_words
        if odd:
            self._odd_words |= odd
            log.warning("LSF tells states that are not known here and are passed over: %s", ", ".join(sorted(odd)))
        missing = (bjobs.not_found(output.text) & ids) - {element.lsf_id for element in elements}
        return Look(
            records=bjobs.records(elements),
            missing=frozenset(missing),
            answered=bool(elements or missing),
            thorough=form.thorough,
        )

    def _chosen(self, form: bjobs.Format) -> None:
        if self._format is not form:
            self._format = form
            log.info("bjobs answers in the format %r", form.name)

    async def kill(self, ids: Sequence[str]) -> Mapping[str, Killed | KillRefused]:
        checked = [lsf_id for lsf_id in ids if _JOB_ID.fullmatch(lsf_id)]
        found: dict[str, Killed | KillRefused] = {
            lsf_id: KillRefused("not an LSF ID") for lsf_id in ids if lsf_id not in checked
        }
        for at in range(0, len(checked), KILL_CHUNK):
            part = checked[at : at + KILL_CHUNK]
            async with self._killing:
                output = await self._commands.run("bkill", *part, limit=KILL_LIMIT)
            found |= {lsf_id: texts.killed(output.text, lsf_id) for lsf_id in part}
            if output.problem:
                log.warning("%s", output.problem)
        if any(found[lsf_id] is not Killed.SILENT for lsf_id in checked):
            self._answered(None)
        return found

    async def history(self, lsf_id: str) -> Record | Past:
        """The current event file first; all of them before a job is called unknown."""
        found: Record | Past | None = None
        for options in (("-l",), ("-n", "0", "-l")):
            async with self._background:
                output = await self._commands.run("bhist", *options, lsf_id, limit=HISTORY_LIMIT)
            read = None if output.problem else texts.past(output.text, lsf_id)
            if read is None and (output.problem or texts.is_silence(output.text) or found is None):
                raise SilentError(output.problem or _first_line(output) or "bhist said nothing about the job")
            found = read or found
            if found is not Past.UNKNOWN:
                break
        assert found is not None
        return self._answered(found)

    async def detail(self, lsf_id: str) -> Detail | None:
        async with self._background:
            return texts.detail(await self._describe([lsf_id], HISTORY_LIMIT), lsf_id)

    async def _describe(self, ids: Sequence[str], limit: float) -> str:
        """`bjobs -UF` (not folded), on an LSF without it `bjobs -l`."""
        if self._unwrapped:
            output = await self._commands.run("bjobs", "-a", "-UF", *ids, limit=limit)
            if output.problem or texts.is_silence(output.stderr) or texts.blocks(output.stdout):
                return self._text(output)
            if bjobs.not_found(output.text):
                return self._answered(output.stdout)
            self._unwrapped = False
        return self._text(await self._commands.run("bjobs", "-a", "-l", *ids, limit=limit))

    async def details(self, ids: Sequence[str], limit: float) -> str:
        """As LSF prints it; what bjobs has forgotten is told by bhist."""
        checked = [lsf_id for lsf_id in ids if _JOB_ID.fullmatch(lsf_id)]
        async with asyncio.timeout(limit), self._asking:
            output = await self._commands.run("bjobs", "-a", "-l", *checked, limit=limit)
            text = self._text(output)
            if not texts.blocks(text) and bjobs.not_found(output.text):
                old = await self._commands.run("bhist", "-l", *checked, limit=limit)
                if texts.blocks(old.stdout):
                    return old.stdout.strip() + "\n"
        return f"{text.strip()}\n{output.stderr.strip()}".strip() + "\n"

    async def peek(self, lsf_id: str, limit: float) -> Peek:
        if not _JOB_ID.fullmatch(lsf_id):
            return Peek(text=None)
        async with asyncio.timeout(limit), self._asking:
            output = await self._commands.run("bpeek", lsf_id, limit=limit)
        if "permission denied" in output.stderr.lower():
            self._answered(None)
            raise PermissionError(_first_line(output))
        if re.search(r"Not yet started|is not found|No matching job|already finished", output.text):
            return self._answered(Peek(text=None))
        if output.problem or _STDOUT_BEGINS not in output.raw:
            raise SilentError(output.problem or _first_line(output) or "bpeek said nothing about the job")
        after = output.raw.split(_STDOUT_BEGINS, 1)[1].removeprefix(b"\r").removeprefix(b"\n")
        shown = after.split(b"\n" + _STDERR_BEGINS, 1)[0]
        return self._answered(Peek(text=shown, truncated=output.truncated))

    def _text(self, output: Output) -> str:
        if output.problem or (texts.is_silence(output.stderr) and not texts.blocks(output.stdout)):
            raise SilentError(output.problem or _first_line(output))
        return self._answered(output.stdout)

    def _answered(self, fact: T) -> T:
        self._answered_at = datetime.now(UTC)
        return fact


def _first_line(output: Output) -> str:
    lines = [line.strip() for line in output.text.splitlines() if line.strip()]
    return f"{output.command}: {lines[0][:300]}" if lines else ""
