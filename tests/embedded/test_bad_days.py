"""Bad days of the whole farm: jobs that nobody knows, hosts that are away, jobs that run again, other dialects."""

import json

import pytest

from tests.embedded import golden
from tests.embedded.farm import Farm, Result, until

TABS = '{\n\t"COMMAND":\t"bjobs",\n\t"JOBS":\t1,\n\t"RECORDS":\t[{\n\t\t\t"JOBID":\t"'


def test_forgotten_jobs_are_known_to_bhist_alone(farm: Farm) -> None:
    job = farm.submit("-H", "-J", "bb.x.1", "true")
    for named in ([job], ["bb.*"]):
        farm.faults(forgotten=named)
        assert farm.run("bjobs", "-a", job) == Result(code=255, stdout="", stderr=f"Job <{job}> is not found\n")
        assert farm.run("bkill", job).stderr == f"Job <{job}>: No matching job found\n"
        assert farm.run("bpeek", job).stderr == f"Job <{job}> is not found\n"
        assert farm.run("bjobs", "-a", "-J", "bb.x.1").stderr == "Job <bb.x.1> is not found\n"
        assert f"Job <{job}>, Job Name <bb.x.1>" in farm.run("bhist", "-a", "-l", "-J", "bb.x.1").stdout
    farm.faults()
    assert farm.field("stat", job) == "PSUSP"


def test_archived_jobs_are_found_in_older_files_only(farm: Farm) -> None:
    job = farm.submit("-H", "true")
    farm.faults(forgotten=[job], archived=[job])
    assert farm.run("bhist", "-l", job) == Result(code=255, stdout="No matching job found\n", stderr="")
    assert f"Job <{job}>" in farm.run("bhist", "-n", "0", "-l", job).stdout


def test_lost_jobs_are_known_to_nobody(farm: Farm) -> None:
    job = farm.submit("-H", "true")
    farm.faults(lost=[int(job)])
    assert farm.run("bjobs", "-a", job).stderr == f"Job <{job}> is not found\n"
    assert farm.run("bhist", "-n", "0", "-l", job).stdout == "No matching job found\n"


def test_of_omitted_jobs_nothing_is_said(farm: Farm) -> None:
    jobs = [farm.submit("-H", "true") for _ in range(2)]
    farm.faults(omitted=jobs[:1])
    shown = farm.run("bjobs", "-a", "-noheader", "-o", "jobid", *jobs)
    assert shown == Result(code=0, stdout=f"{jobs[1]}\n", stderr="")
    assert farm.run("bjobs", "-a", jobs[0]) == Result(code=0, stdout="", stderr="")


def test_a_queue_refuses_in_lsfs_words(farm: Farm) -> None:
    farm.faults(queues={"psdebugq": "User cannot use the queue"})
    refused = farm.run("bsub", "-q", "psdebugq", "true")
    assert refused.stderr == golden.read("bsub_denied_queue").stderr.replace("adminq", "psdebugq")
    assert (refused.code, refused.stdout, farm.history()) == (255, "", [])
    assert farm.run("bsub", given="#BSUB -q psdebugq\ntrue\n").code == 255
    assert farm.run("bsub", "-q", "normal", "true").code == 0


def test_a_job_whose_host_is_away_is_unknown_until_it_comes_back(farm: Farm) -> None:
    gate = farm.work / "gate"
    job = farm.submit(f"while [ ! -e {gate} ]; do sleep 0.05; done; exit 3")
    farm.wait(job, "RUN")
    farm.faults(away=[job])
    farm.wait(job, "UNKWN")
    gate.touch()
    assert "unable to reach the execution host" in farm.run("bhist", "-l", job).stdout
    until(lambda: [event["event"] for event in farm.history()][-1] == "vanish")
    farm.faults()
    farm.wait(job)
    assert farm.field("exit_code", job) == "3"


def test_a_killed_job_whose_host_is_away_is_a_zombie_and_ends_by_force(farm: Farm) -> None:
    job = farm.submit("sleep 60")
    farm.wait(job, "RUN")
    farm.faults(away=[job])
    farm.wait(job, "UNKWN")
    assert farm.run("bkill", job) == Result(code=0, stdout=f"Job <{job}> is being terminated\n", stderr="")
    assert farm.field("stat", job) == "ZOMBI"
    assert farm.run("bkill", "-r", job) == Result(code=0, stdout=f"Job <{job}> is being terminated\n", stderr="")
    assert farm.field("stat", job) == "EXIT"
    assert farm.field("exit_reason", job) == "TERM_FORCE_OWNER: job killed by owner without time for cleanup"
    assert farm.field("exit_code", job) == "-"
    until(lambda: farm.processes() == [farm.daemon()])


def test_a_killed_job_whose_host_comes_back_ends_by_its_signals(farm: Farm) -> None:
    job = farm.submit("sleep 60")
    farm.wait(job, "RUN")
    farm.faults(away=[job])
    farm.wait(job, "UNKWN")
    farm.run("bkill", job)
    farm.faults()
    farm.wait(job, "EXIT")
    assert farm.field("exit_reason", job) == "TERM_OWNER: job killed by owner"


def test_the_daemon_ends_while_a_host_is_away(farm: Farm) -> None:
    job = farm.submit("sleep 60")
    farm.wait(job, "RUN")
    farm.faults(away=["*"])
    farm.wait(job, "UNKWN")
    farm.stop()
    assert [event["event"] for event in farm.history()][-1] == "end"


def test_lsf_ends_a_job_for_a_reason_of_its_own(farm: Farm) -> None:
    job = farm.submit("-J", "greedy", "sleep 60")
    farm.wait(job, "RUN")
    farm.faults(kills={"greedy": "TERM_MEMLIMIT: job killed after reaching LSF memory usage limit"})
    farm.wait(job, "EXIT")
    assert farm.field("exit_reason", job) == "TERM_MEMLIMIT: job killed after reaching LSF memory usage limit"
    assert farm.field("exit_code", job) == "130"


def test_a_running_job_is_requeued_under_its_id(farm: Farm) -> None:
    job = farm.submit("-o", "out", "echo ran >> ran; test -e again || sleep 60")
    until(lambda: (farm.work / "ran").exists())
    (farm.work / "again").touch()
    assert farm.run("brequeue", job) == Result(code=0, stdout=f"Job <{job}> is being requeued\n", stderr="")
    farm.wait(job, "DONE")
    assert (farm.work / "ran").read_text() == "ran\nran\n"
    events = [event["event"] for event in farm.history() if event["event"] != "kill"]
    assert events == ["submit", "start", "requeue", "start", "end"]
    assert farm.run("brequeue", "99").code == 255


def test_an_ended_job_is_requeued_when_asked_for(farm: Farm) -> None:
    job = farm.submit("echo ran >> ran; exit 3")
    farm.wait(job, "EXIT")
    assert farm.run("brequeue", job).stderr == f"Job <{job}>: No matching job found\n"
    farm.run("brequeue", "-e", job)
    until(lambda: (farm.work / "ran").read_text() == "ran\nran\n")
    assert farm.wait(job) == "EXIT"


def test_lsf_9_has_no_json(farm: Farm) -> None:
    farm.faults(dialect="lsf9")
    job = farm.submit("-H", "true")
    refused = farm.run("bjobs", "-a", "-o", "jobid stat", "-json", job)
    assert (refused.code, refused.stdout) == (255, "") and refused.stderr.startswith("bjobs: invalid option -- 'j'\n")
    assert farm.run("bjobs", "-noheader", "-o", "jobid exit_code delimiter='^'", job).stdout == f"{job}^-\n"
    assert "9.1" in farm.run("lsid").stdout


def test_an_open_descendant_has_its_own_json_and_fewer_fields(farm: Farm) -> None:
    farm.faults(dialect="open")
    job = farm.submit("-H", "true")
    known = farm.run("bjobs", "-a", "-o", "jobid stat start_time", "-json", job)
    assert known.stdout.startswith(f'{TABS}{job}",\n\t\t\t"STAT":\t"PSUSP"')
    assert json.loads(known.stdout)["RECORDS"][0]["START_TIME"] == "-"
    unknown = farm.run("bjobs", "-o", "jobid stat", "-json", "13")
    recorded = golden.read("clean_bjobs_json_gone")
    assert (unknown.stdout, unknown.stderr, unknown.code) == (recorded.stdout, recorded.stderr, recorded.code)
    recorded = golden.read("bjobs_o_badfield")
    bad = farm.run("bjobs", "-o", "jobid exit_code", job)
    assert (bad.stdout, bad.stderr, bad.code) == (recorded.stdout, recorded.stderr, recorded.code)
    recorded = golden.read("bjobs_o")
    bad = farm.run("bjobs", "-o", "jobid stat queue exec_host submit_time delimiter='^'", "-a")
    assert (bad.stderr, bad.code) == (recorded.stderr, recorded.code)
    assert farm.run("bjobs", "-noheader", job).stderr.startswith("bjobs: invalid option -- 'n'\n")


def test_an_open_descendant_misreads_options_of_bsub(farm: Farm) -> None:
    farm.faults(dialect="open")
    assert farm.run("bsub", "-oo", "x.out", "true").code == 0
    assert farm.run("bsub", "-env", "all", "true").code == 0
    assert [event["command"] for event in farm.history("submit")] == ["x.out true", "all true"]
    recorded = golden.read("bsub_cwd")
    refused = farm.run("bsub", "-cwd", "/tmp", "true")
    assert (refused.stderr, refused.code) == (recorded.stderr, recorded.code)


def test_an_open_descendant_gives_no_reasons_and_calls_a_shell_that_died_done(farm: Farm) -> None:
    farm.faults(dialect="open")
    killed = farm.submit("sleep 60")
    farm.wait_wide(killed, "RUN")
    farm.run("bkill", killed)
    farm.wait_wide(killed, "EXIT")
    told = farm.run("bjobs", "-l", killed).stdout
    assert "Exited" in told and "TERM_" not in told + farm.run("bhist", "-l", killed).stdout
    died = farm.submit("kill -9 $$")
    farm.wait_wide(died, "DONE")


@pytest.mark.parametrize("option", [("-o", "jobid"), ("-json",), ("-noheader",), ("-UF",)])
def test_an_old_descendant_has_tables_only(farm: Farm, option: tuple[str, ...]) -> None:
    farm.faults(dialect="wide")
    job = farm.submit("-H", "true")
    assert farm.run("bjobs", *option, job).code == 255
    assert farm.run("bjobs", "-w", job).stdout.splitlines()[1].split()[:3:2] == [job, "PSUSP"]
