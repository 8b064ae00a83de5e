"""The run table as it is asked for in parts: which runs are in a view, the rows of some of them, and its names."""

from typing import Literal

from realtime.protocol.rows import JobRow, RunRow
from realtime.protocol.wire import Shape, Strict


class TableFilter(Strict, frozen=True, kw_only=True):
    """Which runs and lines, and in which order; what is empty is no condition.

    `text`: words, each in the run (number, parameters, comment, tags) or in the line; `runs`: `1-20,25`; `hash`,
    `status`: any of them; `tag`: all of them; `failed`: 1 for EXIT, Submit failed and LOST; `sort`: `run`, `started`,
    `length`, `param:NAME`, `counter:NAME`, each also with `-` before it; `-run` when left out; `of`: the hash
    whose counter is meant, else that of any line.
    """

    text: str = ""
    runs: str = ""
    hash: list[str] = []
    status: list[str] = []
    user: str = ""
    tag: list[str] = []
    failed: Literal["", "0", "1"] = ""
    sort: str = ""
    of: str = ""


class CsvFilter(TableFilter, frozen=True, kw_only=True):
    """`columns`: keys separated by commas (`%2C` within a name), as `started,param:Sample,lsf,counter:Events`."""

    columns: str = ""


class WantedRuns(Strict, frozen=True, kw_only=True):
    """At most 100 runs, such as `25,1-20`."""

    runs: str


class TableIndex(Shape, frozen=True, kw_only=True):
    """The runs of a view in its order, read at (epoch, seq)."""

    epoch: str
    seq: int
    runs: list[tuple[int, int, int, int, int]]
    """run number, lines chosen, and of those: running, pending (before LSF, or waiting there), failed"""


class TableRows(Shape, frozen=True, kw_only=True):
    """Rows of the first of the runs asked for, with all their jobs, read at (epoch, seq)."""

    epoch: str
    seq: int
    items: list[RunRow | JobRow]
    runs: list[int]
    """the runs that are in it, in the order asked; one before the last of them that is missing does not exist"""


class TableNames(Shape, frozen=True, kw_only=True):
    """What occurs in an experiment: parameters and counters in the order they came up, tags and users most used
    first."""

    params: list[str]
    counters: list[str]
    tags: list[str]
    users: list[str]
