"""Questions of people who wait, which the manager hands to the agent with its work, and the agent's answers."""

import msgspec

from realtime.protocol.wire import Shape

BYTES_LIMIT = 720 * 1024
"""Bytes of a piece of a log as it is: as base64 less than the largest body that a manager takes."""


QUESTION_TIMEOUT = 5.0
"""Seconds within which a question must be answered."""


TRY_TIMEOUT = 45.0
"""The same for a question of kind `try`, in which a script runs for up to 30 s."""


UNKNOWN_KIND = "a question of this kind is not known"
"""How the error begins with which an agent answers a kind of question that is newer than itself."""


def answer_within(kind: str) -> float:
    """Seconds that an answer to a question of this kind may take."""
    return TRY_TIMEOUT if kind == "try" else QUESTION_TIMEOUT


class Question(Shape, frozen=True, kw_only=True):
    """Asked by a person who waits; worthless after `answer_within`.

    `log`: bytes from `offset` (None: the last `limit`), at most `limit`, of the output: of `log_file`, a path that the
    script posted and that was verified, else of the first of `lsf_ids`. `bytes`: the same as they are. `find`: lines of
    it that have `text`, or with `error` those of real errors, from `offset` (None: the begin, with `back` the end) to
    `until`, of which at most `limit` are told; with a limit of 1 it is looked no further than the first. `details`:
    `bjobs -l` of all ids. `try`: check `executable` and run it once as `user` with `arguments` and `environment`, so
    that nothing is submitted.
    """

    id: str
    kind: str
    job: str
    user: str
    executable: str
    lsf_ids: list[str]
    ended: bool
    log_file: str | None = None
    offset: int | None = None
    limit: int = 0
    arguments: list[str] = []
    environment: dict[str, str] = {}
    """addresses to post to are empty here: the agent puts in one where nothing counts"""
    text: str = ""
    error: bool = False
    case: bool = False
    """capitals and small letters of `text` are told apart; else those of ASCII are not"""
    back: bool = False
    """towards the begin: lines that begin before `offset`, the nearest first"""
    until: int | None = None


class LogAnswer(Shape, frozen=True, kw_only=True):
    """A piece of a log; positions in bytes of `source` (`file`, `bpeek` or `none`).

    `begins`: of each line of the text, told when bytes that are no UTF-8 make it hard to count them from the text.
    """

    text: str
    source: str
    offset: int
    next: int
    size: int
    path: str | None
    complete: bool
    begins: list[int] | None = None


class LogBytes(Shape, frozen=True, kw_only=True):
    """A piece of a log as it is; positions in bytes of `source`. In JSON the content is base64."""

    content: bytes
    source: str
    offset: int
    size: int


class FoundLine(Shape, frozen=True, kw_only=True):
    """A line of a log, without colours, and the byte at which it begins. Of a long one what is around the find."""

    at: int
    line: str


class Found(Shape, frozen=True, kw_only=True):
    """What was found in the part of a log between the bytes `from` and `to`: as much as could be looked at in two
    seconds. The looking goes on from `to`, unless it is `complete`: there is nothing more to look at (yet).

    A line ends with a line feed or a carriage return; the last one of a job that runs counts once it is whole. `count`:
    of those lines, also those that are not among the `items`.
    """

    items: list[FoundLine]
    count: int
    start: int = msgspec.field(name="from")
    to: int
    size: int
    source: str
    complete: bool


class TryCheck(Shape, frozen=True, kw_only=True):
    """One thing that was looked at. `ok` null: it could not be, or there was nothing to look at; `text` says why."""

    name: str
    """`path`, `interpreter`, `line ends`, `rights`, `syntax` or `dry run`"""
    ok: bool | None
    text: str


class StubCall(Shape, frozen=True, kw_only=True):
    """A bsub that a dry run has kept from submitting."""

    arguments: list[str]
    stdin: str


class Tried(Shape, frozen=True, kw_only=True):
    """What a script was found to be, and what it did in a dry run; without one (see its check) the rest is empty."""

    checks: list[TryCheck]
    exit_code: int | None = None
    timed_out: bool = False
    stdout: str = ""
    stderr: str = ""
    bsub: list[StubCall] = []


class Answer(Shape, frozen=True, kw_only=True):
    """Exactly one of log, raw, found, text, tried and error is set. `error` says what failed and who did not answer.

    `pending`: with `text`, LSF's reasons why a job waits, one sentence each; None when it does not wait.
    """

    question: str
    log: LogAnswer | None = None
    raw: LogBytes | None = None
    found: Found | None = None
    text: str | None = None
    tried: Tried | None = None
    pending: list[str] | None = None
    error: str | None = None
