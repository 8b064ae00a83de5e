"""Limits of LSF in parameters, given back enlarged."""

import pytest

from realtime.domain.limits import more_memory, more_time

GB = 2**30


@pytest.mark.parametrize(
    ("parameters", "limit", "most", "now"),
    [
        ("-M 8G", 8 * GB, int(7.9 * GB), "-M 12G"),
        ("-M8000", 8000 * 1024, None, "-M12000"),
        ("-M 8000 -q x", 8000 * 2**20, None, "-M 12000 -q x"),
        ("a  --mem=8GB\tb", None, None, "a  --mem=12GB\tb"),
        ("--memory 1.5T", None, None, "--memory 3T"),
        ("-R rusage[mem=8000]", None, None, "-R rusage[mem=12000]"),
        ("-M 8G -R rusage[mem=8G]", 8 * GB, 12 * GB, "-M 18G -R rusage[mem=18G]"),
        ("-M 8G/job", None, None, "-M 12G/job"),
        ("mem=100", None, None, "mem=150"),
    ],
)
def test_a_memory_limit_is_half_as_much_again(parameters: str, limit: int | None, most: int | None, now: str) -> None:
    found = more_memory(parameters, limit, most)
    assert found is not None
    assert found.parameters == now
    assert found.was in parameters and found.now in now


@pytest.mark.parametrize(
    ("parameters", "limit"),
    [
        ("-M 3", 8 * GB),
        ("-M 8G", 2 * GB),
        ("-M 0", None),
        ("-Mx 8G", None),
        ("--memo 8", None),
        ("x-M 8G", None),
        ("8G", None),
    ],
)
def test_what_may_mean_anything_else_is_left_alone(parameters: str, limit: int | None) -> None:
    assert more_memory(parameters, limit, None) is None


@pytest.mark.parametrize(
    ("parameters", "now"),
    [
        ("-W 30", "-W 60"),
        ("-W30 x", "-W60 x"),
        ("-W 1:30", "-W 3:00"),
        ("-W 30/psana1", "-W 60/psana1"),
        ("--walltime=0:30", "--walltime=1:00"),
    ],
)
def test_a_run_limit_is_doubled(parameters: str, now: str) -> None:
    found = more_time(parameters, None)
    assert found is not None
    assert found.parameters == now


@pytest.mark.parametrize(
    ("parameters", "limit"), [("-We 30", None), ("-W 1", 86400.0), ("-W 0", None), ("-W 1:75", None)]
)
def test_what_is_no_run_limit_is_left_alone(parameters: str, limit: float | None) -> None:
    assert more_time(parameters, limit) is None
