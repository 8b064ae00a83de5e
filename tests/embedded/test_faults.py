"""Bad days, ordered with faults.json."""

import subprocess
import time

import pytest

from tests.embedded.farm import Farm, Result, until


def test_delay_makes_every_command_slow_before_it_does_anything(farm: Farm) -> None:
    farm.run("bjobs")
    farm.faults(delay=0.4)
    began = time.monotonic()
    with farm.start("bsub", "true") as command:
        with pytest.raises(subprocess.TimeoutExpired):
            command.wait(0.2)
        assert farm.history("submit") == []
        command.communicate(timeout=10)
    assert time.monotonic() - began >= 0.4
    assert len(farm.history("submit")) == 1


def test_late_makes_the_command_end_after_it_has_done_its_work(farm: Farm) -> None:
    farm.faults(late=30)
    with farm.start("bsub", "true") as command:
        assert command.stdout is not None
        assert command.stdout.readline() == "Job <1> is submitted to default queue <normal>.\n"
        assert command.poll() is None
        command.kill()
    assert len(farm.history("submit")) == 1


def test_blind_hides_a_new_job_for_a_while(farm: Farm) -> None:
    farm.faults(blind=60)
    job = farm.submit("sleep 60")
    assert farm.run("bjobs", job) == Result(code=255, stdout="", stderr=f"Job <{job}> is not found\n")
    assert farm.run("bkill", job) == Result(code=255, stdout="", stderr=f"Job <{job}>: No matching job found\n")
    assert farm.run("bpeek", job) == Result(code=255, stdout="", stderr=f"Job <{job}> is not found\n")
    farm.faults(blind=0.01)
    farm.wait(job, "RUN")


def test_a_hanging_command_never_answers_and_the_others_do(farm: Farm) -> None:
    farm.faults(hang=["bjobs"])
    with farm.start("bjobs") as command:
        with pytest.raises(subprocess.TimeoutExpired):
            command.wait(0.5)
        assert farm.run("lsid").code == 0
        command.kill()
    farm.faults()
    assert farm.run("bjobs").stderr == "No unfinished job found\n"


def test_a_refusing_command_says_its_text_and_does_nothing(farm: Farm) -> None:
    farm.faults(refuse={"bsub": "no more today"})
    assert farm.run("bsub", "true") == Result(code=255, stdout="", stderr="no more today\n")
    assert farm.history() == []


def test_a_silent_command_prints_nothing_and_succeeds(farm: Farm) -> None:
    job = farm.submit("-H", "true")
    farm.faults(silent=["bjobs"])
    assert farm.run("bjobs", job) == Result(code=0, stdout="", stderr="")


def test_faults_that_are_no_json_are_none(farm: Farm) -> None:
    (farm.directory / "faults.json").write_text("{")
    assert farm.run("lsid").code == 0


def test_a_slow_farm_is_slow_knows_new_jobs_late_and_shows_output_at_the_end(farm: Farm) -> None:
    farm.faults(delay=0.1, blind=60)
    job = farm.submit("-o", "out", "echo first; while ! test -e go; do sleep 0.05; done")
    assert farm.run("bjobs", "-a", job).stderr == f"Job <{job}> is not found\n"
    farm.faults(delay=0.1, blind=0.01)
    until(lambda: "first" in farm.run("bpeek", job).stdout)
    assert not (farm.work / "out").exists()
    (farm.work / "go").touch()
    farm.wait(job, "DONE")
    assert (farm.work / "out").read_text().endswith("first\n")
