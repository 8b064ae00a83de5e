"""What the arguments of a bsub say about the name of its job. Whatever is not understood has, perhaps, a name."""

import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

FLAGS = frozenset(
    "-ar -B -H -h -hl -I -IS -ISp -ISs -IX -Ip -Is -K -N -Ne -r -rn -ti -tty -ul -V -x -XF -Zs -datachk".split()
)
VALUED = frozenset(
    "-a -alloc_flags -app -b -C -c -clusters -cn_cu -cn_mem -core_isolation -cwd -D -data -datagrp -E -Ep -e -env -eo"
    " -eptl -ext -extsched -F -f -freq -G -g -gpu -hostfile -i -is -jobaff -k -L -Lp -ln_mem -ln_slots -M -m -mig -n"
    " -nnodes -notify -o -oo -outdir -P -p -ptl -Q -q -R -rcacct -S -s -sla -smt -sp -stage -step_cgroup -T -t -U -u"
    " -v -W -We -w -wa -wt".split()
)
SHOW_ONLY = frozenset({"-h", "-V"})
"""Nothing is submitted, and standard input is not read."""
_GLUED = re.compile(r"(-[A-Za-z])\d.*", re.DOTALL)
_NAMES_IN_SCRIPT = re.compile(rb"^\s*#\s*BSUB\b.*(?:-J|-pack|-json|-yaml|-jsdl)", re.MULTILINE)
SCRIPT_LOOK = 64 * 1024


@dataclass(frozen=True)
class Arguments:
    """`nameless`: the user gave the job no name in them; only then may one be given. `name`: the one that was seen.
    `command`: its words; empty when bsub is to read it from standard input."""

    nameless: bool
    name: str | None
    command: tuple[str, ...]
    reads_command: bool


def understood(words: Sequence[str]) -> Arguments:
    """The arguments behind `bsub`."""
    at = 0
    shows = False
    while at < len(words) and words[at].startswith("-"):
        word = words[at]
        glued = _GLUED.fullmatch(word)
        if word in VALUED and at + 1 < len(words):
            at += 2
        elif word in FLAGS or (glued is not None and glued[1] in VALUED):
            shows = shows or word in SHOW_ONLY
            at += 1
        else:
            return Arguments(False, _name(words[at:]), (), False)
    command = tuple(words[at:])
    return Arguments(not shows, None, command, not command and not shows)


def _name(words: Sequence[str]) -> str | None:
    """Of the first `-J NAME`, `-JNAME`; what is not understood before it may make it something else."""
    for at, word in enumerate(words):
        if word == "-J":
            return words[at + 1] if at + 1 < len(words) else None
        if word.startswith("-J") and word != "-Jd":
            return word[2:]
    return None


def names_itself(script: bytes) -> bool:
    """Whether the options for bsub inside a script give a name, or hand on to a file that may."""
    return _NAMES_IN_SCRIPT.search(script) is not None


def command_names_itself(command: Sequence[str]) -> bool:
    """Some sites let bsub read the options inside the script that is its command."""
    words = command[0].split() if command else []
    if not words:
        return False
    try:
        path = Path(words[0])
        if not stat.S_ISREG(path.stat().st_mode):
            return False
        with path.open("rb") as script:
            return names_itself(script.read(SCRIPT_LOOK))
    except (OSError, ValueError):
        return False
