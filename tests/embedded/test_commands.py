"""The commands as programs: texts, streams and exit codes of recordings, with other ids."""

import json
import os
import re
import socket
from pathlib import Path

import pytest

from tests.embedded import golden
from tests.embedded.farm import Farm, Result, until


def same(result: Result, recording: str, **ids: str) -> None:
    """The result is the recording, with its ids and names replaced by those of the test."""
    recorded = golden.read(recording)
    texts = [recorded.stdout, recorded.stderr]
    for old, new in {"psanaq": "psdebugq", **ids}.items():
        texts = [re.sub(rf"(?<![\w.]){re.escape(old)}(?!\w)", new, text) for text in texts]
    assert (result.stdout, result.stderr, result.code) == (*texts, recorded.code)


def test_bsub_tells_id_and_queue(farm: Farm) -> None:
    same(farm.run("bsub", "-q", "psdebugq", "-J", "my job name with spaces", "true"), "bsub_ok_queue", **{"2": "1"})
    same(farm.run("bsub", "true"), "bsub_ok_default", **{"3": "2"})
    same(farm.run("bsub", "-q", "psdebugq", "true", env={"BSUB_STDERR": "Y"}), "bsub_stderr", **{"31": "3"})
    assert farm.run("bsub", "true", env={"BSUB_QUIET": "1"}) == Result(code=0, stdout="", stderr="")
    assert [event["id"] for event in farm.history("submit")] == [1, 2, 3, 4]


def test_a_refused_bsub_makes_no_job(farm: Farm) -> None:
    same(farm.run("bsub", "-q", "nosuchq", "true"), "bsub_bad_queue")
    same(farm.run("bsub", "-W", "abc", "true"), "bsub_bad_W")
    same(farm.run("bsub", "-m", "nosuchhost", "true"), "bsub_bad_host")
    same(farm.run("bsub", "-R", "select[foo", "true"), "bsub_bad_resreq")
    same(farm.run("bsub", "-n", "999", "true"), "bsub_too_many")
    same(farm.run("bsub", "-J", "a" * 5000, "true"), "bsub_oversize")
    same(farm.run("bsub", "-q", "psdebugq"), "bsub_empty_stdin")
    wrong = farm.run("bsub", "-q")
    assert wrong.stderr.splitlines()[0] == golden.read("bsub_bad_opt").stderr.splitlines()[0]
    assert (wrong.code, farm.history()) == (255, [])


def test_a_script_on_stdin_is_run_by_its_interpreter_with_its_options(farm: Farm) -> None:
    script = (
        "#!/bin/bash\n#BSUB -q psdebugq\n#BSUB -J fromstdin\n#BSUB -o %J.out\nfor x in a b; do\n  echo $BASH $x\ndone\n"
    )
    same(farm.run("bsub", given=script), "bsub_script_stdin", **{"41": "1"})
    assert farm.wait("1") == "DONE"
    assert (farm.work / "1.out").read_text().endswith("follows:\n\n/bin/bash a\n/bin/bash b\n")
    assert farm.field("job_name", "1") == "fromstdin"


def test_bsub_K_waits_and_has_the_jobs_exit_code(farm: Farm) -> None:
    same(farm.run("bsub", "-K", "-q", "psdebugq", "true"), "bsub_K_ok", **{"18": "1"})
    same(farm.run("bsub", "-K", "-q", "psdebugq", "exit 3"), "bsub_K_fail", **{"19": "2"})


def test_bsub_K_of_a_job_killed_while_pending_is_126(farm: Farm) -> None:
    with farm.start("bsub", "-H", "-K", "true") as waiting:
        assert waiting.stdout is not None
        assert waiting.stdout.readline() == "Job <1> is submitted to default queue <normal>.\n"
        assert farm.run("bkill", "1").code == 0
        waiting.communicate(timeout=10)
    assert waiting.returncode == 126


def test_bsub_I_prints_the_jobs_output(farm: Farm) -> None:
    result = farm.run("bsub", "-I", "-q", "psdebugq", "echo hello; exit 4")
    same(result, "bsub_I", **{"20": "1", "vm": socket.gethostname()})


def test_bytes_that_are_no_text_pass_unchanged(farm: Farm) -> None:
    result = farm.run("bsub", "-I", "printf '\\377\\303\\251'; sleep 0.2; echo $ODD", env={"ODD": "\udcfe"})
    assert result.stdout.partition("\n")[2] == "\udcffé\udcfe\n"


def test_bjobs_tells_what_it_does_not_know(farm: Farm) -> None:
    same(farm.run("bjobs", "999999"), "bjobs_unknown")
    same(farm.run("bjobs", "abc"), "bjobs_bad_id")
    same(farm.run("bjobs", "-u", "volclava"), "bjobs_nojobs_user")
    job = farm.submit("-H", "true")
    mixed = farm.run("bjobs", "999999", job, "888888")
    recorded = golden.read("bjobs_mixed")
    assert (mixed.stderr, mixed.code) == (recorded.stderr, recorded.code)
    assert len(mixed.stdout.splitlines()) == 2
    same(farm.run("bjobs", "-o", "jobid nonsense", job), "bjobs_o_badfield", EXIT_CODE="NONSENSE")


def test_json_has_lsfs_layout_and_empty_texts_for_what_is_missing(farm: Farm) -> None:
    job = farm.submit("-H", "-J", 'a "b" é', "true")
    both = farm.run("bjobs", "-o", "jobid stat exec_host exit_code exit_reason start_time job_name", "-json", job, "99")
    told = json.loads(both.stdout)
    assert (told["COMMAND"], told["JOBS"], both.code, both.stderr) == ("bjobs", 2, 0, "")
    assert told["RECORDS"] == [
        {
            "JOBID": job,
            "STAT": "PSUSP",
            "EXEC_HOST": "",
            "EXIT_CODE": "",
            "EXIT_REASON": "",
            "START_TIME": "",
            "JOB_NAME": 'a "b" é',
        },
        {"JOBID": "99", "ERROR": "Job <99> is not found"},
    ]
    assert both.stdout.startswith('{\n  "COMMAND":"bjobs",\n  "JOBS":2,\n  "RECORDS":[\n    {\n      "JOBID":"1",\n')
    nothing = farm.run("bjobs", "-o", "jobid", "-json", "99")
    assert (json.loads(nothing.stdout)["RECORDS"][0]["ERROR"], nothing.code) == ("Job <99> is not found", 255)
    assert farm.run("bjobs", "-json", job).code == 255


def test_fields_with_and_without_delimiter_and_header(farm: Farm) -> None:
    job = farm.submit("-H", "-J", "a long name", "-o", "%J.out", "true")
    delimited = farm.run("bjobs", "-o", "jobid stat exec_host output_file job_name delimiter='^'", job)
    assert delimited.stdout == f"JOBID^STAT^EXEC_HOST^OUTPUT_FILE^JOB_NAME\n{job}^PSUSP^-^%J.out^a long name\n"
    assert farm.run("bjobs", "-noheader", "-o", "jobid:5 stat:-6 name:4", job).stdout == f"{job}      PSUSP *ame\n"
    assert farm.run("bjobs", "-noheader", "-o", "pend_reason", job).stdout == (
        "The job was suspended by the user while pending;\n"
    )


def test_selections_of_bjobs(farm: Farm) -> None:
    held = farm.submit("-H", "-J", "one", "true")
    done = farm.submit("-q", "psdebugq", "-J", "two", "true")
    farm.wait(done)
    runs = farm.submit("-J", "three", "sleep 60")
    farm.wait(runs, "RUN")

    def ids(*options: str) -> list[str]:
        return farm.run("bjobs", *options, "-noheader", "-o", "jobid").stdout.split()

    assert ids() == [runs, held]
    assert ids("-a") == [runs, held, done]
    assert (ids("-r"), ids("-p"), ids("-s"), ids("-d")) == ([runs], [held], [held], [done])
    assert (ids("-a", "-J", "t*"), ids("-a", "-q", "psdebugq")) == ([runs, done], [done])
    assert (ids("-u", "all"), ids(done, held)) == ([runs, held], [held, done])
    farm.run("bkill", runs)


def test_an_array_is_one_id_with_elements(farm: Farm) -> None:
    job = farm.submit("-J", "arr[1-3]", "-o", "%J.%I.out", "sleep 0.1; exit $LSB_JOBINDEX")
    assert [farm.wait(f"{job}[{index}]") for index in (1, 2, 3)] == ["EXIT", "EXIT", "EXIT"]
    fields = "jobid jobindex job_name stat delimiter=','"
    assert farm.run("bjobs", "-a", "-noheader", "-o", fields, job).stdout.splitlines() == [
        f"{job},{index},arr[{index}],EXIT" for index in (1, 2, 3)
    ]
    assert farm.field("exit_code", f"{job}[2]") == "2"
    assert "Exited with exit code 2." in (farm.work / f"{job}.2.out").read_text()
    assert farm.run("bjobs", f"{job}[7]").stderr == f"Job <{job}[7]> is not found\n"


def test_bkill_tells_of_each_job_on_its_stream(farm: Farm) -> None:
    same(farm.run("bkill", "999999"), "bkill_unknown")
    same(farm.run("bkill", *map(str, range(900000, 900005))), "bkill_many")
    same(farm.run("bkill", "0"), "bkill_0_nojobs")
    same(farm.run("bkill", "-J", "nosuchname"), "bkill_J_none")
    done = farm.submit("true")
    farm.wait(done)
    held = farm.submit("-H", "true")
    same(farm.run("bkill", "-s", "NOSUCH", held), "bkill_s_bad")
    same(farm.run("bkill", held, done, "999999"), "bkill_mixed", **{"3": held, "24": done})
    same(farm.run("bkill", "-r", done), "bkill_r_finished", **{"24": done})
    assert farm.field("stat", held) == "EXIT"
    assert farm.field("exit_reason", held) == "TERM_OWNER: job killed by owner"
    assert farm.field("exit_code", held) == "-"


def test_signals_and_stopping(farm: Farm) -> None:
    job = farm.submit("-q", "psdebugq", "sleep 60")
    farm.wait(job, "RUN")
    same(farm.run("bstop", job), "bstop_run", **{"2": job})
    assert farm.field("stat", job) == "USUSP"
    assert farm.run("bresume", job).stdout == f"Job <{job}> is being resumed\n"
    assert farm.field("stat", job) == "RUN"
    assert farm.run("bkill", "-s", "STOP", job).stdout == f"Job <{job}> is being stopped\n"
    assert farm.run("bkill", "-s", "CONT", job).stdout == f"Job <{job}> is being resumed\n"
    same(farm.run("bkill", "-s", "TERM", job), "bkill_s_term", **{"2": job})
    farm.wait(job)
    assert (farm.field("exit_code", job), farm.field("exit_reason", job)) == ("143", "TERM_OWNER: job killed by owner")
    second = farm.submit("sleep 60")
    farm.wait(second, "RUN")
    same(farm.run("bkill", "-s", "KILL", second), "bkill_s_KILL", **{"27": second})
    farm.wait(second)
    assert farm.field("exit_code", second) == "137"


def test_bkill_0_ends_all_of_the_user(farm: Farm) -> None:
    jobs = [farm.submit("-H", "true"), farm.submit("sleep 60")]
    farm.wait(jobs[1], "RUN")
    killed = farm.run("bkill", "0")
    assert sorted(killed.stdout.splitlines()) == [f"Job <{job}> is being terminated" for job in jobs]
    assert [farm.wait(job) for job in jobs] == ["EXIT", "EXIT"]


def test_bkill_by_name_takes_the_latest_and_with_0_all(farm: Farm) -> None:
    first, second, third = (farm.submit("-H", "-J", "same", "true") for _ in range(3))
    assert farm.run("bkill", "-J", "same").stdout == f"Job <{third}> is being terminated\n"
    assert farm.run("bkill", "-J", "sa*", "0").stdout.count("terminated") == 2
    assert [farm.field("stat", job) for job in (first, second)] == ["EXIT", "EXIT"]


def test_bpeek_shows_running_jobs_only(farm: Farm) -> None:
    same(farm.run("bpeek", "999999"), "bpeek_unknown")
    held = farm.submit("-H", "true")
    same(farm.run("bpeek", held), "bpeek_pending", **{"25": held})
    job = farm.submit("for i in 1 2 3 4 5; do echo line $i; echo err $i >&2; done; sleep 60")
    farm.wait(job, "RUN")
    lines = "".join(f"line {i}\nerr {i}\n" for i in range(1, 6))
    until(lambda: "err 5" in farm.run("bpeek", job).stdout)
    assert farm.run("bpeek", job) == Result(code=0, stdout=f"<< output from stdout >>\n{lines}", stderr="")
    assert farm.run("bpeek").stdout == farm.run("bpeek", job).stdout
    farm.run("bkill", "-s", "KILL", job)
    farm.wait(job)
    same(farm.run("bpeek", job), "bpeek_finished", **{"14": job})


def test_a_forgotten_job_is_known_to_bhist_alone(farm: Farm, tmp_path: Path) -> None:
    job = farm.submit("true")
    farm.wait(job)
    quick = Farm(farm.directory, clean_period=0)
    same(quick.run("bjobs", job), "clean_bjobs_gone", **{"13": job})
    same(quick.run("bkill", job), "clean_bkill_gone", **{"13": job})
    same(quick.run("bpeek", job), "clean_bpeek_gone", **{"13": job})
    assert "Done successfully." in quick.run("bhist", "-l", job).stdout


def test_queues_count_slots_by_what_the_jobs_do(farm: Farm) -> None:
    farm.configure(pend=0)
    held, running, stopped = farm.submit("-H", "true"), farm.submit("-n", "2", "sleep 60"), farm.submit("sleep 60")
    farm.wait(held, "PSUSP"), farm.wait(running, "RUN"), farm.wait(stopped, "RUN")
    farm.run("bstop", stopped)
    farm.wait(stopped, "USUSP")
    counts = farm.run("bqueues", "-w", "normal").stdout.splitlines()[1].split()[-4:]
    assert counts == ["4", "1", "2", "1"]


def test_queues_and_lsid(farm: Farm) -> None:
    queues = farm.run("bqueues")
    assert queues.stdout.splitlines()[0] == golden.read("bqueues").stdout.splitlines()[0]
    assert golden.read("bqueues").stdout.splitlines()[-1] == queues.stdout.splitlines()[-1]
    assert "psdebugq " in queues.stdout
    same(farm.run("bqueues", "nosuchq"), "bqueues_unknown")
    told, recorded = farm.run("lsid").stdout, golden.read("lsid").stdout
    assert told.splitlines()[0].startswith("Batchboard embedded scheduler 1.0 (speaks LSF 10.1), Nov 22 2026")
    assert [line.rpartition(" ")[0] for line in told.splitlines()[1:]] == [
        line.rpartition(" ")[0] for line in recorded.splitlines()[1:]
    ]


@pytest.mark.parametrize("command", ["bsub", "bjobs", "bkill", "bpeek", "bhist"])
def test_usage_and_version_are_on_stderr(farm: Farm, command: str) -> None:
    assert farm.run(command, "-h").stderr.startswith(f"Usage: {command} ")
    assert "10.1" in farm.run(command, "-V").stderr


def test_a_long_directory_is_no_obstacle(tmp_path: Path) -> None:
    farm = Farm(tmp_path / ("d" * 120))
    try:
        assert len(os.fsencode(farm.directory)) > 120
        assert farm.wait(farm.submit("true")) == "DONE"
    finally:
        farm.stop()
