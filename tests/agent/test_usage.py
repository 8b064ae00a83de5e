"""What a job took and may take, from the recorded descriptions and from the forms that IBM documents."""

import pytest

from lsf_agent.lsf import texts
from lsf_agent.lsf.usage import described, run_limit, seconds, size
from lsf_agent.scheduler import Record, Usage

from .recorded import golden

GB = 2**30
HEAD = "\nJob <7>, User <me>, Project <default>, Status <EXIT>, Queue <q>, Command <x>\n"
SUBMITTED = "Sun Nov 22 08:07:30: Submitted from host <vm>, CWD <$HOME>, Requested Resources <rusage[mem=8]>;\n"
ENDED = "Sun Nov 22 08:09:33: Exited with exit code 130. The CPU time used is 12.3 seconds.\n"
IBM = f"""{HEAD}{SUBMITTED}
 RUNLIMIT
 60.0 min of host1

 MEMLIMIT
      8 G
Sun Nov 22 08:07:31: Started 1 Task(s) on Host(s) <vm>;
{ENDED}Sun Nov 22 08:09:33: Completed <exit>; TERM_MEMLIMIT: job killed after reaching LSF memory usage limit.

 MEMORY USAGE:
 MAX MEM: 7.9 Gbytes;  AVG MEM: 5.2 Gbytes; MEM Efficiency: 98.75%

 SCHEDULING PARAMETERS:
"""
BESIDE = f"""{HEAD}{SUBMITTED}
 CPULIMIT                    RUNLIMIT
 10.0 min of host1           90.0 min of host1
 FILELIMIT DATALIMIT STACKLIMIT CORELIMIT MEMLIMIT SWAPLIMIT PROCESSLIMIT
  20000 K   20000 K     2048 K   20000 K   5000 K   2.5 G        100
{ENDED}"""


@pytest.mark.parametrize(
    ("text", "bytes_"),
    [
        *(("9 Mbytes", 9 * 2**20), ("7.9 Gbytes", round(7.9 * GB)), ("8 G", 8 * GB), ("8G", 8 * GB), ("1 T", 2**40)),
        *(("512 KB", 2**19), ("512", 2**19), ("100 bytes", 100), ("2.0 GB", 2 * GB), ("1 GiB", GB), ("0 Mbytes", 0)),
        *((" 5 M ", 5 * 2**20), ("-", None), ("", None), (None, None), ("many", None), ("8 X", None), ("1e5", None)),
    ],
)
def test_sizes_in_lsfs_units(text: str | None, bytes_: int | None) -> None:
    assert size(text) == bytes_


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        *(("60.0", 3600.0), ("1:30", 5400.0), ("60.0 min of host1", 3600.0), ("60.0/host1", 3600.0)),
        *(("0.5 min", 30.0), ("10 minutes", 600.0), ("-", None), ("", None), (None, None), ("60 seconds", None)),
    ],
)
def test_run_limits_are_minutes(text: str | None, limit: float | None) -> None:
    assert run_limit(text) == limit


def test_seconds_of_cpu_time() -> None:
    assert [seconds(text) for text in ("0.3 second(s)", "12", "3.5 sec.", "-", None)] == [0.3, 12.0, 3.5, None, None]


def test_the_long_form_of_ibm() -> None:
    whole = Usage(max_memory=round(7.9 * GB), memory_limit=8 * GB, run_limit=3600.0, cpu_time=12.3)
    detail = texts.detail(IBM, "7")
    assert detail is not None and detail.usage == whole
    past = texts.past(IBM, "7")
    assert isinstance(past, Record) and past.usage == whole


def test_limits_that_stand_beside_each_other() -> None:
    detail = texts.detail(BESIDE, "7")
    assert detail is not None
    assert detail.usage == Usage(memory_limit=5000 * 1024, run_limit=5400.0, cpu_time=12.3)
    uneven = BESIDE.replace("5000 K", "      ")
    detail = texts.detail(uneven, "7")
    assert detail is not None and detail.usage.memory_limit is None, "nothing is guessed"


def test_recorded_descriptions_tell_it() -> None:
    recorded = golden("runlimit_bjobs_l").stdout
    detail = texts.detail(recorded, "1602")
    assert detail is not None and detail.usage == Usage(max_memory=9 * 2**20, run_limit=60.0, cpu_time=0.0)


def test_what_a_command_prints_of_itself_counts_for_nothing() -> None:
    command = "echo; MAX MEM: 9 Gbytes;  MEMLIMIT;  8 G; The CPU time used is 7 seconds"
    text = HEAD.replace("<x>", f"<{command}>") + SUBMITTED
    assert described(text, "Exited") == Usage()
    detail = texts.detail(text, "7")
    assert detail is not None and detail.usage == Usage()
