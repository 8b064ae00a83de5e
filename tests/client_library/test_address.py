"""Addresses, and when to come back to them."""

import pytest

from realtime.client.address import live_address, log_address
from realtime.client.backoff import delay, delay_after, delay_asked


@pytest.mark.parametrize(
    ("base", "address"),
    [
        ("http://host:8420", "ws://host:8420/api/v1/experiments/x%2Fy/live?runs=5&since=e:7"),
        ("https://host/batch/", "wss://host/batch/api/v1/experiments/x%2Fy/live?runs=5&since=e:7"),
        ("ws://[::1]:1", "ws://[::1]:1/api/v1/experiments/x%2Fy/live?runs=5&since=e:7"),
    ],
)
def test_the_address_of_a_feed_follows_from_the_managers(base: str, address: str) -> None:
    assert live_address(base, "x/y", 5, "e:7") == address


def test_without_an_experiment_it_is_the_list_of_them() -> None:
    assert live_address("http://host", None, 100, None) == "ws://host/api/v1/live?runs=100"


def test_a_log_is_asked_for_from_where_it_was_read_to() -> None:
    assert log_address("http://h", "65f0", None, None) == "ws://h/api/v1/jobs/65f0/log/live"
    assert log_address("http://h", "65f0", 0, "12") == "ws://h/api/v1/jobs/65f0/log/live?offset=0&lsf_id=12"


@pytest.mark.parametrize(
    "base", ["host:8420", "ftp://host", "http://", "http://me:secret@host", "http://h/?token=x", ""]
)
def test_what_is_no_address_of_a_manager_is_refused(base: str) -> None:
    with pytest.raises(ValueError, match="expected an address"):
        live_address(base, None, 100, None)


def test_waits_grow_to_half_a_minute_and_are_spread() -> None:
    assert [delay(attempt, 0) for attempt in (0, 5, 1000)] == [0.5, 0.5, 0.5]
    assert [delay(attempt, 1) for attempt in (0, 1, 2, 1000)] == [1.0, 2.0, 4.0, 30.0]


def test_a_goodbye_says_when_to_come_back() -> None:
    assert [delay_asked((100, 2100), random) for random in (0, 0.5, 1)] == [0.1, 1.1, 2.1]
    assert delay_asked((0, 10**9), 1) == 30.0


@pytest.mark.parametrize(("retry_after", "least"), [(None, 0), ("7", 7), ("99999999", 60), ("soon", 0), ("-3", 0)])
def test_a_refusal_that_does_not_last_may_say_when_to_come_back(retry_after: str | None, least: float) -> None:
    assert delay_after(retry_after, 0, 0) == least + 0.5
