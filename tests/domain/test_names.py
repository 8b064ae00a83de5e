"""Names, paths, parameters, run ranges and ids."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.domain.address import job_of_token, report_token
from realtime.domain.definition import (
    command_arguments,
    executable_path,
    hash_name,
    parameter_text,
    split_parameters,
)
from realtime.domain.errors import Invalid
from realtime.domain.names import experiment_name, job_id, parse_runs, run_params


@pytest.mark.parametrize("name", ["", "a b", "a/b", "x" * 65, "é", "a.b"])
def test_odd_experiment_names_are_refused(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        experiment_name(name)
    assert refused.value.field == "name"


@pytest.mark.parametrize("name", ["", " a", "a ", "x" * 65, "a\nb", "a\x00"])
def test_odd_hash_names_are_refused(name: str) -> None:
    with pytest.raises(Invalid):
        hash_name(name)
    assert hash_name("Größe 2 (test)") == "Größe 2 (test)"


@pytest.mark.parametrize("path", ["a/b", "./x", "~/x", "/x\n", "/\x00", "/" + "x" * 4096])
def test_odd_paths_are_refused(path: str) -> None:
    with pytest.raises(Invalid) as refused:
        executable_path(path)
    assert refused.value.field == "executable"


def test_no_path_is_a_draft() -> None:
    assert executable_path(None) is executable_path("  ") is None


def test_parameters_are_split_at_blanks_and_nothing_else() -> None:
    assert split_parameters("  -q 'a b'\t$HOME  \"x y\" ") == ["-q", "'a", "b'", "$HOME", '"x', 'y"']
    assert command_arguments("xppx12345", 12, "a  b") == ["xppx12345", "12", "a", "b"]
    with pytest.raises(Invalid):
        parameter_text("a\nb")
    with pytest.raises(Invalid):
        parameter_text("x" * 4001)


@pytest.mark.parametrize(
    ("text", "ranges"), [("12", [(12, 12)]), ("1-20,25", [(1, 20), (25, 25)]), (" 3 - 4 ,9", [(3, 4), (9, 9)])]
)
def test_run_ranges(text: str, ranges: list[tuple[int, int]]) -> None:
    assert parse_runs(text) == ranges


@pytest.mark.parametrize("text", ["", "0", "-1", "5-3", "1,,2", "a", "1-2-3", "99999999999"])
def test_odd_run_ranges_are_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_runs(text)
    assert refused.value.field == "runs"


def test_large_run_parameters_are_refused() -> None:
    with pytest.raises(Invalid):
        run_params({"x": "y" * 17_000})


def test_job_ids_are_24_hex_digits_in_the_order_of_time() -> None:
    early = job_id(datetime(2026, 11, 22, tzinfo=UTC), b"\xff" * 8)
    late = job_id(datetime(2026, 11, 23, tzinfo=UTC), b"\x00" * 8)
    assert len(early) == len(late) == 24
    assert early < late


@given(st.binary(min_size=16, max_size=32), st.binary(min_size=16, max_size=32), st.binary(min_size=8, max_size=8))
def test_a_report_address_belongs_to_one_job_and_one_store(secret: bytes, other: bytes, random: bytes) -> None:
    job = job_id(datetime(2026, 11, 22, tzinfo=UTC), random)
    token = report_token(secret, job)
    assert job_of_token(secret, token) == job
    assert job_of_token(secret, token[:-1] + ("0" if token[-1] != "0" else "1")) is None
    assert secret == other or job_of_token(other, token) is None
    assert job_of_token(secret, token[:24]) is None
