"""The daemon's life: one at a time, killed and replaced without a loss, ended without a trace."""

import json
import os
import resource
import signal
import socket
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lsf_agent.embedded import config, install, stop
from tests.embedded import golden
from tests.embedded.farm import Farm, alive, until


def test_ten_commands_at_once_from_cold_start_one_daemon_and_make_ten_jobs(farm: Farm) -> None:
    commands = [farm.start("bsub", "-H", "true") for _ in range(10)]
    told = [command.communicate(timeout=20) for command in commands]
    assert sorted(int(out.split("<")[1].split(">")[0]) for out, _ in told) == list(range(1, 11))
    assert len([pid for pid in farm.processes() if alive(pid)]) == 1


def test_killing_the_daemon_loses_no_job_and_no_exit_code(farm: Farm) -> None:
    config.configure(farm.directory, slots=2)
    until_told = "until [ -e {0} ]; do sleep 0.01; done; echo {0} >> ran; touch {0}.over; exit {1}"
    first = farm.submit("-o", "out", until_told.format("go1", 5))
    second = farm.submit(until_told.format("go2", 6))
    waits = farm.submit("true")
    farm.wait(first, "RUN")
    farm.wait(second, "RUN")
    killed = farm.daemon()
    os.kill(killed, signal.SIGKILL)
    (farm.work / "go2").touch()
    until((farm.work / "go2.over").exists)  # it ends while there is no daemon
    assert farm.field("stat", first) == "RUN"
    assert farm.daemon() != killed
    (farm.work / "go1").touch()
    assert [farm.wait(job) for job in (first, second, waits)] == ["EXIT", "EXIT", "DONE"]
    assert [farm.field("exit_code", job) for job in (first, second)] == ["5", "6"]
    assert (farm.work / "ran").read_text() == "go2\ngo1\n", "each ran once"
    assert farm.submit("true") == "4", "ids count up"


def test_killing_the_daemon_again_and_again_runs_every_job_once(farm: Farm) -> None:
    config.configure(farm.directory, slots=3)
    for number in range(8):
        farm.submit(f"echo {number} >> ran; sleep 0.05")
    deadline = time.monotonic() + 20
    while farm.run("bjobs").code == 0:
        assert time.monotonic() < deadline
        os.kill(farm.daemon(), signal.SIGKILL)
    assert sorted((farm.work / "ran").read_text().split()) == [str(number) for number in range(8)]
    assert sorted((event["id"], event["exit"]) for event in farm.history("end")) == [(n, 0) for n in range(1, 9)]


def test_a_bsub_whose_daemon_is_killed_makes_one_job(farm: Farm) -> None:
    farm.run("bjobs")
    os.kill(farm.daemon(), signal.SIGSTOP)
    with farm.start("bsub", "true") as command:
        until(lambda: _has_connected(command.pid))
        os.kill(farm.daemon(), signal.SIGKILL)
        out, _ = command.communicate(timeout=10)
    assert out == "Job <1> is submitted to default queue <normal>.\n"
    assert len(farm.history("submit")) == 1


def _has_connected(pid: int) -> bool:
    """Whether a command has an open socket."""
    try:
        return any(str(entry.readlink()).startswith("socket:") for entry in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return False


def test_a_bsub_K_goes_on_waiting_with_the_next_daemon(farm: Farm) -> None:
    with farm.start("bsub", "-K", "sleep 0.6; exit 3") as command:
        until(lambda: bool(farm.history("start")))
        os.kill(farm.daemon(), signal.SIGKILL)
        out, err = command.communicate(timeout=10)
    assert (command.returncode, out.count("Job <1>"), len(farm.history("submit"))) == (3, 1, 1)
    assert err == "<<Waiting for dispatch ...>>\n<<Job is finished>>\n"


def test_a_job_whose_runner_was_killed_is_exit_and_gone(farm: Farm) -> None:
    job = farm.submit("sleep 60")
    farm.wait(job, "RUN")
    until(lambda: farm.field("pids", job) != "-")
    shell = int(farm.field("pids", job))
    runner = int(Path(f"/proc/{shell}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(runner, signal.SIGKILL)
    assert farm.wait(job) == "EXIT"
    assert farm.field("exit_reason", job) == "TERM_UNKNOWN: the end of the job was not seen"
    until(lambda: not alive(shell))


def test_after_a_reboot_process_ids_that_belong_to_others_are_not_signalled(farm: Farm) -> None:
    job = farm.submit("sleep 60")
    farm.wait(job, "RUN")
    until(lambda: farm.field("pids", job) != "-")
    for pid in (farm.daemon(), *farm.processes()):
        if alive(pid):
            os.kill(pid, signal.SIGKILL)
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as innocent:
        (farm.directory / "jobs" / job / "0" / "pid").write_text(str(innocent.pid))
        assert farm.wait(job) == "EXIT"
        assert innocent.poll() is None
        innocent.kill()


def test_a_request_that_is_nonsense_is_told_and_ends_nothing(farm: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(farm.directory)
    farm.run("bjobs")
    daemon = farm.daemon()
    for nonsense in (b"[]\n", b"{}\n", b"no json\n", b"half"):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect("socket")
            connection.sendall(nonsense)
            connection.shutdown(socket.SHUT_WR)
            answer = connection.makefile().read()
        assert ("internal error" in answer) == nonsense.endswith(b"\n")
    assert (farm.run("bjobs").code, farm.daemon()) == (254, daemon)


def test_a_kill_that_was_begun_is_finished_by_the_next_daemon(farm: Farm) -> None:
    config.configure(farm.directory, kill_interval=0.3)
    stubborn = "trap : INT TERM; echo ready; while :; do sleep 0.02; done"
    job = farm.submit("sh", "-c", stubborn)
    until(lambda: "ready" in farm.run("bpeek", job).stdout)
    farm.run("bkill", job)
    os.kill(farm.daemon(), signal.SIGKILL)
    assert farm.wait(job) == "EXIT"
    assert farm.field("exit_reason", job) == "TERM_OWNER: job killed by owner"


def test_jobs_outlive_the_process_group_of_the_command(farm: Farm) -> None:
    with farm.start("sh", "-c", "bsub 'sleep 0.5; exit 7'; sleep 60", start_new_session=True) as group:
        until(lambda: bool(farm.history("start")))
        os.killpg(group.pid, signal.SIGKILL)
        group.communicate()
    assert farm.wait("1") == "EXIT"
    assert farm.field("exit_code", "1") == "7"


def test_stop_ends_all_jobs_and_records_it(farm: Farm) -> None:
    config.configure(farm.directory, slots=1)
    job = farm.submit("trap : INT TERM; setsid sleep 60 & sleep 60")
    farm.submit("true")
    farm.wait(job, "RUN")
    began = time.monotonic()
    stop(farm.directory)
    assert time.monotonic() - began < 2
    assert farm.processes() == []
    ends = farm.history("end")
    assert {event["id"] for event in ends} == {1, 2}
    assert {event["reason"] for event in ends} == {"TERM_ADMIN: job killed by root or LSF administrator"}


def test_stop_ends_what_a_killed_daemon_left_running(farm: Farm) -> None:
    job = farm.submit("sleep 60")
    farm.wait(job, "RUN")
    os.kill(farm.daemon(), signal.SIGKILL)
    stop(farm.directory)
    assert farm.processes() == []
    assert [event["id"] for event in farm.history("end")] == [1]


def test_stop_gets_the_better_of_a_daemon_that_does_not_answer(farm: Farm) -> None:
    job = farm.submit("sleep 60")
    farm.wait(job, "RUN")
    os.kill(farm.daemon(), signal.SIGSTOP)
    stop(farm.directory, timeout=2)
    assert farm.processes() == []
    assert len(farm.history("end")) == 1


def test_stop_does_nothing_where_nothing_runs(tmp_path: Path) -> None:
    stop(tmp_path / "nowhere")
    farm = Farm(tmp_path / "farm")
    stop(farm.directory)
    assert not (farm.directory / "socket").exists()


def test_after_stop_commands_work_again(farm: Farm) -> None:
    farm.submit("-H", "true")
    stop(farm.directory)
    assert farm.field("stat", "1") == "EXIT"
    assert farm.submit("true") == "2"


def test_a_daemon_without_commands_and_jobs_ends_itself_and_knows_all_later(farm: Farm) -> None:
    config.configure(farm.directory, idle=0.2)
    job = farm.submit("sleep 0.5")
    daemon = farm.daemon()
    farm.wait(job, "RUN")
    until(lambda: not alive(daemon))
    assert [event["exit"] for event in farm.history("end")] == [0], "not before the job had ended"
    assert farm.field("stat", job) == "DONE"
    assert farm.daemon() != daemon


def test_on_a_full_disk_bsub_says_so_and_nothing_is_half_done(farm: Farm) -> None:
    farm.submit("-H", "true")
    farm.stop()
    size = (farm.directory / "events.jsonl").stat().st_size
    limit = size + 40

    def full() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    refused = farm.run("bsub", "-env", "none", "true", preexec_fn=full)
    assert refused.stderr == "Failed in an LSF library call: File too large. Job not submitted.\n"
    assert (refused.code, refused.stdout) == (255, "")
    assert (farm.directory / "events.jsonl").stat().st_size == size
    os.kill(farm.daemon(), signal.SIGKILL)
    assert farm.submit("true") == "2", "and goes on when there is room again"


def test_an_end_that_cannot_be_recorded_is_recorded_later(farm: Farm) -> None:
    job = farm.submit("sleep 0.3; exit 4")
    farm.wait(job, "RUN")
    daemon = farm.daemon()
    size = (farm.directory / "events.jsonl").stat().st_size
    resource.prlimit(daemon, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    until(lambda: "trying again" in (farm.directory / "daemon.log").read_text())
    assert farm.field("stat", job) == "RUN"
    resource.prlimit(daemon, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert farm.wait(job) == "EXIT"
    assert farm.field("exit_code", job) == "4"


def test_a_journal_cut_off_by_a_crash_is_read_up_to_there(farm: Farm) -> None:
    farm.submit("-H", "true")
    os.kill(farm.daemon(), signal.SIGKILL)
    with (farm.directory / "events.jsonl").open("a") as journal:
        journal.write('{"event": "submit", "id": 2, "at"')
    assert farm.field("stat", "1") == "PSUSP"
    assert farm.submit("true") == "2"
    assert [event["id"] for event in farm.history("submit")] == [1, 2]


def test_a_stopped_daemon_makes_commands_wait_as_often_as_they_are_told(farm: Farm) -> None:
    config.configure(farm.directory, patience=0.2)
    farm.run("bjobs")
    daemon = farm.daemon()
    os.kill(daemon, signal.SIGSTOP)
    try:
        for command, recording in ((["bjobs", "2"], "ntries1_bjobs"), (["bsub", "true"], "ntries1_bsub")):
            result, recorded = farm.run(*command, env={"LSB_NTRIES": "1"}), golden.read(recording)
            assert (result.stdout, result.stderr, result.code) == ("", recorded.stderr, recorded.code)
        with farm.start("bjobs") as waiting:
            assert waiting.stderr is not None
            assert waiting.stderr.readline() == "batch system daemon not responding ... still trying\n"
            waiting.kill()
    finally:
        os.kill(daemon, signal.SIGCONT)
    until(lambda: len(farm.history("submit")) == 1, told=farm.history)


def test_the_directory_is_private_and_install_is_safe_to_repeat_at_once(tmp_path: Path) -> None:
    directory = tmp_path / "it's $HOME"
    with ThreadPoolExecutor(8) as pool:
        bins = set(pool.map(lambda slots: install(directory, slots), range(1, 9)))
    assert bins == {directory / "bin"}
    assert sorted(path.name for path in directory.iterdir()) == ["bin", "config.json"]
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (directory, directory / "bin", directory / "bin" / "bjobs")]
    assert modes == [0o700, 0o700, 0o700]
    farm = Farm(directory)
    try:
        farm.run("bjobs")
        assert stat.S_IMODE((directory / "socket").stat().st_mode) == 0o600
        assert stat.S_IMODE((directory / "events.jsonl").stat().st_mode) == 0o600
    finally:
        farm.stop()


def test_install_keeps_other_settings_and_refuses_unknown_ones(tmp_path: Path) -> None:
    farm = Farm(tmp_path / "farm", idle=5)
    install(farm.directory, 7)
    assert (config.read(farm.directory).slots, config.read(farm.directory).idle) == (7, 5)
    with pytest.raises(TypeError, match="pent"):
        config.configure(farm.directory, pent=1)
    (farm.directory / "config.json").write_text('{"slots": 0, "idle": "long", "pend": true}')
    assert config.read(farm.directory) == config.Config(slots=1)
    (farm.directory / "config.json").write_text("[")
    assert config.read(farm.directory) == config.Config()


def test_history_and_stop_as_a_program(farm: Farm) -> None:
    farm.wait(farm.submit("-J", "n", "exit 2"))

    def program(*words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "lsf_agent.embedded", *words],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )

    told = [json.loads(line) for line in program("history", str(farm.directory)).stdout.splitlines()]
    assert [(event["event"], event["id"], event["exit"], event["job_name"]) for event in told] == [
        ("submit", 1, None, "n"),
        ("start", 1, None, "n"),
        ("end", 1, 2, "n"),
    ]
    assert {"at", "command", "queue", "cwd", "user"} <= told[0].keys()
    assert program("stop", str(farm.directory)).returncode == 0
    assert farm.processes() == []
    assert program("history", "/no/such").returncode == 1
    assert program("histories", "/").returncode == 2


def test_a_command_without_its_directory_says_so(farm: Farm) -> None:
    farm.run("bjobs")
    farm.stop()
    moved = farm.directory.rename(farm.directory.with_name("moved"))
    wrapper = moved / "bin" / "bsub"
    result = farm.run(str(wrapper), "true")
    assert result.code == 255
    assert result.stderr.startswith("lsb_init: Failed in an LSF library call: ")
    assert result.stderr.endswith(". Job not submitted.\n")
    moved.rename(farm.directory)


def test_the_package_loads_nothing_but_the_standard_library() -> None:
    folder = Path(install.__code__.co_filename).parent
    names = [path.stem for path in folder.glob("*.py") if path.stem not in ("__init__", "__main__", "boot")]
    told = subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            "-c",
            "import importlib, sys; sys.path.append(sys.argv[1])\n"
            "for name in sys.argv[2:]: importlib.import_module('lsf_agent.embedded.' + name)\n"
            "print(*sorted(name for name in sys.modules if name.startswith(('lsf_agent', 'realtime'))))",
            str(folder.parents[1]),
            *names,
        ],
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    loaded = set(told.stdout.split())
    assert loaded == {"lsf_agent", "lsf_agent.embedded", *(f"lsf_agent.embedded.{name}" for name in names)}
