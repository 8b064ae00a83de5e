"""Which lines of a program's output tell of a real error: `ERROR=0`, `0 errors`, `--error` and `error.log` are none.

Lines are judged by their words alone, so the rule is a guess: a line of a warning is no error, and a number that is
called an error (`rms error = 0.02`) is none either.
"""

import re

STEMS = (
    *("error", "excepti", "traceback", "fatal", "fault", "kill", "abort", "cannot", "can't", "could", "unable"),
    *(
        "no such",
        "denied",
        "not found",
        "undefined",
        "fail",
        "of memory",
        "dumped",
        "space left",
        "exceeded",
        "refused",
    ),
)
"""Every line of an error has one of these in it, whatever its case: where none is, no line need be looked at."""

_WORDS = re.compile(
    r"(?<![\w./-])(?:"
    r"errors?|exceptions?|tracebacks?|fatal|segmentation fault|segfault|killed|abort(?:ed|ing)?|failed|failures?"
    r"|cannot|can't|could not|couldn't|unable to|no such|(?:permission|access) denied"
    r"|(?:command|file|module|library|symbol|executable) not found|undefined|out of memory|core dumped"
    r"|no space left|(?:quota|limit) exceeded|connection refused"
    r")(?!\w|[./-]\w|\()"
    r"|: not found\b|\(core dumped\)",
    re.IGNORECASE,
)
_RAISED = re.compile(r"(?<![/-])\b(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception)\b(?![./]\w)")
"""`ValueError`, `psana.DgramError`: names of exceptions as Python, Java and C++ give them."""
_COUNTED = r"(?:errors?|exceptions?|failed|failures?|fatal|killed|aborted|undefined)"
_IS = r"['\"]?(?: \w+){0,2}['\"]?\s*[:=]+\s*['\"]?"
_NOTHING = r"(?:0+(?![.\d])|none\b|null\b|nil\b|false\b|off\b|no\b|ok\b|''|\"\"|-(?=\s|$))"
_MEASURED = r"[-+]?(?:\d+\.\d*|\.\d+|\d+e[-+]?\d+|\d+\s*(?:%|(?:[munp]?m|[mun]?s|k?eV|deg)\b))"
_HARMLESS = re.compile(
    r"(?<!\S)--?[a-z][\w-]*(?:=\S*)?"
    rf"|\b(?:no|zero|without|0+(?<!\d\.\d)|any|free of|ignor(?:e|es|ing))(?: \w+)? {_COUNTED}\b"
    rf"|\bnot? (?:been |an? )?{_COUNTED}\b"
    rf"|\b{_COUNTED}{_IS}{_NOTHING}"
    rf"|\berrors?{_IS}{_MEASURED}"
    r"|\b(?:standard|std|rms|squared|absolute|relative|fit|fitting|systematic|statistical|rounding|truncation|residual"
    r"|percent|measurement|mean|numerical|reconstruction|validation|training) errors?\b"
    r"|\berrors? (?:bars?|rates?|estimates?|estimation|propagation|matrix|matrices|functions?|handling|handlers?|logs?"
    r"|checks?|checking|correction|thresholds?|tolerances?|margins?|budgets?|codes? 0)\b"
    r"|\berrors\s*=\s*['\"]?(?:strict|ignore|replace|raise|coerce|warn)\b"
    r"|\b(?:if|in case of|on|upon) (?:an? |any )?(?:\w+ )?(?:errors?|failures?|exceptions?)\b"
    r"|\bnon-?fatal(?: errors?)?\b|\berror-free\b|\b(?:errors?|exceptions?) (?:was|were) (?:fixed|handled|ignored)\b"
    r"|\b0 of \d+ (?:\w+ )?failed\b",
    re.IGNORECASE,
)
_VERDICT = re.compile(r"\s*TERM_[A-Z_]+: ")
"""LSF's word on how the job ended, in its report above the output: told elsewhere, and no error of the program."""
_MILDER = re.compile(r"(?<!\w)(?:DEBUG|INFO|NOTICE|TRACE|WARN(?:ING)?|[Ww]arning|\w*Warning)(?=[\]\s:>|)-])")
"""A level of logging, or what Python's warnings begin with."""


def is_error(line: str) -> bool:
    """Whether the line tells of an error. Without its colours and line end; long ones cost as much as they are long."""
    if _VERDICT.match(line):
        return False
    rest = _HARMLESS.sub(" ", line)
    found = [match.start() for match in (_WORDS.search(rest), _RAISED.search(rest)) if match]
    if not found:
        return False
    milder = _MILDER.search(rest)
    return milder is None or milder.start() > min(found)
