"""Every way in which a submit script can go: which ids are found, and what is told of its end."""

import os
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from lsf_agent.lsf.bsub import SUBMITTED
from lsf_agent.spool import Ended, Entry, RunPlan, Spool
from lsf_agent.submissions import script_folder, start_runner
from lsf_agent.watch import CUT_OFF, Seen, Watch
from realtime.protocol.agent import Submit

from .conftest import new_job
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

    def start(self, script: bytes | None, timeout: float = 5.0, executable: Path | None = None, cwd: str = "") -> Entry:
        spool = Spool(self.folder / "spool")
        spool.root.mkdir(exist_ok=True)
        if executable is None:
            executable = self.folder / "submit.sh"
        if script is not None:
            executable.write_bytes(script)
            executable.chmod(0o755)
        entry = spool.entry(new_job())
        entry.store(
            Submit(job=entry.job, executable=str(executable), arguments=["exp", "7", "$(id) *"], environment={"A": "1"})
        )
        entry.plan(
            RunPlan(
                working_directory=cwd or script_folder("script", str(executable)), timeout=timeout, submitted=SUBMITTED
            )
        )
        self.runner = start_runner(entry.directory, self.environment)
        return entry

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
    watch.look(0.0)
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
        ("sleep 30", [], -15, True),
        ("trap '' TERM; while :; do sleep 0.1; done", [], -9, True),
        (LINE.format(9) + "sleep 0.8; exit 5", ["9"], 5, False),
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
    entry = bench.run((SH + script).encode(), timeout=0.5)
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


def test_the_shim_notes_the_call_and_is_gone_from_the_jobs_path(bench: Bench) -> None:
    (bench.farm.bin / "bsub").write_text('#!/bin/sh\necho $PATH; echo "$@"\n')
    entry = bench.run(b'#!/bin/sh\nbsub -q "a b" -J "x*"\n')
    assert entry.output_end("stdout", 65536) == f"{bench.environment['PATH']}\n-q a b -J x*\n"
    assert entry.bsub_called_at() is not None


def test_without_bsub_there_is_no_shim(bench: Bench) -> None:
    bench.environment["PATH"] = "/usr/bin:/bin"
    entry = bench.run(b"#!/bin/sh\nbsub true\n")
    assert seen(entry)[1].exit_code == 127
    assert not (entry.directory / "bin").exists() and entry.bsub_called_at() is None


def test_a_second_runner_does_not_run_the_script_again(bench: Bench) -> None:
    entry = bench.run(b"#!/bin/sh\nbsub true\n")
    again = start_runner(entry.directory, bench.environment)
    assert again.wait(10) == 0
    assert len(bench.farm.calls("bsub")) == 1


def test_two_runners_at_once_run_the_script_once(bench: Bench) -> None:
    entry = bench.start(b"#!/bin/sh\nsleep 0.3; bsub true\n")
    others = [start_runner(entry.directory, bench.environment) for _ in range(3)]
    assert bench.runner is not None
    assert [runner.wait(10) for runner in (bench.runner, *others)] == [0, 0, 0, 0]
    assert len(bench.farm.calls("bsub")) == 1


def test_a_runner_that_cannot_write_runs_nothing(bench: Bench) -> None:
    entry = bench.run(b"#!/bin/sh\nbsub true\n", executable=bench.folder / "first.sh")
    (entry.directory / "began").unlink()
    (entry.directory / "stdout").unlink()
    (entry.directory / "stdout").mkdir()
    again = start_runner(entry.directory, bench.environment)
    assert again.wait(10) == 1
    assert entry.began_at is None and len(bench.farm.calls("bsub")) == 1


def test_a_script_goes_on_when_its_runner_is_killed_and_is_watched_to_its_end(bench: Bench) -> None:
    entry = bench.start(f"#!/bin/sh\nwhile [ ! -e {bench.folder}/gate ]; do sleep 0.02; done; bsub true\n".encode())
    assert bench.runner is not None
    deadline = time.monotonic() + 5
    while entry.script() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    script = entry.script()
    assert script is not None
    bench.runner.send_signal(signal.SIGKILL)
    bench.runner.wait()
    watch = Watch(entry, 5.0)
    assert watch.look(0.0).ended is None
    (bench.folder / "gate").touch()
    last = watch.look(0.1)
    while last.ended is None and time.monotonic() < deadline:
        time.sleep(0.02)
        last = watch.look(0.2)
    assert last.ended is not None and last.ended.problem == CUT_OFF
    assert last.lsf_ids == ("101",)


def test_modes_keep_secrets_from_others(bench: Bench) -> None:
    entry = bench.run(b"#!/bin/sh\numask\n")
    assert entry.directory.stat().st_mode & 0o777 == 0o700
    for path in entry.directory.iterdir():
        assert path.stat().st_mode & 0o077 == 0
    old = os.umask(0o022)
    os.umask(old)
    assert entry.output_end("stdout", 100) == f"{old:04o}\n"
