"""The options of bsub, from its words and from the `#BSUB` lines of a script. Pure; refusals are RefusedError."""

import re
import shlex
from collections.abc import Sequence

from lsf_agent.embedded.dialect import BSUB_MISREADS, Dialect
from lsf_agent.embedded.options import Parsed, RefusedError, parse
from lsf_agent.embedded.texts import NOT_SUBMITTED

HONOURED_FLAGS = ("h", "V", "x", "N", "K", "I", "Ip", "Is", "H")
HONOURED = ("q", "o", "oo", "e", "eo", "J", "n", "W", "cwd", "env", "i", "is", "b", "w", "m", "M", "R", "P", "E", "Ep")
WITHOUT_MEANING_FLAGS = ("r", "rn", "B", "Zs", "ul", "ptl")
"""Taken, as they change nothing for jobs of one machine: rerun after a lost host, mail at the start, and the like."""
WITHOUT_MEANING = (
    *("u", "G", "app", "sp", "L", "C", "c", "D", "F", "S", "T", "v", "p", "a", "Jd", "g", "U", "sla", "We", "gpu"),
    *("hl", "Lp", "jsdl", "notify"),
)
REFUSED = ("f", "k", "t", "pack", "XF", "ext", "clusters", "data", "freq")
USAGE = """Usage: bsub [-h] [-V] [-x] [-H] [-r] [-N] [-B] [-I | -K | -Ip | -Is]
\t\t[-W run_limit] [-M mem_limit] [-P project_name] [-q queue_name] [-R res_req] [-m host_name]
\t\t[-n min_processors[,max_processors]] [-J job_name[index_list]%limit]
\t\t[-b begin_time] [-w depend_cond] [-cwd directory] [-env variables]
\t\t[-i in_file | -is in_file] [-o out_file | -oo out_file] [-e err_file | -eo err_file]
\t\t[-E "pre_exec_command [argument ...]"] [-Ep "post_exec_command [argument ...]"]
\t\tcommand [argument ...]"""


def options(words: Sequence[str], dialect: Dialect = Dialect.LSF10) -> Parsed:
    """Options up to the command, whose words come after them.

    A descendant of LSF reads the options that it does not know as shorter ones: `-oo FILE` as `-o o` and a command.
    """
    strange = BSUB_MISREADS if dialect.descends else ()
    parsed = parse(
        "bsub",
        words,
        flags=HONOURED_FLAGS + WITHOUT_MEANING_FLAGS,
        valued=[name for name in HONOURED + WITHOUT_MEANING + REFUSED if name not in strange],
        usage=USAGE,
        words_end_options=True,
    )
    limit = parsed.value("c")
    if strange and limit is not None and not re.fullmatch(r"[0-9:/.]+", limit):
        raise RefusedError(f"{limit}: Bad CPULIMIT specification. {NOT_SUBMITTED}")
    for name in REFUSED:
        if parsed.given(name):
            raise RefusedError(f"-{name}: not available with the embedded scheduler. {NOT_SUBMITTED}")
    return parsed


def with_script(parsed: Parsed, script: str, dialect: Dialect = Dialect.LSF10) -> Parsed:
    """The options together with those of the script's `#BSUB` lines; the command line's count more."""
    words: list[str] = []
    for line in script.splitlines():
        if line.startswith("#BSUB"):
            try:
                words += shlex.split(line.removeprefix("#BSUB"), comments=True)
            except ValueError as error:
                raise RefusedError(f"{line}: {error}. {NOT_SUBMITTED}") from None
    return Parsed(options=options(words, dialect).options + parsed.options, words=())
