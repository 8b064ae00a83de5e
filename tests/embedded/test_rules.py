"""Bad days of single calls, ordered as rules of faults.json."""

import json
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from lsf_agent.embedded.config import configure
from tests.embedded.farm import Farm, Result, until

TIMED_OUT = "Failed in an LSF library call: Communication time out"
STILL_TRYING = "batch system daemon not responding ... still trying\n"


def rules(farm: Farm, *ordered: dict[str, Any]) -> None:
    farm.faults(rules=ordered)


def made(farm: Farm) -> list[int]:
    """Ids of all jobs that were ever made."""
    return [event["id"] for event in farm.history("submit")]


def test_one_bsub_can_make_several_jobs_and_tells_the_last(farm: Farm) -> None:
    rules(farm, {"command": "bsub", "jobs": 3, "times": 1})
    assert farm.run("bsub", "-J", "bb.x.1", "-H", "true").stdout == "Job <3> is submitted to default queue <normal>.\n"
    assert farm.submit("-H", "true") == "4"
    assert made(farm) == [1, 2, 3, 4]
    found = farm.run("bjobs", "-a", "-J", "bb.x.*", "-noheader", "-o", "jobid job_name")
    assert found.stdout.splitlines() == [f"{job} bb.x.1" for job in (1, 2, 3)]


def test_a_bsub_says_that_nothing_was_submitted_although_it_was(farm: Farm) -> None:
    rules(farm, {"command": "bsub", "answer": "timed out", "jobs": 2})
    told = farm.run("bsub", "-H", "true")
    assert told == Result(code=255, stdout="", stderr=f"{TIMED_OUT}. Job not submitted.\n")
    assert made(farm) == [1, 2]


def test_an_answer_is_lost_when_the_command_dies(farm: Farm) -> None:
    rules(farm, {"command": "bsub", "answer": "killed"})
    assert farm.run("bsub", "-H", "true") == Result(code=-signal.SIGKILL, stdout="", stderr="")
    assert farm.run("bsub", given="#!/bin/sh\ntrue\n").code == -signal.SIGKILL
    assert made(farm) == [1, 2]


def test_an_answer_is_lost_when_the_command_hangs(farm: Farm) -> None:
    rules(farm, {"command": "bsub", "answer": "hang"})
    with farm.start("bsub", "-H", "true") as command:
        until(lambda: made(farm) == [1])
        with pytest.raises(subprocess.TimeoutExpired):
            command.wait(0.1)
        command.kill()
        assert command.communicate() == ("", "")


def test_an_answer_is_lost_while_the_daemon_is_tried(farm: Farm) -> None:
    configure(farm.directory, patience=0.05)
    rules(farm, {"command": "bsub", "answer": "still trying"})
    told = farm.run("bsub", "-H", "true", env={"LSB_NTRIES": "3"})
    assert told == Result(code=255, stdout="", stderr=f"{STILL_TRYING * 2}{TIMED_OUT}. Job not submitted.\n")
    assert made(farm) == [1]


def test_an_empty_answer_keeps_its_exit_code(farm: Farm) -> None:
    rules(farm, {"answer": "nothing"})
    assert farm.run("bsub", "-H", "true") == Result(code=0, stdout="", stderr="")
    assert farm.run("bjobs", "99") == Result(code=255, stdout="", stderr="")
    assert made(farm) == [1]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("bsub", "true"), f"{TIMED_OUT}. Job not submitted.\n"),
        (("bjobs", "7"), f"{TIMED_OUT}\n"),
        (("bkill", "7", "8[2]"), f"Job <7>: {TIMED_OUT}\nJob <8[2]>: {TIMED_OUT}\n"),
    ],
)
def test_a_daemon_that_does_not_answer_is_tried_as_often_as_allowed(
    farm: Farm, words: tuple[str, ...], text: str
) -> None:
    configure(farm.directory, patience=0.05)
    rules(farm, {"unanswered": True})
    told = farm.run(*words, env={"LSB_NTRIES": "2"})
    assert told == Result(code=255, stdout="", stderr=STILL_TRYING + text)
    assert made(farm) == []


def test_a_daemon_that_answers_at_last_is_heard(farm: Farm) -> None:
    configure(farm.directory, patience=0.05)
    rules(farm, {"command": "bsub", "unanswered": 2})
    told = farm.run("bsub", "-H", "true")
    # A slow connection says it once more.
    assert told.stderr.startswith(STILL_TRYING * 2) and told.stderr.replace(STILL_TRYING, "") == ""
    assert (told.code, made(farm)) == (0, [1])


def test_a_full_queue_is_tried_again(farm: Farm) -> None:
    configure(farm.directory, minute=0.05)
    rules(farm, {"command": "bsub", "limited": 2})
    told = farm.run("bsub", "-H", "true")
    assert told.stderr.count("Retrying in 60 seconds...\n") == 2
    assert (told.code, made(farm)) == (0, [1])
    refused = farm.run("bsub", "-H", "true", env={"LSB_NTRIES": "1"})
    assert refused == Result(code=255, stdout="", stderr="Pending job threshold reached. Job not submitted.\n")


def test_text_before_the_answer_other_streams_and_another_exit_code(farm: Farm) -> None:
    wait = "Cannot connect to LSF. Please wait ..."
    rules(
        farm, {"command": "bjobs", "out": wait, "times": 1}, {"command": "bjobs", "err": wait, "swap": True, "code": 7}
    )
    job = farm.submit("-H", "true")
    mixed = farm.run("bjobs", "-json", "-o", "jobid", job)
    assert mixed.stdout.startswith(f"{wait}\n{{") and json.loads(mixed.stdout.partition("\n")[2])["JOBS"] == 1
    swapped = farm.run("bjobs", "-noheader", "-o", "jobid", job, "99")
    assert swapped == Result(code=7, stdout="Job <99> is not found\n", stderr=f"{wait}\n{job}\n")


def test_rules_hold_in_order_and_for_their_number_of_calls(farm: Farm) -> None:
    rules(
        farm,
        {"command": "bsub", "refuse": "one", "skip": 1, "times": 2},
        {"command": ["bsub", "bkill"], "refuse": "two", "times": 2},
        {"command": "bjobs", "with": "-J", "refuse": "three"},
    )
    told = [farm.run("bsub", "-H", "true").stderr for _ in range(5)]
    assert told == ["two\n", "one\n", "one\n", "two\n", ""]
    assert farm.run("bjobs", "-a", "-Jx").stderr == "three\n"
    assert farm.run("bjobs", "1").code == 0
    rules(farm, {"command": "bsub", "refuse": "again", "times": 1})
    assert farm.run("bsub", "true").stderr == "again\n"


def test_many_commands_at_once_share_the_number_of_calls(farm: Farm) -> None:
    rules(farm, {"command": "bsub", "refuse": "no", "times": 5})
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda _: farm.run("bsub", "-H", "true").code, range(12)))
    assert sorted(told) == [0] * 7 + [255] * 5
    assert len(made(farm)) == 7


def test_rules_that_make_no_sense_are_none(farm: Farm) -> None:
    farm.faults(rules=[1, {"command": "bsub", "nonsense": 1}])
    assert farm.submit("-H", "true") == "1"
    farm.faults(rules="all")
    assert farm.submit("-H", "true") == "2"
