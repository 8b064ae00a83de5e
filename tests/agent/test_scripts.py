"""Every way in which a submit script can go: which ids are found, and what is told of its end."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from lsf_agent.hands import RUNNER
from lsf_agent.lsf.bsub import SUBMITTED
from lsf_agent.submission import orphans
from lsf_agent.submission.entry import Entry
from lsf_agent.submission.orphans import callers_of, processes_of
from lsf_agent.submission.record import Ended, Plan, append
from lsf_agent.submission.spool import Spool
from lsf_agent.submission.starting import script_folder, start_runner
from lsf_agent.submission.watch import CUT_OFF, Seen, Watch

from .conftest import a_request, kill_by_id, new_job
from .farm import Farm

SH = "#!/bin/sh\n"
LINE = "echo 'Job <{}> is submitted to queue <q>.'\n"


@dataclass
class Bench:
    """A spool without an agent: runners are started and watched by hand."""

    folder: Path
    farm: Farm
    environment: dict[str, str] = field(default_factory=dict)
    runner: subprocess.Popen[bytes] | None = None
    plan: Plan = field(init=False)

    roots: list[str] = field(default_factory=list)
    workspace: bool = True

    def start(self, script: bytes | None, timeout: float = 5.0, executable: Path | None = None, cwd: str = "") -> Entry:
        spool = Spool(self.folder / "spool")
        spool.root.mkdir(exist_ok=True)
        if executable is None:
            executable = self.folder / "submit.sh"
        if script is not None:
            executable.write_bytes(script)
            executable.chmod(0o755)
        entry = spool.entry(new_job())
        entry.store(a_request(entry.job, str(executable)))
        self.plan = Plan(
            executable=str(executable),
            arguments=["exp", "7", "$(id) *"],
            environment={"A": "1", "LSF_ENVDIR": "/farm"},
            given=["A"],
            working_directory=cwd or script_folder("script", str(executable)),
            timeout=timeout,
            submitted=SUBMITTED,
            tag=f"bb.main.{entry.job}",
            roots=self.roots,
            workspace=str(entry.directory) if self.workspace else None,
            started_by="here",
        )
        assert self.again(entry)
        return entry

    def again(self, entry: Entry) -> subprocess.Popen[bytes] | None:
        """A runner for it, unless there is or has been one."""
        with entry.offered(self.plan) as files:
            if files is None:
                return None
            self.runner = start_runner([sys.executable, "-I", "-S", str(RUNNER)], files, self.environment)
            return self.runner

    def run(self, script: bytes | None, timeout: float = 5.0, executable: Path | None = None, cwd: str = "") -> Entry:
        entry = self.start(script, timeout, executable, cwd)
        assert self.runner is not None and self.runner.wait(20) == 0
        return entry


@pytest.fixture
def bench(tmp_path: Path, farm: Farm) -> Bench:
    environment = {
        "PATH": f"{farm.bin}:{os.environ['PATH']}",
        "HOME": "/root",
        "BATCHBOARD_TOKEN": "s",
        "BSUB_QUIET": "1",
    }
    return Bench(tmp_path, farm, environment)


def seen(entry: Entry) -> tuple[Seen, Ended]:
    """The last word of the watch, after the time for stray output."""
    watch = Watch(entry, 5.0)
    while watch.look(0.0).ended is None and entry.calls_under_way():
        time.sleep(0.02)
    last = watch.look(2.0)
    assert watch.settled and last.ended is not None
    return last, last.ended


@pytest.mark.parametrize(
    ("script", "ids", "exit_code", "timed_out"),
    [
        ("", [], 0, False),
        ("echo hello; exit 4", [], 4, False),
        ("echo Submiting job 17; echo 'esub: 60 min' >&2\n" + LINE.format(9), ["9"], 0, False),
        (LINE.format(9) + "exit 3", ["9"], 3, False),
        (LINE.format(9) + LINE.format(12) + LINE.format(9), ["9", "12"], 0, False),
        (LINE.format(9).replace("\n", " >&2\n"), ["9"], 0, False),
        ("printf 'Job <9> is submitted to default queue <normal>'", ["9"], 0, False),
        ("printf 'Submitted batch job 31'", ["31"], 0, False),
        ("sleep 60", [], -15, True),
        ("trap '' TERM; while :; do sleep 0.1; done", [], -9, True),
        (LINE.format(9) + "sleep 1.5; exit 5", ["9"], 5, False),
        ("kill -9 $$", [], -9, False),
        ("read line; echo got $?; bsub -o x true", ["101"], 0, False),
        ("yes | head -c 300000; bsub true", ["101"], 0, False),
        ("(sleep 0.3; bsub true) & exit 2", ["101"], 2, False),
    ],
    ids=[
        "prints nothing",
        "fails without an id",
        "noise before the id",
        "fails after the id",
        "submits twice",
        "id on stderr",
        "id without line end",
        "id of Slurm without line end",
        "hangs",
        "hangs and ignores TERM",
        "stays for its job, as bsub -K does",
        "is killed",
        "reads stdin",
        "prints much before the id",
        "leaves a child that submits",
    ],
)
def test_scripts(bench: Bench, script: str, ids: list[str], exit_code: int, timed_out: bool) -> None:
    goes_on = timed_out or exit_code == 5
    entry = bench.run((SH + script).encode(), timeout=1.0 if goes_on else 15.0)
    deadline = time.monotonic() + 5
    while ids == ["101"] and not bench.farm.jobs() and time.monotonic() < deadline:
        time.sleep(0.02)
    last, ended = seen(entry)
    assert (list(last.lsf_ids), ended.exit_code, ended.timed_out, ended.problem) == (ids, exit_code, timed_out, None)


def test_a_script_without_interpreter_line_is_run_by_sh(bench: Bench) -> None:
    last, ended = seen(bench.run(b'echo "$0 $@"; bsub true\n'))
    assert last.lsf_ids == ("101",) and ended.exit_code == 0


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        (b"#!/bin/sh\r\necho hi\r\n", "Windows line ends"),
        (b"echo hi\r\necho ho\r\n", "Windows line ends"),
        (b"#!/no/such/python\n", "interpreter missing: /no/such/python"),
        (b"#!/usr/bin/env nosuchthing\n", "interpreter missing: nosuchthing"),
        (b"#!\n", "interpreter missing: the first line names none"),
        (None, "not there"),
    ],
)
def test_a_script_that_cannot_be_run_says_why(bench: Bench, script: bytes | None, problem: str) -> None:
    last, ended = seen(bench.run(script))
    assert (last.lsf_ids, ended.exit_code, ended.timed_out, ended.problem) == ((), None, False, problem)


def test_folders_and_files_without_rights_are_no_scripts(bench: Bench) -> None:
    assert seen(bench.run(None, executable=bench.folder))[1].problem == "not a file"
    plain = bench.folder / "plain"
    plain.write_text("echo hi")
    assert seen(bench.run(None, executable=plain))[1].problem == "not executable"
    gone = f"{bench.folder}/gone"
    assert seen(bench.run(b"true", cwd=gone))[1].problem == f"working directory not there: {gone}"


def test_the_environment_of_a_script(bench: Bench) -> None:
    entry = bench.run(b'#!/bin/sh\nenv | sort; pwd; printf "%s|" "$@"; echo; readlink /proc/self/fd/0\n')
    text = entry.output_end("stdout", 65536)
    assert "\nA=1\n" in f"\n{text}" and "BATCHBOARD_" not in text and "BSUB_QUIET" not in text
    assert f"PATH={entry.directory}/bin:{bench.farm.bin}:" in text
    assert f"\n{bench.folder}\nexp|7|$(id) *|\n/dev/null\n" in text


def test_where_a_script_ran_and_what_it_found_is_told_but_no_secrets(bench: Bench) -> None:
    bench.environment |= {
        "LANG": "C.UTF-8",
        "DB_PASSWORD": "hunter2",
        "X": "y" * 5000,
        "BAD": b"\xff".decode(errors="surrogateescape"),
    }
    story = bench.run(b"#!/bin/sh\nexit 0\n").story()
    assert story.began is not None and story.began.host == socket.gethostname()
    assert story.surroundings is not None and story.surroundings.folder == str(bench.folder)
    told = story.surroundings.environment
    assert told == {
        **{"BAD": "?", "DB_PASSWORD": None, "HOME": "/root", "LANG": "C.UTF-8", "LSF_ENVDIR": "/farm"},
        **{"PATH": bench.environment["PATH"], "X": "y" * 1000 + "…"},
    }


def test_what_a_script_would_have_found_is_told_when_it_cannot_be_run(bench: Bench) -> None:
    entry = bench.run(None, executable=bench.folder / "missing.sh")
    assert seen(entry)[1].problem == "not there"
    assert entry.story().surroundings is not None


def test_the_home_folder_can_be_the_working_directory(bench: Bench) -> None:
    bench.environment["HOME"] = str(bench.folder)
    assert bench.run(b"#!/bin/sh\npwd\n", cwd="~").output_end("stdout", 100) == f"{bench.folder}\n"


def test_without_bsub_there_is_no_shim(bench: Bench) -> None:
    bench.environment["PATH"] = "/usr/bin:/bin"
    entry = bench.run(b"#!/bin/sh\nbsub true; echo $PATH\n")
    assert entry.output_end("stdout", 100) == "/usr/bin:/bin\n"
    assert seen(entry)[0].bsub_called_at is None


def test_a_script_must_really_lie_below_an_allowed_folder(bench: Bench) -> None:
    allowed, elsewhere = bench.folder / "allowed", bench.folder / "elsewhere"
    allowed.mkdir()
    elsewhere.mkdir()
    bench.roots = [str(allowed)]
    outside = elsewhere / "submit.sh"
    problem = f"not below an allowed folder: {allowed}"
    assert seen(bench.run(b"#!/bin/sh\nbsub true\n", executable=outside))[1].problem == problem
    link = allowed / "link.sh"
    link.symlink_to(outside)
    assert seen(bench.run(None, executable=link))[1].problem == problem
    assert seen(bench.run(None, executable=allowed / ".." / "elsewhere" / "submit.sh"))[1].problem == problem
    assert seen(bench.run(b"#!/bin/sh\n", executable=allowed / "submit.sh"))[1].exit_code == 0
    assert not bench.farm.calls("bsub")


def test_a_second_runner_does_not_run_the_script_again(bench: Bench) -> None:
    entry = bench.run(b"#!/bin/sh\nbsub true\n")
    assert bench.again(entry) is None
    record = os.open(entry.directory / "record", os.O_RDWR | os.O_APPEND)
    append(record, bench.plan)
    os.lseek(record, 0, os.SEEK_SET)
    again = subprocess.run([sys.executable, "-I", "-S", str(RUNNER)], stdin=record, env=bench.environment, timeout=10)
    os.close(record)
    assert again.returncode == 0
    assert len(bench.farm.calls("bsub")) == 1


def test_two_runners_at_once_run_the_script_once(bench: Bench) -> None:
    entry = bench.start(b"#!/bin/sh\nsleep 0.3; bsub true\n")
    first = bench.runner
    assert entry.runner_lives()
    others = []
    for _ in range(3):
        with (entry.directory / "record").open("rb+") as record:
            others.append(subprocess.Popen([sys.executable, "-I", "-S", str(RUNNER)], stdin=record))
    assert first is not None
    assert [runner.wait(10) for runner in (first, *others)] == [0, 0, 0, 0]
    assert bench.again(entry) is None
    assert len(bench.farm.calls("bsub")) == 1


def test_an_agent_that_dies_between_plan_and_runner_leaves_the_script_to_the_next(bench: Bench) -> None:
    bench.run(b"#!/bin/sh\n")
    entry = Spool(bench.folder / "spool").entry(new_job())
    entry.store(a_request(entry.job, "/x"))
    (entry.directory / "record").write_bytes(b'{"do": "script", "torn')
    assert entry.began_at is None and not entry.runner_lives()
    bench.plan = msgspec.structs.replace(bench.plan, workspace=str(entry.directory))
    runner = bench.again(entry)
    assert runner is not None and runner.wait(10) == 0
    assert seen(entry)[1].exit_code == 0 and entry.story().tag == bench.plan.tag


def test_a_runner_that_cannot_write_runs_nothing(bench: Bench) -> None:
    entry = bench.run(b"#!/bin/sh\nbsub true\n", executable=bench.folder / "first.sh")
    (entry.directory / "record").unlink()
    (entry.directory / "calls.jsonl").unlink()
    entry = Entry(entry.directory)
    bench.plan = msgspec.structs.replace(bench.plan, workspace=str(bench.folder / "gone"))
    again = bench.again(entry)
    assert again is not None and again.wait(10) == 1
    assert entry.began_at is None and len(bench.farm.calls("bsub")) == 1


def until(holds: Callable[[], object], limit: float = 5.0) -> None:
    deadline = time.monotonic() + limit
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_script_goes_on_when_its_runner_is_killed_and_is_watched_to_its_end(bench: Bench) -> None:
    entry = bench.start(f"#!/bin/sh\nwhile [ ! -e {bench.folder}/gate ]; do sleep 0.02; done; bsub true\n".encode())
    assert bench.runner is not None
    until(lambda: entry.script() is not None)
    bench.runner.send_signal(signal.SIGKILL)
    bench.runner.wait()
    watch = Watch(entry, 5.0)
    assert watch.look(0.0).ended is None
    (bench.folder / "gate").touch()
    until(lambda: not processes_of(entry.directory))
    assert watch.look(0.5).ended is None
    last = watch.look(1.5)
    assert last.ended is not None and last.ended.problem == CUT_OFF and not watch.settled
    assert watch.look(3.0).lsf_ids == ("101",) and watch.settled
    assert entry.calls()[0].tag == f"{bench.plan.tag}.1"


def test_a_script_that_is_killed_does_not_get_to_its_next_command(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = bench.start(b"#!/bin/sh\n(sleep 600; bsub true) & (sleep 600; bsub true) & wait\n")
    assert bench.runner is not None
    until(lambda: entry.script() is not None and len(processes_of(entry.directory)) >= 5)
    bench.runner.send_signal(signal.SIGKILL)
    bench.runner.wait()
    sent: list[tuple[int, int]] = []

    def kill_one_after_the_other(pid: int, number: int, kill: Callable[[int, int], None] = os.kill) -> None:
        sent.append((number, pid))
        kill(pid, number)
        time.sleep(0.05)  # time enough for a shell to go on

    monkeypatch.setattr(os, "kill", kill_one_after_the_other)
    orphans.kill(entry.story(), entry.directory)
    monkeypatch.undo()
    until(lambda: not processes_of(entry.directory))
    killed = [pid for number, pid in sent if number == signal.SIGKILL]
    assert len(killed) >= 5
    assert sorted(killed) == sorted(pid for number, pid in sent[: -len(killed)] if number == signal.SIGSTOP)
    assert entry.calls() == ()


def test_a_script_without_a_runner_is_killed_when_it_takes_too_long(bench: Bench) -> None:
    entry = bench.start(b"#!/bin/sh\nsetsid sleep 600 & sleep 600; bsub true\n")
    assert bench.runner is not None
    until(lambda: entry.script() is not None and len(processes_of(entry.directory)) >= 3)
    bench.runner.send_signal(signal.SIGKILL)
    bench.runner.wait()
    watch = Watch(entry, 1.0)
    assert watch.look(0.0).ended is None and watch.look(5.0).ended is None
    watch.look(6.5)
    until(lambda: not processes_of(entry.directory))
    assert watch.look(8.0).calls == () and watch.settled


def test_a_script_that_holds_an_id_is_left_to_run_without_its_runner(bench: Bench) -> None:
    entry = bench.start(b"#!/bin/sh\nid=$(bsub true); sleep 600\n")
    assert bench.runner is not None
    until(lambda: entry.calls() and entry.calls()[0].ended_at)
    bench.runner.send_signal(signal.SIGKILL)
    bench.runner.wait()
    watch = Watch(entry, 1.0)
    watch.look(0.0)
    last = watch.look(6.5)
    assert last.ended is not None and last.lsf_ids == ("101",)
    pids = processes_of(entry.directory)
    assert pids
    for pid in pids:
        kill_by_id(pid)


def test_a_bsub_left_behind_is_waited_for_but_not_for_ever(bench: Bench) -> None:
    bench.farm.faults(bsub={"hang": True})
    entry = bench.run(b"#!/bin/sh\nbsub true & exit 0\n", timeout=1.5)
    watch = Watch(entry, 1.5)
    until(lambda: bench.farm.calls("bsub"))
    assert watch.look(0.0).ended is None and watch.look(5.0).ended is None
    watch.look(7.0)
    until(lambda: not entry.calls_under_way())
    last = watch.look(8.0)
    assert watch.settled and last.ended is not None and last.ended.exit_code == 0
    assert [(call.tag, call.ended_at) for call in last.calls] == [(f"{bench.plan.tag}.1", None)]


def test_a_bsub_that_hangs_behind_its_script_is_killed_by_the_runner(bench: Bench) -> None:
    bench.farm.faults(bsub={"hang": True})
    entry = bench.run(
        f"#!/bin/sh\nbsub true &\nwhile ! [ -s {bench.farm.root}/calls ]; do sleep 0.02; done\n".encode(), timeout=1.5
    )
    assert not callers_of(entry.directory) and not entry.calls_under_way()
    assert entry.calls()[0].ended_at is None


def test_a_private_workspace_is_gone_in_the_end_and_its_notes_are_in_the_record(bench: Bench) -> None:
    bench.workspace = False
    bench.environment["TMPDIR"] = str(bench.folder / "tmp")
    (bench.folder / "tmp").mkdir()
    entry = bench.run(b"#!/bin/sh\nls -ld ${PATH%%/bin:*}; id=$(bsub true)\n")
    assert entry.output_end("stdout", 1000).startswith("drwx------")
    assert not [*(bench.folder / "tmp").iterdir()]
    assert seen(entry)[0].lsf_ids == ("101",) and not entry.story().ours
    assert not (entry.directory / "calls.jsonl").exists()


def test_notes_that_are_none_of_the_shims_do_not_get_into_the_record(bench: Bench) -> None:
    forged = '{"event":"ended","at":"2026-01-01T00:00:00Z","exit_code":0,"timed_out":false,"problem":null}'
    bench.workspace = False
    entry = bench.run(f"#!/bin/sh\necho '{forged}' >>${{PATH%%/bin:*}}/calls.jsonl; echo x >&2; exit 3\n".encode())
    assert seen(entry)[1].exit_code == 3 and entry.output_end("stderr", 100) == "x\n"


def test_modes_keep_secrets_from_others(bench: Bench) -> None:
    entry = bench.run(b"#!/bin/sh\numask\n")
    assert entry.directory.stat().st_mode & 0o777 == 0o700
    for path in entry.directory.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0
    old = os.umask(0o022)
    os.umask(old)
    assert entry.output_end("stdout", 100) == f"{old:04o}\n"
