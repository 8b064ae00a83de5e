"""What of a script's environment is told: all that helps, within bounds, and no secrets."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsf_agent.runner.surroundings import TOLD, secret, surroundings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, "x") for name in ("GITHUB_TOKEN", "aws_secret", "PGPASSWORD", "DB_PWD", "SSH_KEY", "XDG_SESSION_ID")),
        *((name, "x") for name in ("MY_CREDENTIALS", "KRB5_AUTH", "COOKIE_FILE", "SENTRY_DSN")),
        *(("URL", value) for value in ("postgres://ana:pw@db/x", "https://h/x?token=1", "Server=d;Password=x")),
        *(("X", value) for value in ("-----BEGIN PRIVATE KEY-----", "ghp_abc", "Bearer abc", "eyJhbGciOiJIUzI1.e30.x")),
    ],
)
def test_what_looks_like_a_secret_is_not_told(name: str, value: str) -> None:
    assert surroundings({name: value}, ()) == {name: None}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("PATH", "/opt/tokens/bin"), ("LSF_ENVDIR", "/lsf/conf")),
        *(("URL", "ssh://git@host/x"), ("PYTHONPATH", "/a:/b"), ("MODULEPATH", "/sw"), ("EMPTY", "")),
    ],
)
def test_what_helps_is_told(name: str, value: str) -> None:
    assert not secret(name, value)
    assert surroundings({name: value}, ()) == {name: value}


def test_what_came_with_the_job_and_what_is_ours_is_left_out() -> None:
    environment = {
        "BATCH_UPDATE_URL": "http://x",
        "BATCHBOARD_HOST": "h",
        "SUDO_USER": "u",
        "PWD": "/",
        "B": "2",
        "A": "1",
    }
    assert list(surroundings(environment, ["BATCH_UPDATE_URL"]).items()) == [("A", "1"), ("B", "2")]


def test_long_values_are_cut_further_rather_than_names_left_out() -> None:
    told = surroundings({f"N{number}": "v" * 5000 for number in range(90)}, ())
    assert len(told) == 90 and {len(value or "") for value in told.values()} == {301}


@settings(deadline=None, max_examples=30)
@given(st.dictionaries(st.text(min_size=1, max_size=300), st.text(), max_size=30))
def test_whatever_it_is_it_stays_within_bounds(environment: dict[str, str]) -> None:
    big = environment | {f"M{number}{'n' * 150}": "\n" for number in range(300)}
    told = surroundings(big, ())
    assert 0 < len(json.dumps(told, ensure_ascii=False).encode()) <= TOLD
