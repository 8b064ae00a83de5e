"""`bsub -M`: what a job has is measured, told, and ends it when it is too much."""

import os
import signal
import sys

import pytest

from lsf_agent.embedded import bsub_options, processes
from lsf_agent.embedded.bsub import _memory_limit
from lsf_agent.embedded.options import RefusedError
from lsf_agent.embedded.texts import shown_limit, shown_memory
from tests.embedded.farm import Farm, until

MB, GB = 2**20, 2**30
HOLDS = "held = b'x' * {size}; print('held', flush=True); import time; time.sleep({seconds})"


def holding(megabytes: int, seconds: float = 60) -> tuple[str, ...]:
    """A command that has so much memory; it is a child of the job's shell."""
    return (sys.executable, "-c", HOLDS.format(size=megabytes * MB, seconds=seconds))


@pytest.mark.parametrize(
    ("option", "size"),
    [("8000", 8000 * 1024), ("80M", 80 * MB), ("80MB", 80 * MB), ("8g", 8 * GB), ("1T", 2**40), ("512K!", 2**19)],
)
def test_the_unit_is_kb_unless_it_is_said(option: str, size: int) -> None:
    assert _memory_limit(bsub_options.options(["-M", option, "true"]).value("M")) == size


@pytest.mark.parametrize("option", ["0", "x", "8X", "-1", "1.5G", ""])
def test_a_limit_that_is_none_is_refused(option: str) -> None:
    with pytest.raises(RefusedError, match=r"Bad MEMLIMIT specification\. Job not submitted\."):
        _memory_limit(option)


def test_sizes_in_lsfs_words() -> None:
    assert [shown_memory(size) for size in (9 * MB, 1, 79 * GB // 10)] == ["9 Mbytes", "1 Mbytes", "7.9 Gbytes"]
    assert [shown_limit(size) for size in (80 * MB, 8 * GB, 15 * GB // 2, 4096)] == ["80 M", "8 G", "7.5 G", "4 K"]


def test_a_job_over_its_limit_is_ended_and_says_why(farm: Farm) -> None:
    job = farm.submit("-M", "60M", "-o", "%J.out", *holding(90))
    assert farm.wait(job) == "EXIT"
    assert farm.field("exit_reason", job) == "TERM_MEMLIMIT: job killed after reaching LSF memory usage limit"
    assert farm.field("memlimit", job) == "60 M"
    peak, unit = farm.field("max_mem", job).split()
    assert unit == "Mbytes" and 60 < int(peak) < 250
    for command in (("bjobs", "-l", job), ("bhist", "-l", job)):
        text = farm.run(*command).stdout
        assert f"\n MAX MEM: {peak} Mbytes;" in text and "\n MEMLIMIT\n     60 M \n" in text
    report = (farm.work / f"{job}.out").read_text()
    assert "TERM_MEMLIMIT: job killed after reaching LSF memory usage limit." in report
    assert "    Max Memory : " in report.partition("The output (if any) follows:")[0]
    assert not [pid for pid in farm.processes() if pid != farm.daemon()]


def test_a_job_below_its_limit_goes_on_and_its_peak_is_told_meanwhile(farm: Farm) -> None:
    job = farm.submit("-M", "300M", *holding(60))
    until(lambda: farm.field("max_mem", job) != "-")
    until(lambda: int(farm.field("max_mem", job).split()[0]) >= 60)
    assert farm.field("stat", job) == "RUN" and "MAX MEM" in farm.run("bjobs", "-UF", job).stdout
    farm.run("bkill", job)
    assert farm.wait(job) == "EXIT"
    assert farm.field("exit_reason", job).startswith("TERM_OWNER")
    assert int(farm.field("max_mem", job).split()[0]) >= 60


def test_the_limit_holds_on_after_the_daemon_was_killed(farm: Farm) -> None:
    grows = "import time; time.sleep(1.5); held = bytearray(b'x' * 90 * 2**20); time.sleep(60)"
    job = farm.submit("-M", "60M", sys.executable, "-c", grows)
    farm.wait(job, "RUN")
    os.kill(farm.daemon(), signal.SIGKILL)
    assert farm.wait(job) == "EXIT"
    assert farm.field("exit_reason", job).startswith("TERM_MEMLIMIT")


def test_all_that_a_job_started_counts(farm: Farm) -> None:
    (farm.work / "hold.py").write_text(HOLDS.format(size=40 * MB, seconds=60))
    job = farm.submit(given=f"#!/bin/sh\n{sys.executable} hold.py &\nsleep 60\n")
    until(lambda: farm.field("max_mem", job) != "-" and int(farm.field("max_mem", job).split()[0]) >= 40)
    assert processes.memory(10**8) == 0, "of nobody"
    farm.run("bkill", job)
    farm.wait(job)
