"""What a job gets, how it is run and ended, and where its output goes."""

import os
from datetime import datetime, timedelta
from pathlib import Path

from lsf_agent.embedded import config
from tests.embedded.farm import Farm, alive, until


def test_slots_limit_what_runs_and_the_others_wait_in_order(farm: Farm) -> None:
    config.configure(farm.directory, slots=2)
    jobs = [farm.submit("sleep 60") for _ in range(4)]
    for job in jobs[:2]:
        farm.wait(job, "RUN")
    assert [farm.field("stat", job) for job in jobs] == ["RUN", "RUN", "PEND", "PEND"]
    assert farm.field("pend_reason", jobs[2]) == "Job slot limit reached: 1 host;"
    farm.run("bkill", "-s", "KILL", jobs[1])
    farm.wait(jobs[2], "RUN")
    assert farm.field("stat", jobs[3]) == "PEND"
    assert [event["id"] for event in farm.history("start")] == [int(job) for job in jobs[:3]]


def test_a_job_stays_pending_for_a_visible_moment(farm: Farm) -> None:
    config.configure(farm.directory, pend=0.4)
    farm.wait(farm.submit("true"))
    submitted, started = (datetime.fromisoformat(farm.history(event)[0]["at"]) for event in ("submit", "start"))
    assert started - submitted >= timedelta(seconds=0.4)
    config.configure(farm.directory, pend=60)
    assert farm.field("pend_reason", farm.submit("true")) == "New job is waiting for scheduling;"


def test_a_job_waits_for_what_it_depends_on(farm: Farm) -> None:
    first = farm.submit("-H", "exit 1")
    after_end = farm.submit("-w", f"ended({first})", "true")
    after_done = farm.submit("-w", f"done({first}) && ended({first})", "true")
    assert farm.field("pend_reason", after_end) == "Job dependency condition not satisfied;"
    farm.run("bresume", first)
    assert farm.wait(after_end) == "DONE"
    assert farm.field("pend_reason", after_done) == "Dependency condition invalid or never satisfied;"


def test_the_environment_of_the_submitter_and_lsfs_own_reach_the_job(farm: Farm) -> None:
    job = farm.submit(
        "-J", "na me", "-o", "%J.%I", "-n", "2", "env", env={"BATCH_UPDATE_URL": "http://x/y", "A": "1\n2"}
    )
    farm.wait(job)
    output = (farm.work / f"{job}.0").read_text()
    host = os.uname().nodename
    for line in (
        "BATCH_UPDATE_URL=http://x/y",
        "A=1\n2",
        f"LSB_JOBID={job}",
        "LSB_JOBINDEX=0",
        "LSB_JOBNAME=na me",
        "LSB_QUEUE=normal",
        f"LSB_HOSTS={host} {host}",
        f"LSB_MCPU_HOSTS={host} 2 ",
        f"LSB_SUB_HOST={host}",
        f"LS_SUBCWD={farm.work}",
        f"LSB_OUTPUTFILE={job}.0",
        f"PWD={farm.work}",
        "LSB_EXIT_PRE_ABORT=99",
    ):
        assert f"\n{line}\n" in output
    assert "LS_JOBPID=" in output
    assert f"LSB_JOBFILENAME={farm.directory}/jobs/{job}/0/jobfile\n" in output


def test_env_none_hands_nothing_on(farm: Farm) -> None:
    job = farm.submit("-env", "none", "-o", "out", "env", env={"BATCH_UPDATE_URL": "http://x/y"})
    assert farm.wait(job) == "DONE"
    assert "BATCH_UPDATE_URL" not in (farm.work / "out").read_text()


def test_words_with_blanks_and_dollars_arrive_as_lsf_hands_them_over(farm: Farm) -> None:
    farm.wait(farm.submit("-o", "out", "printf", "'<%s>'", "two words", "$VALUE", "a $b", env={"VALUE": "x"}))
    assert (farm.work / "out").read_text().endswith("follows:\n\n<two words><x><a $b>")


def test_the_output_file_appears_at_the_end_and_is_appended_to_or_overwritten(farm: Farm) -> None:
    out = farm.work / "out"
    job = farm.submit("-o", "out", "echo begun; sleep 60")
    farm.wait(job, "RUN")
    until(lambda: "begun" in farm.run("bpeek", job).stdout)
    assert not out.exists()
    farm.run("bkill", job)
    farm.wait(job)
    assert "TERM_OWNER: job killed by owner.\nExited with exit code 130.\n" in out.read_text()
    farm.wait(farm.submit("-o", "out", "echo second"))
    assert out.read_text().count("Sender: LSF System <batchboard@") == 2
    farm.wait(farm.submit("-oo", "out", "echo third"))
    assert out.read_text().count("Sender:") == 1
    assert out.read_text().endswith("The output (if any) follows:\n\nthird\n")


def test_an_output_path_may_name_a_directory(farm: Farm) -> None:
    (farm.work / "logs").mkdir()
    first, second = farm.submit("-o", "logs/", "echo a"), farm.submit("-o", str(farm.work / "logs"), "echo b")
    farm.wait(first)
    farm.wait(second)
    assert sorted(path.name for path in (farm.work / "logs").iterdir()) == [f"{first}.out", f"{second}.out"]


def test_without_its_folder_the_output_is_lost_and_the_job_done(farm: Farm) -> None:
    job = farm.submit("-o", "no/such/folder/%J", "echo hi")
    assert farm.wait(job) == "DONE"
    assert not (farm.work / "no").exists()
    assert "output is lost" in (farm.directory / "daemon.log").read_text()


def test_a_fifo_as_output_does_not_hold_up_the_job(farm: Farm) -> None:
    os.mkfifo(farm.work / "fifo")
    assert farm.wait(farm.submit("-o", "fifo", "echo hi")) == "DONE"


def test_errors_go_to_the_output_unless_they_have_a_file(farm: Farm) -> None:
    both = farm.submit("-o", "both", "echo out; echo err >&2")
    apart = farm.submit("-o", "apart", "-e", "err.%J", "echo out; echo err >&2; sleep 0.3")
    until(lambda: "err" in farm.run("bpeek", apart).stdout)
    farm.wait(both)
    farm.wait(apart)
    assert (farm.work / "both").read_text().endswith("follows:\n\nout\nerr\n")
    expected = f"follows:\n\nout\n\n\nPS:\n\nRead file <{farm.work}/err.{apart}> for stderr output of this job.\n\n"
    assert (farm.work / "apart").read_text().endswith(expected)
    assert (farm.work / f"err.{apart}").read_text() == "err\n"


def test_with_N_the_output_file_holds_the_output_alone(farm: Farm) -> None:
    farm.wait(farm.submit("-N", "-o", "out", "echo alone"))
    assert (farm.work / "out").read_text() == "alone\n"


def test_input_and_working_directory_and_umask(farm: Farm) -> None:
    sub = farm.work / "sub"
    sub.mkdir()
    (sub / "given").write_text("from a file\n")
    farm.wait(farm.submit("-i", "given", "-o", "out", "-cwd", "sub", "cat; pwd; umask; : > made", umask=0o027))
    assert (sub / "out").read_text().partition("follows:\n\n")[2] == f"from a file\n{sub}\n0027\n"
    assert [(sub / name).stat().st_mode & 0o777 for name in ("made", "out")] == [0o640, 0o640]


def test_a_job_without_its_input_file_fails_and_says_so(farm: Farm) -> None:
    job = farm.submit("-i", "nowhere", "-o", "out", "cat")
    assert farm.wait(job) == "EXIT"
    assert farm.field("exit_code", job) == "127"
    assert "nowhere: No such file" in (farm.work / "out").read_text()


def test_a_job_without_its_directory_runs_in_tmp(farm: Farm) -> None:
    gone = farm.work / "gone"
    gone.mkdir()
    job = farm.submit("-H", "-o", str(farm.work / "out"), "pwd", cwd=gone)
    gone.rmdir()
    farm.run("bresume", job)
    assert farm.wait(job) == "DONE"
    assert (farm.work / "out").read_text().endswith("follows:\n\n/tmp\n")


def test_how_a_job_ended_is_told_by_exit_code_and_reason(farm: Farm) -> None:
    jobs = {
        farm.submit("true"): ("DONE", "-", "-"),
        farm.submit("exit 7"): ("EXIT", "7", "-"),
        farm.submit("/no/such/script arg"): ("EXIT", "127", "-"),
        farm.submit("kill -9 $$"): ("EXIT", "137", "TERM_EXTERNAL_SIGNAL: job killed by a signal external to LSF"),
    }
    told = {job: (farm.wait(job), farm.field("exit_code", job), farm.field("exit_reason", job)) for job in jobs}
    assert told == jobs


def test_bkill_goes_from_int_to_term_to_kill(farm: Farm) -> None:
    config.configure(farm.directory, kill_interval=0.8)
    stubborn = "trap 'echo INT' INT; trap 'echo TERM' TERM; echo ready; while :; do sleep 0.02; done"
    job = farm.submit("-o", "out", "sh", "-c", stubborn)
    until(lambda: "ready" in farm.run("bpeek", job).stdout)
    farm.run("bkill", job)
    assert farm.run("bkill", job).stdout == f"Job <{job}> is being terminated\n"
    assert farm.wait(job) == "EXIT"
    assert (farm.field("exit_code", job), farm.field("exit_reason", job)) == ("137", "TERM_OWNER: job killed by owner")
    output = (farm.work / "out").read_text().partition("follows:\n\n")[2].splitlines()
    assert [line for line in output if line in ("ready", "INT", "TERM")] == ["ready", "INT", "TERM"]
    assert len(farm.history("kill")) == 1


def test_a_suspended_job_can_be_killed(farm: Farm) -> None:
    job = farm.submit("sleep 60")
    farm.wait(job, "RUN")
    farm.run("bstop", job)
    farm.run("bkill", job)
    assert farm.wait(job) == "EXIT"


def test_the_run_limit_ends_a_job_with_usr2_first(farm: Farm) -> None:
    config.configure(farm.directory, minute=0.3)
    job = farm.submit("-W", "1", "-o", "out", "sleep 60")
    assert farm.wait(job) == "EXIT"
    assert farm.field("exit_code", job) == "140"
    assert farm.field("exit_reason", job) == "TERM_RUNLIMIT: job killed after reaching LSF run time limit"
    assert "TERM_RUNLIMIT" in (farm.work / "out").read_text()
    assert farm.history("kill")[0]["signals"] == ["USR2", "INT", "TERM", "KILL"]


def test_no_process_of_a_job_outlives_it(farm: Farm) -> None:
    job = farm.submit("-o", "out", "setsid sh -c 'echo $$; exec sleep 60' & sleep 0.3; exit 0")
    assert farm.wait(job) == "DONE"
    runaway = int((farm.work / "out").read_text().split()[-1])
    until(lambda: not alive(runaway))


def test_a_job_waits_for_what_it_left_in_the_background(farm: Farm) -> None:
    job = farm.submit("-o", "out", "(sleep 0.3; echo late) & echo early")
    farm.wait(job)
    assert (farm.work / "out").read_text().endswith("early\nlate\n")


def test_jobs_have_no_open_files_but_their_own(farm: Farm) -> None:
    readable, writable = os.pipe()
    try:
        job = farm.submit(
            "-o", "out", "ls -1 /proc/self/fd | sort -n | head -3; ls /proc/self/fd | wc -l", pass_fds=(writable,)
        )
        farm.wait(job)
        os.close(writable)
        os.set_blocking(readable, False)
        assert os.read(readable, 1) == b"", "the farm holds no file of its caller open"
    finally:
        os.close(readable)
    assert (farm.work / "out").read_text().endswith("follows:\n\n0\n1\n2\n4\n")


def test_commands_before_and_after_a_job(farm: Farm) -> None:
    job = farm.submit(
        "-E", "echo before", "-Ep", f"echo $LSB_JOBEXIT_STAT > '{farm.work}/after'", "-o", "out", "exit 2"
    )
    farm.wait(job)
    assert (farm.work / "out").read_text().endswith("follows:\n\nbefore\n")
    assert (farm.work / "after").read_text() == "512\n"
    refused = farm.submit("-E", "exit 9", "-o", "never", "echo never")
    farm.wait(refused)
    assert farm.field("exit_code", refused) == "9"
    assert (farm.work / "never").read_text().endswith("follows:\n\n")


def test_an_array_may_limit_what_runs_at_once(farm: Farm) -> None:
    job = farm.submit("-J", "a[1-2]%1", "sleep 60")
    farm.wait(f"{job}[1]", "RUN")
    assert farm.field("pend_reason", f"{job}[2]") == "The job array has reached its running element limit;"
    farm.run("bkill", f"{job}[1]")
    farm.wait(f"{job}[2]", "RUN")


def test_nothing_of_an_ended_job_is_kept_but_its_history(farm: Farm) -> None:
    farm.wait(farm.submit("true", env={"SECRET": "hunter2"}))
    until(lambda: not list((farm.directory / "jobs").iterdir()))
    assert all(b"hunter2" not in path.read_bytes() for path in Path(farm.directory).glob("*.*"))
