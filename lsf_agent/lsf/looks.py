"""`bjobs` for many jobs at once, in the best format that this LSF understands, and never two at a time."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace

from lsf_agent.lsf import bjobs, texts
from lsf_agent.lsf.commands import Commands, Output
from lsf_agent.lsf.elements import records, unknown_words
from lsf_agent.scheduler import Look

log = logging.getLogger(__name__)

CHUNK = 500
LIMIT = 30.0
ANY_ID = "1"
"""An id to ask for when the question is only whether and how bjobs answers: known or not, LSF says so."""


class Looks:
    """`format` is found on the first answer and kept for as long as it is understood."""

    def __init__(self, commands: Commands) -> None:
        self._commands = commands
        self._format: bjobs.Format | None = None
        self._odd_words: set[str] = set()
        self._looking = asyncio.Lock()

    @property
    def format(self) -> str | None:
        return self._format.name if self._format else None

    async def look(self, ids: Sequence[str]) -> Look:
        """A part that fails leaves the other parts as they are."""
        async with self._looking:
            if not ids:
                return replace(await self._look([ANY_ID]), records={}, missing=frozenset())
            parts = [await self._look(ids[at : at + CHUNK]) for at in range(0, len(ids), CHUNK)]
        if len(parts) == 1:
            return parts[0]
        return Look(
            records={lsf_id: record for part in parts for lsf_id, record in part.records.items()},
            missing=frozenset().union(*(part.missing for part in parts)),
            answered=any(part.answered for part in parts),
            thorough=all(part.thorough for part in parts),
            problem=next((part.problem for part in parts if part.problem), None),
        )

    async def _look(self, ids: Sequence[str]) -> Look:
        output = Output(command="bjobs", problem="bjobs was not asked")
        ruled_out: set[bjobs.Format] = set()
        for form in (self._format,) if self._format else bjobs.FORMATS:
            if form in ruled_out:
                continue
            output = await self._commands.run(*bjobs.arguments(form, ids), limit=LIMIT)
            if output.problem:
                break
            look = self._read(form, output, frozenset(ids))
            if look.answered:
                return look
            if output.code == 0:
                return Look(problem="bjobs said nothing about these jobs")
            if texts.is_silence(output.text) and not texts.is_usage(output.text):
                break
            ruled_out |= bjobs.ruled_out(form, output.text)
        else:
            self._format = None  # it understood once and does not now: begin again with the best
        if output.problem is None:
            self._commands.counts.failed("bjobs")
        return Look(problem=output.problem or output.first_line or "bjobs said nothing about these jobs")

    def _read(self, form: bjobs.Format, output: Output, ids: frozenset[str]) -> Look:
        """Answered: something was said of an id that was asked for."""
        parsed = form.parse(output.stdout)
        elements = [element for element in parsed or () if element.lsf_id in ids]
        odd = unknown_words(elements) - self._odd_words
        if odd:
            self._odd_words |= odd
            log.warning("LSF tells states that are not known here and are passed over: %s", ", ".join(sorted(odd)))
        missing = (bjobs.not_found(output.text) & ids) - {element.lsf_id for element in elements}
        if (elements or missing) and self._format is not form and form.shown_by(parsed):
            self._format = form
            log.info("LSF: bjobs answers in the format %r", form.name)
        return Look(
            records=records(elements),
            missing=frozenset(missing),
            answered=bool(elements or missing),
            thorough=form.thorough,
        )
