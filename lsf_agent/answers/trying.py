"""Tries a script for a person who waits: what can be said of it, and a dry run in which nothing is submitted.

What a dry run is, and what it cannot promise, stands in `lsf_agent.runner.dry.dry_run`.
"""

import re
import time
from collections.abc import Mapping
from typing import Any

from lsf_agent.hands import OF_THE_FARM, Hands
from lsf_agent.mounts import place_of
from lsf_agent.submission.starting import script_folder
from realtime.protocol.observations import OUTPUT_LIMIT
from realtime.protocol.questions import Question, StubCall, Tried, TryCheck
from realtime.settings import Settings

LOOK_LIMIT = 8.0
RUN_LIMIT = 30.0
"""Seconds that the script may run."""
OVERTIME = 6.0
"""Seconds beyond it for the end of what the script has started."""
AT_ONCE = 4
SEEN_BEFORE = 200
CHECKS = ("path", "interpreter", "line ends", "rights", "syntax")
_ID = re.compile(r"Job <([1-9]\d*)(?:\[[^\]]*\])?> is submitted|Submitted batch job ([1-9]\d*)")
NOT_COUNTED = "nothing was submitted, and no report counted"


class Trying:
    """`environment`: what scripts get. A question that comes a second time is not answered again."""

    def __init__(self, settings: Settings, environment: Mapping[str, str], hands: Hands) -> None:
        self._settings = settings
        self._environment = environment
        self._hands = hands
        self._under_way = 0
        self._seen: dict[str, None] = {}

    async def try_out(self, question: Question) -> Tried:
        """Raises OSError when it cannot be tried at all, or not now."""
        if question.id in self._seen:
            raise OSError("this try has been made already")
        if self._under_way >= AT_ONCE:
            raise OSError(f"{AT_ONCE} other scripts are being tried; try again in half a minute")
        self._seen[question.id] = None
        if len(self._seen) > SEEN_BEFORE:
            del self._seen[next(iter(self._seen))]
        self._under_way += 1
        try:
            return await self._try_out(question)
        finally:
            self._under_way -= 1

    async def _try_out(self, question: Question) -> Tried:
        if refusal := self._hands.refusal(question.user):
            return _untried("rights", f"cannot be run as {question.user}: {refusal}")
        checks = await self._look(question)
        bad = [check.name for check in checks if check.ok is False]
        if bad:
            return Tried(checks=[*checks, _dry_run(None, f"not run because of what was found: {', '.join(bad)}")])
        began = time.monotonic()
        try:
            told = await self._hands.lead(question.user, self._order(question), RUN_LIMIT + OVERTIME)
        except TimeoutError:
            waited = time.monotonic() - began
            text = f"no answer within {waited:.0f} s: perhaps {place_of(question.executable)} does not answer"
            return Tried(checks=[*checks, _dry_run(False, text)])
        except OSError as error:
            return Tried(checks=[*checks, _dry_run(False, f"cannot be started: {error.strerror or error}")])
        return _tried(checks, told, self._limit)

    async def _look(self, question: Question) -> list[TryCheck]:
        request = {
            "do": "look closely",
            "executable": question.executable,
            "path": self._environment.get("PATH", ""),
            "roots": [str(root) for root in self._settings.script_roots],
            "folder": self._folder(question),
        }
        try:
            found = await self._hands.ask(question.user, request, question.executable, LOOK_LIMIT)
        except TimeoutError:
            return _untried("path", f"{place_of(question.executable)} does not answer").checks[:-1]
        return [TryCheck(name=check["name"], ok=check["ok"], text=check["text"]) for check in found]

    def _order(self, question: Question) -> dict[str, Any]:
        farm = {name: value for name, value in self._environment.items() if OF_THE_FARM.fullmatch(name)}
        return {
            "do": "try",
            "executable": question.executable,
            "arguments": question.arguments,
            "environment": {**farm, **question.environment} if self._hands.sudo else question.environment,
            "folder": self._folder(question),
            "limit": self._limit,
            "output_limit": OUTPUT_LIMIT,
        }

    def _folder(self, question: Question) -> str:
        cwd = self._settings.script_cwd
        return "~" if cwd == "home" else script_folder(cwd, question.executable)

    @property
    def _limit(self) -> float:
        return min(RUN_LIMIT, self._settings.submit_timeout)


def _untried(name: str, text: str) -> Tried:
    """Where one finding says it all."""
    checks = [TryCheck(name=one, ok=False if one == name else None, text=_said(one, name, text)) for one in CHECKS]
    return Tried(checks=[*checks, _dry_run(None, f"not run because of what was found: {name}")])


def _said(one: str, name: str, text: str) -> str:
    return text if one == name else "not checked"


def _dry_run(ok: bool | None, text: str) -> TryCheck:
    return TryCheck(name="dry run", ok=ok, text=text)


def _tried(checks: list[TryCheck], told: dict[str, Any], limit: float) -> Tried:
    if told["refused"]:
        return Tried(checks=[*checks, _dry_run(None, f"not run, it could really submit: {told['refused']}")])
    calls = [
        StubCall(arguments=call["arguments"], stdin=call["stdin"])
        for call in told["calls"]
        if call["command"] == "bsub"
    ]
    return Tried(
        checks=[*checks, verdict(told, len(calls), limit)],
        exit_code=told["exit_code"],
        timed_out=told["timed_out"],
        stdout=told["stdout"],
        stderr=told["stderr"],
        bsub=calls,
    )


def verdict(told: dict[str, Any], calls: int, limit: float) -> TryCheck:
    """Well is what ends with 0 and calls bsub, as a script must that is to make a job."""
    if found := _ID.search(f"{told['stdout']}\n{told['stderr']}"):
        return _dry_run(
            False,
            f"LOOK AT ONCE WHETHER JOB {found[1] or found[2]} IS IN LSF: the script printed that id, and the bsub of "
            "the dry run never gives one. It may have found the real bsub",
        )
    code = told["exit_code"]
    if told["timed_out"]:
        end = f"not ended within {limit:.0f} s, and killed"
    else:
        end = f"killed by signal {-code}" if code < 0 else f"exit code {code}"
    called = {0: "bsub was not called: there would be no job", 1: "bsub was called once"}
    facts = [end, called.get(calls, f"bsub was called {calls} times")]
    others = sorted({call["command"] for call in told["calls"]} - {"bsub"})
    if others:
        facts.append(f"{', '.join(others)} only printed, too")
    if told["posts"]:
        facts.append(f"{told['posts']} report{'s' if told['posts'] > 1 else ''} posted")
    if told["killed"]:
        facts.append("what it left running was killed")
    if told["cut"]:
        facts.append(f"of its output the first {OUTPUT_LIMIT // 1024} KiB are shown")
    if told["calls_cut"]:
        facts.append("not every call is shown")
    return _dry_run(code == 0 and calls > 0, f"{'; '.join(facts)}; {NOT_COUNTED}")
