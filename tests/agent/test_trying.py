"""Trying a script: what is found without running it, and the dry run in which nothing is submitted."""

import asyncio
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lsf_agent.answers import trying
from lsf_agent.answers.trying import Trying
from lsf_agent.embedded import install
from lsf_agent.runner.dry.dry_run import PREFIX
from realtime.protocol.questions import Question, StubCall, Tried
from realtime.protocol.wire import encode

from .acting import hands_for, over, settings_for
from .conftest import AgentProcess, new_job, processes_of, until
from .hung import hanging_below
from .manager import Manager

REPORTS = {"BATCH_UPDATE_URL": "", "JID_UPDATE_COUNTERS": "", "EXPERIMENT": "xppx12345"}
PROGRAM = Path("/bin/true").read_bytes()


class Bench:
    """Scripts below a folder, and an agent's part that tries them. A real bsub stands on PATH and notes its calls."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.submitted = folder / "submitted"
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        self.real = folder / "lsf" / "bsub"
        self.real.parent.mkdir()
        self.real.write_text(f'#!/bin/sh\necho "$LSF_ENVDIR" >>{self.submitted}\necho "Job <4711> is submitted."\n')
        self.real.chmod(0o755)
        path = f"{self.real.parent}:{os.environ['PATH']}"
        self.environment = {**os.environ, "PATH": path, "TMPDIR": str(self.temporary)}
        made = settings_for(**settings)
        self.hands = hands_for(**settings)
        self.hands._environment |= {"PATH": path, "TMPDIR": str(self.temporary)}
        self.trying = Trying(made, self.environment, self.hands)

    def script(self, text: str | bytes, mode: int = 0o755) -> str:
        path = self.folder / f"{new_job()}.sh"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        path.chmod(mode)
        return str(path)

    async def tried(self, text: str | bytes, mode: int = 0o755) -> Tried:
        return await self.trying.try_out(question(self.script(text, mode)))


def question(executable: str, *more: str) -> Question:
    arguments = ["xppx12345", "12", "calib", "3", *more]
    return Question(
        id=new_job(),
        kind="try",
        job="",
        user="ana",
        executable=executable,
        lsf_ids=[],
        ended=False,
        arguments=arguments,
        environment=REPORTS,
    )


def check(tried: Tried, name: str) -> tuple[bool | None, str]:
    return next((one.ok, one.text) for one in tried.checks if one.name == name)


def let_go(script: str) -> None:
    """It waits for that."""
    Path(f"{script}.go").touch()


def ran(script: str) -> str:
    """What it has noted."""
    return Path(f"{script}.ran").read_text()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    assert not made.submitted.exists(), "nothing may ever be submitted"
    assert not list(made.temporary.glob(f"{PREFIX}*")), "the private folder is removed"
    assert not processes_of(tmp_path)


async def test_a_good_script_is_run_as_for_a_job_and_its_bsub_only_prints(bench: Bench) -> None:
    tried = await bench.tried(
        '#!/bin/sh\necho "$0 $*" "$PWD" "$EXPERIMENT"\nread line || echo no input\n'
        'bsub -q psanaq -o "log of $2" python calib.py "a b"\necho "$(command -v bsub)"\n'
    )
    script = next(bench.folder.glob("*.sh"))
    assert [one.name for one in tried.checks] == ["path", "interpreter", "line ends", "rights", "syntax", "dry run"]
    assert all(one.ok for one in tried.checks), tried.checks
    first, second, answer, found = tried.stdout.splitlines()
    assert first == f"{script} xppx12345 12 calib 3 {bench.folder} xppx12345"
    assert (second, answer) == ("no input", "Job <0> is submitted to queue <psanaq>.")
    assert found.startswith(f"{bench.temporary}/{PREFIX}")
    assert (tried.exit_code, tried.timed_out, tried.stderr) == (0, False, "")
    (call,) = tried.bsub
    assert call.arguments == ["-q", "psanaq", "-o", "log of 12", "python", "calib.py", "a b"]
    assert check(tried, "dry run")[1].startswith("exit code 0; bsub was called once; nothing was submitted")


async def test_each_bsub_is_shown_with_the_script_that_it_reads(bench: Bench) -> None:
    tried = await bench.tried(
        "#!/bin/bash\nfor part in 1 2 3; do\nbsub <<EOF\n#BSUB -q shortq -J part$part\nsleep $part\nEOF\ndone\n"
        "bkill 731885 && bjobs 0 || echo $?\n$LSF_BINDIR/bsub true\n"
    )
    assert [call.stdin for call in tried.bsub[:3]] == [f"#BSUB -q shortq -J part{n}\nsleep {n}\n" for n in (1, 2, 3)]
    assert tried.bsub[3].arguments == ["true"] and len(tried.bsub) == 4
    assert tried.stdout.count("Job <0> is submitted to queue <shortq>.") == 3
    assert "Job <731885> is being terminated\n255\n" in tried.stdout and "Job <0> is not found" in tried.stderr
    assert "bsub was called 4 times; bjobs, bkill only printed, too;" in check(tried, "dry run")[1]


async def test_reports_are_taken_and_count_nowhere(bench: Bench) -> None:
    post = (
        "import os, urllib.request\n"
        "for name in ('BATCH_UPDATE_URL', 'JID_UPDATE_COUNTERS'):\n"
        "    with urllib.request.urlopen(os.environ[name], data=b'[]') as answer:\n"
        "        print(answer.status, answer.read().decode())\n"
    )
    tried = await bench.tried(f"#!{sys.executable}\n{post}import subprocess\nsubprocess.run(['bsub', 'true'])\n")
    assert tried.stdout.count('200 {"accepted": 0, "skipped": []}') == 2, tried
    assert check(tried, "syntax") == (True, f"no error (compiled by {Path(sys.executable).name})")
    assert "2 reports posted" in check(tried, "dry run")[1] and tried.exit_code == 0


async def test_a_script_that_calls_no_bsub_or_fails_is_told_so(bench: Bench) -> None:
    silent = await bench.tried("#!/bin/sh\nexit 0\n")
    assert check(silent, "dry run")[0] is False
    assert "exit code 0; bsub was not called: there would be no job" in check(silent, "dry run")[1]
    failing = await bench.tried("echo oops >&2; exit 3\n")
    assert check(failing, "interpreter") == (True, "the first line names none: run by /bin/sh")
    assert (failing.exit_code, failing.stderr) == (3, "oops\n")
    assert check(failing, "dry run")[0] is False


async def test_a_script_that_hangs_is_ended_with_all_that_it_started(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trying, "RUN_LIMIT", 0.5)
    tried = await bench.tried("#!/bin/sh\nbsub true\nsleep 600 &\nsetsid sleep 601 &\nsleep 602\n")
    assert (tried.exit_code, tried.timed_out, len(tried.bsub)) == (None, True, 1)
    ok, text = check(tried, "dry run")
    assert ok is False and "not ended within 0 s, and killed" in text


async def test_what_a_script_leaves_running_is_ended_and_what_that_calls_in_time_is_seen(bench: Bench) -> None:
    tried = await bench.tried(
        "#!/bin/sh\n(sleep 0.2; bsub late) &\nsetsid sleep 600 </dev/null >/dev/null 2>&1 &\nnohup sleep 601 &\n"
    )
    assert (tried.exit_code, [call.arguments for call in tried.bsub]) == (0, [["late"]])
    assert "what it left running was killed" in check(tried, "dry run")[1]


async def test_much_output_is_cut_and_hurts_nobody(bench: Bench) -> None:
    tried = await bench.tried(
        "#!/bin/bash\nhead -c 50000000 /dev/zero | tr '\\0' x\n"
        "for n in $(seq 40); do head -c 20000 /dev/zero | tr '\\0' y | bsub; done\n"
    )
    assert len(tried.stdout) == 32 * 1024 and tried.exit_code == 0
    assert 1 < len(tried.bsub) < 40 and sum(len(call.stdin) for call in tried.bsub) <= 64 * 1024
    text = check(tried, "dry run")[1]
    assert "the first 32 KiB are shown" in text and "not every call is shown" in text


@pytest.mark.parametrize(
    ("text", "mode", "name", "said"),
    [
        ("#!/bin/sh\r\nbsub true\r\n", 0o755, "line ends", "Windows line ends in 2 of 3 lines, first in line 1"),
        ("#!/bin/sh\nbsub true\r\n", 0o755, "line ends", "first in line 2"),
        ("#!/bin/sh\nbsub true\n", 0o644, "rights", "not executable; `chmod +x "),
        ("#!/no/such/shell\nbsub true\n", 0o755, "interpreter", "interpreter missing: /no/such/shell"),
        ("#!/usr/bin/env no-such-shell\n", 0o755, "interpreter", "interpreter missing: no-such-shell"),
        ("#!/bin/bash\nif true; then\nbsub true\n", 0o755, "syntax", "syntax error"),
        ("#!/bin/sh\nif true; then\nbsub true\n", 0o755, "syntax", "Syntax error"),
        (f"#!{sys.executable}\nprint('a'\n", 0o755, "syntax", "SyntaxError: '(' was never closed"),
    ],
)
async def test_what_cannot_work_is_named_and_the_script_not_run(
    bench: Bench, text: str, mode: int, name: str, said: str
) -> None:
    tried = await bench.tried(text, mode)
    ok, found = check(tried, name)
    assert ok is False and said.casefold() in found.casefold(), found
    assert check(tried, "dry run") == (None, f"not run because of what was found: {name}")
    assert (tried.exit_code, tried.bsub) == (None, [])
    assert not list(bench.folder.rglob("*.pyc")), "nothing is written beside the script"


async def test_what_is_no_script_for_a_shell_or_python_is_not_checked_for_syntax(bench: Bench) -> None:
    tried = await bench.tried('#!/usr/bin/env -S awk -f\nBEGIN { system("bsub true") }\n')
    assert check(tried, "syntax") == (None, "not checked: awk")
    assert len(tried.bsub) == 1, tried
    program = await bench.tried(PROGRAM)
    assert check(program, "interpreter") == (None, "not a script: a program needs none")
    assert program.exit_code == 0


async def test_what_is_not_utf_8_can_be_answered(bench: Bench) -> None:
    tried = await bench.tried(b"#!/no/such/\xff\nbsub true\n")
    assert check(tried, "interpreter") == (False, "interpreter missing: /no/such/\ufffd")
    encode(tried)
    odd = await bench.tried(
        b"#!/bin/bash\nprintf '\\xff\\n'\nbsub $'\\xfe' <<<$'\\xfd'\nbsub <<<$'\\xfd'\n"
        b"notes=$LSF_BINDIR/../calls.jsonl\n"
        b'echo \'{"command": "bsub", "arguments": 7}\' >>$notes\n'
        b'echo \'{"command": "bsub", "arguments": ["\\ud800"], "stdin": ""}\' >>$notes\necho half >>$notes\n'
    )
    encode(odd)
    assert odd.stdout.startswith("\ufffd\n")
    assert odd.bsub == [StubCall(arguments=["\ufffd"], stdin=""), StubCall(arguments=[], stdin="\ufffd\n")]


@pytest.mark.parametrize("put", ["mkfifo", "mkdir", "ln -s /dev/zero"])
async def test_whatever_stands_where_the_calls_are_noted_holds_nobody_up(bench: Bench, put: str) -> None:
    tried = await bench.tried(f"#!/bin/sh\n{put} $LSF_BINDIR/../calls.jsonl\n")
    assert (tried.exit_code, tried.bsub) == (0, [])


async def test_a_path_without_a_file_is_named(bench: Bench) -> None:
    gone = await bench.trying.try_out(question(str(bench.folder / "gone.sh")))
    assert check(gone, "path") == (False, "not there") and check(gone, "rights") == (None, "not checked")
    bench.trying = Trying(settings_for(SCRIPT_ROOTS="/reg/g"), bench.environment, bench.hands)
    outside = await bench.tried("#!/bin/sh\nbsub true\n")
    assert check(outside, "path") == (False, "not below an allowed folder: /reg/g") and not outside.bsub


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{real} -q psanaq true", "it calls bsub by its path, {real} (line 3)"),
        ('"$LSF_HOME/bin/bsub" true', "it calls bsub by its path, $LSF_HOME/bin/bsub (line 3)"),
        (". /opt/lsf/conf/profile.lsf; bsub true", "it reads /opt/lsf/conf/profile.lsf (line 3)"),
        ("source ~/.bash_profile && bsub true", "it reads ~/.bash_profile (line 3)"),
        ("module load python lsf/10.1\nbsub true", "it loads the module lsf/10.1 (line 3)"),
        ("bash -lc 'bsub true'", "it starts a login shell (line 3)"),
    ],
)
async def test_a_script_that_could_find_the_real_bsub_is_not_run(bench: Bench, line: str, said: str) -> None:
    tried = await bench.tried(f"#!/bin/bash\n# as with /opt/lsf/bin/bsub\n{line.format(real=bench.real)}\n")
    ok, text = check(tried, "dry run")
    assert ok is None and text.startswith("not run, it could really submit: ")
    assert said.format(real=bench.real) in text and tried.exit_code is None


async def test_a_login_shell_as_interpreter_is_not_run_either(bench: Bench) -> None:
    assert "login shell (line 1)" in check(await bench.tried("#!/bin/bash -l\nbsub true\n"), "dry run")[1]
    assert (await bench.tried("#!/bin/bash -e\nls -l >/dev/null\nbsub true\n")).bsub


async def test_a_real_bsub_that_answers_all_the_same_is_said_loudly(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    tried = await bench.tried(f"#!/bin/sh\nPATH={bench.real.parent}:/usr/bin:/bin\nbsub true\n")
    ok, text = check(tried, "dry run")
    assert ok is False and text.startswith("LOOK AT ONCE WHETHER JOB 4711 IS IN LSF")
    assert bench.submitted.read_text().strip().startswith(str(bench.temporary)), "LSF_ENVDIR names an empty folder"


async def test_the_embedded_scheduler_is_not_asked_either(bench: Bench, tmp_path: Path) -> None:
    folder = install(tmp_path / "embedded", 1)
    bench.hands._environment["PATH"] = f"{folder}:{os.environ['PATH']}"
    assert len((await bench.tried("#!/bin/sh\nbsub sleep 1\nbkill 0\n")).bsub) == 1
    by_path = await bench.tried(f"#!/bin/sh\n{folder}/bsub sleep 1\n")
    assert "it calls bsub by its path" in check(by_path, "dry run")[1]
    assert not (tmp_path / "embedded" / "journal").exists() and not (tmp_path / "embedded" / "socket").exists()


async def test_a_file_system_that_hangs_is_named(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trying, "LOOK_LIMIT", 0.5)
    with hanging_below(bench.folder) as hung:
        tried = await bench.trying.try_out(question(str(hung / "submit.sh")))
        assert check(tried, "path") == (False, f"{hung} does not answer") and not tried.bsub
    await over(bench.hands)


async def test_only_so_many_are_tried_at_once_and_none_a_second_time(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trying, "AT_ONCE", 1)
    script = bench.script('#!/bin/sh\necho x >>"$0.ran"\nwhile [ ! -e "$0.go" ]; do sleep 0.02; done\nbsub true\n')
    asked = question(script)
    first = asyncio.create_task(bench.trying.try_out(asked))
    await until(lambda: Path(f"{script}.ran").exists())
    with pytest.raises(OSError, match="1 other scripts are being tried"):
        await bench.trying.try_out(question(script))
    let_go(script)
    assert (await first).exit_code == 0
    with pytest.raises(OSError, match="made already"):
        await bench.trying.try_out(asked)
    assert ran(script) == "x\n"


@pytest.mark.parametrize("end", ["kill -9", "SIGTERM"])
async def test_nothing_of_a_dry_run_outlives_the_agent(
    agent: AgentProcess, manager: Manager, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    agent.start()
    script = agent.script("touch began\nsetsid sleep 600 &\nsleep 600\nbsub true\n")
    await manager.put(question(script))
    await until(lambda: (Path(script).parent / "began").exists())
    assert [one for one in temporary.iterdir() if one.name.startswith(PREFIX)]
    assert not list(agent.spool.rglob("record")), "nothing of it is in the spool"
    if end == "kill -9":
        agent.kill()
    else:
        assert await agent.end() == 0
    await until(lambda: not processes_of(tmp_path))
    await until(lambda: not list(temporary.iterdir()))
    assert not agent.farm.calls("bsub")


async def test_a_try_holds_up_neither_logs_nor_submissions(agent: AgentProcess, manager: Manager) -> None:
    agent.start()
    script = agent.script('while [ ! -e "$0.go" ]; do sleep 0.02; done\nbsub true\n')
    asked = question(script)
    await manager.put(asked)
    job = await agent.submit("exec bsub true\n")
    await manager.until(lambda: manager.ids_of(job))
    other = await manager.ask(question(agent.script("bsub other\n", "other.sh")))
    assert other.tried is not None and other.tried.exit_code == 0, other.error
    assert asked.id not in manager.answers
    let_go(script)
    await manager.until(lambda: asked.id in manager.answers)
    assert len(agent.farm.calls("bsub")) == 1
