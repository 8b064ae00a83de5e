"""The calls of bsub that a submit script made, as the shim before bsub noted them, and what they leave in doubt.

A bsub that says that it failed may still have submitted, even several times, and one that said nothing as well. Only
an id told at once, or a refusal in words, settles a call; LSF is asked about every other one.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from lsf_agent.lsf.bsub import ids_in
from lsf_agent.lsf.texts import is_silence

SLOW = timedelta(seconds=8)
"""From here on bsub may have sent its request to LSF more than once: it repeats it after about 10 s."""

_REFUSED = re.compile(
    r"not submitted|Request aborted by esub|^usage:|(?:invalid|illegal|unrecognized) option|option requires an argument"
    r"|command not found",
    re.IGNORECASE | re.MULTILINE,
)
_UNREACHED = re.compile(r"Unable to open file lsf\.conf")
"""Said in the words of silence, but before LSF was asked for anything."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call. `tag`: the name that the shim gave the job; None when it could not know that there was none, or when
    the user gave one (`name`). `ended_at` None: bsub has not ended, or nobody was left to note it. `told_at`: when an
    id was first noted; None: not before the end."""

    number: int
    tag: str | None
    name: str | None
    called_at: datetime
    told_at: datetime | None = None
    ended_at: datetime | None = None
    exit_code: int | None = None
    stdout: str = ""
    stderr: str = ""

    @property
    def text(self) -> str:
        """All that bsub said."""
        return f"{self.stdout}\n{self.stderr}\n"

    @property
    def lsf_ids(self) -> tuple[str, ...]:
        """What bsub told, in order."""
        return tuple(ids_in(self.text))


class Answer(Enum):
    """What bsub's answer is worth."""

    TOLD = auto()
    """an id, at once: there is this job and no other"""
    TOLD_LATE = auto()
    """an id, after a struggle: there may be doubles of it"""
    REFUSED = auto()
    """a refusal in words: there is no job"""
    NONE = auto()
    """nothing to rely on: no job, one, or several"""


def answer(call: Call) -> Answer:
    """Its exit code alone decides nothing."""
    if call.lsf_ids:
        told_at = call.told_at or call.ended_at
        struggled = told_at is None or told_at - call.called_at >= SLOW or is_silence(call.text)
        return Answer.TOLD_LATE if struggled else Answer.TOLD
    if call.exit_code and _REFUSED.search(call.text) and _definite(call.text):
        return Answer.REFUSED
    return Answer.NONE


def _definite(text: str) -> bool:
    return _UNREACHED.search(text) is not None or not is_silence(text)


def needs_asking(call: Call) -> bool:
    """LSF is to be asked what became of it."""
    match answer(call):
        case Answer.TOLD | Answer.REFUSED:
            return False
        case Answer.TOLD_LATE:
            return call.tag is not None  # without a tag doubles cannot be found, and its own job is known
        case Answer.NONE:
            return True


def unnoted(called_at: datetime, output: str) -> Call | None:
    """The call past the shim that a script's own output betrays: it tells of LSF's silence and of no id."""
    if ids_in(output) or not is_silence(output):
        return None
    return Call(number=0, tag=None, name=None, called_at=called_at, stderr=output)
