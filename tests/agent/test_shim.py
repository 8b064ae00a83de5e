"""The bsub before the real one: what it adds, what it notes, and that nothing else is changed."""

import json
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lsf_agent.runner.arguments import Arguments, understood
from lsf_agent.runner.workspace import Workspace, under_way
from lsf_agent.submission.record import Reader, Story

REAL = """#!{python} -IS
import json, os, sys
seen = {{"argv": sys.argv[1:], "path": os.environ["PATH"], "tries": os.environ.get("LSB_NTRIES"),
    "hiders": [name for name in ("BSUB_QUIET", "BSUB_STDERR") if name in os.environ]}}
if os.path.exists({folder!r} + "/reads"):
    seen["stdin"] = sys.stdin.buffer.read().hex()
with open({folder!r} + "/seen.new", "w") as file:
    json.dump(seen, file)
os.rename({folder!r} + "/seen.new", {folder!r} + "/seen")
{does}
"""
SUBMITS = 'print("Job <7> is submitted to queue <q>.")'
TAG = "bb.main.6921c2d1a0b1c2d3e4f50617"


@dataclass
class Site:
    """A real bsub of which tests say what it does, behind the shim."""

    folder: Path

    def __post_init__(self) -> None:
        (self.folder / "real").mkdir()
        self.does(SUBMITS)
        self.path = f"{self.folder}/real:/usr/bin:/bin"
        (self.folder / "workspace").mkdir()
        self.workspace = Workspace(str(self.folder / "workspace"), TAG, self.path)

    def does(self, what: str) -> None:
        path = self.folder / "real" / "bsub"
        path.write_text(REAL.format(python=sys.executable, folder=str(self.folder), does=what))
        path.chmod(0o755)

    def reads_stdin(self) -> None:
        (self.folder / "reads").touch()

    @property
    def environment(self) -> dict[str, str]:
        return {"PATH": f"{self.workspace.bin}:{self.path}", "HOME": str(self.folder)}

    def sh(self, text: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/bin/sh", "-c", text],
            env=self.environment | environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=20,
        )

    @property
    def seen(self) -> dict[str, Any]:
        """What the real bsub was started with, the last time."""
        found: dict[str, Any] = json.loads((self.folder / "seen").read_text())
        return found

    @property
    def story(self) -> Story:
        story = Story()
        Reader(self.workspace.folder / "calls.jsonl").read(story)
        return story


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.mark.parametrize(
    ("words", "nameless", "name", "command"),
    [
        ("true", True, None, "true"),
        ("-q psanaq -o logs/%J ./run.sh -J x", True, None, "./run.sh -J x"),
        ("-n 4 -W 1:00 -x -K -r true", True, None, "true"),
        ("-n4 -W1:00 true", True, None, "true"),
        ("-I true", True, None, "true"),
        ("", True, None, ""),
        ("-q psanaq", True, None, ""),
        ("-J mine true", False, "mine", ""),
        ("-q a -J mine true", False, "mine", ""),
        ("-Jmine true", False, "mine", ""),
        ("-Jd description true", False, None, ""),
        ("-q", False, None, ""),
        ("-pack jobs", False, None, ""),
        ("-json job.json", False, None, ""),
        ("-unheard-of x -J mine true", False, "mine", ""),
        ("-qpsanaq true", False, None, ""),
        ("-- true", False, None, ""),
        ("-V", False, None, ""),
        ("-h", False, None, ""),
    ],
)
def test_a_tag_is_given_only_when_all_options_are_understood(
    words: str, nameless: bool, name: str | None, command: str
) -> None:
    found = understood(words.split())
    reads = nameless and not command
    assert found == Arguments(nameless, name, tuple(command.split()), reads)


def test_the_call_carries_a_tag_and_is_noted_before_and_after(site: Site) -> None:
    done = site.sh("bsub -q a ./x 'b c'")
    assert (done.returncode, done.stdout, done.stderr) == (0, "Job <7> is submitted to queue <q>.\n", "")
    assert site.seen["argv"] == ["-J", f"{TAG}.1", "-q", "a", "./x", "b c"]
    (call,) = site.story.calls
    assert (call.number, call.tag, call.name, call.exit_code) == (1, f"{TAG}.1", None, 0)
    assert call.lsf_ids == ("7",) and call.told_at is not None and call.ended_at is not None
    assert call.called_at <= call.told_at <= call.ended_at


def test_every_call_has_a_number_of_its_own(site: Site) -> None:
    site.sh("bsub a & bsub b & bsub c & wait; bsub d")
    assert [call.tag for call in site.story.calls] == [f"{TAG}.{number}" for number in (1, 2, 3, 4)]
    assert all(call.ended_at for call in site.story.calls)


def test_a_users_own_name_stays_and_is_noted(site: Site) -> None:
    site.sh("bsub -J 'my job' true")
    assert site.seen["argv"] == ["-J", "my job", "true"]
    (call,) = site.story.calls
    assert (call.tag, call.name, call.exit_code) == (None, "my job", 0)


def test_a_name_that_is_not_text_is_noted_as_well_as_it_can_be(site: Site) -> None:
    site.sh("bsub -J \"$(printf 'a\\351b')\" true")
    assert site.story.calls[0].name == "a\ufffdb"


@pytest.mark.parametrize("option", ["#BSUB -q a -J inside", "#BSUB -Jinside", "  # BSUB -J inside", "#BSUB -pack f"])
@pytest.mark.parametrize(
    "how", ["bsub < job.sh", "cat job.sh | bsub", "bsub <<END\n$(cat job.sh)\nEND", "bsub ./job.sh"]
)
def test_a_script_that_names_its_job_gets_no_tag(site: Site, how: str, option: str) -> None:
    (site.folder / "job.sh").write_text(f"#!/bin/sh\n{option}\necho hi\n")
    if how != "bsub ./job.sh":
        site.reads_stdin()
    site.sh(how)
    assert site.story.calls[0].tag is None and "-J" not in site.seen["argv"]


@pytest.mark.parametrize(
    "how", ["bsub -q a < job.sh", "cat job.sh | bsub -q a", "(read line; exec bsub -q a) < job.sh"]
)
def test_a_script_on_standard_input_reaches_bsub_byte_for_byte(site: Site, how: str) -> None:
    text = b"#!/bin/sh\n#BSUB -q b\necho -J\n\xff\0 end" + b"x" * 300_000
    (site.folder / "job.sh").write_bytes(text)
    site.reads_stdin()
    assert site.sh(how).returncode == 0
    assert site.seen["argv"] == ["-J", f"{TAG}.1", "-q", "a"]
    given = bytes.fromhex(site.seen["stdin"])
    assert given == text or ("read line" in how and text.endswith(given))


def test_a_loop_over_a_list_keeps_its_list(site: Site) -> None:
    (site.folder / "list").write_text("a\nb\nc\n")
    done = site.sh("while read x; do bsub echo $x >/dev/null; echo $x; done < list")
    assert done.stdout == "a\nb\nc\n" and len(site.story.calls) == 3


def test_streams_and_exit_code_pass_unchanged(site: Site) -> None:
    site.does('print("out"); print("nosuchq: No such queue. Job not submitted.", file=sys.stderr); sys.exit(255)')
    done = site.sh("bsub true")
    assert (done.returncode, done.stdout) == (255, "out\n")
    assert done.stderr == "nosuchq: No such queue. Job not submitted.\n"
    (call,) = site.story.calls
    assert (call.exit_code, call.stdout, call.stderr) == (255, done.stdout, done.stderr)


def test_much_output_passes_whole_and_is_noted_in_part(site: Site) -> None:
    site.does('sys.stdout.write("x" * 3_000_000)')
    assert len(site.sh("bsub true").stdout) == 3_000_000
    assert len(site.story.calls[0].stdout) == 65536


def test_a_signal_that_kills_bsub_kills_the_shim(site: Site) -> None:
    site.does("os.kill(os.getpid(), 11)")
    done = subprocess.run(
        [site.workspace.bin / "bsub", "true"], env=site.environment, capture_output=True, timeout=20, check=False
    )
    assert done.returncode == -signal.SIGSEGV and site.story.calls[0].exit_code == -signal.SIGSEGV


def test_a_signal_for_the_shim_reaches_bsub(site: Site) -> None:
    site.does("import time; time.sleep(600)")
    running = subprocess.Popen([site.workspace.bin / "bsub", "true"], env=site.environment)
    until(lambda: (site.folder / "seen").exists())
    assert under_way(site.workspace.folder) == {1}
    running.terminate()
    assert running.wait(10) == -signal.SIGTERM
    assert site.story.calls[0].exit_code == -signal.SIGTERM and not under_way(site.workspace.folder)


def test_a_call_is_under_way_while_bsub_lives_though_the_shim_is_killed(site: Site) -> None:
    gate = site.folder / "gate"
    site.does(f"import time\nwhile not os.path.exists({str(gate)!r}): time.sleep(0.02)")
    running = subprocess.Popen([site.workspace.bin / "bsub", "true"], env=site.environment)
    until(lambda: (site.folder / "seen").exists())
    running.kill()
    running.wait()
    assert under_way(site.workspace.folder) == {1} and site.story.calls[0].ended_at is None
    gate.touch()
    until(lambda: not under_way(site.workspace.folder))


def test_an_id_is_noted_though_the_script_swallows_it(site: Site) -> None:
    assert site.sh("id=$(bsub true 2>&1); bsub true >/dev/null 2>&1").stdout == ""
    assert [call.lsf_ids for call in site.story.calls] == [("7",), ("7",)]


def test_an_id_is_noted_while_bsub_waits_for_the_job(site: Site) -> None:
    site.does(SUBMITS.replace(")", ", flush=True)") + "; import time; time.sleep(600)")
    running = subprocess.Popen(
        [site.workspace.bin / "bsub", "-K", "true"], env=site.environment, stdout=subprocess.DEVNULL
    )
    until(lambda: site.story.calls and site.story.calls[0].told_at)
    (call,) = site.story.calls
    assert call.lsf_ids == ("7",) and call.ended_at is None and call.exit_code is None
    running.terminate()
    running.wait(10)
    assert site.story.calls[0].ended_at is not None and site.story.calls[0].told_at == call.told_at


def test_what_cannot_be_noted_does_not_stop_a_submission(site: Site) -> None:
    (site.workspace.folder / "calls").rmdir()
    done = site.sh("bsub -q a true")
    assert done.returncode == 0 and done.stdout.startswith("Job <7>")
    assert site.seen["argv"] == ["-q", "a", "true"]


def test_without_the_shim_the_real_bsub_is_called(site: Site) -> None:
    launcher = site.workspace.bin / "bsub"
    launcher.write_text(launcher.read_text().replace("shim.py", "gone.py"))
    assert site.sh("bsub -q a true").returncode == 0
    assert site.seen["argv"] == ["-q", "a", "true"]


def test_a_reader_that_has_gone_does_not_stop_bsub(site: Site) -> None:
    site.does("import time; time.sleep(0.3); " + SUBMITS)
    site.sh("bsub true | true; while ! [ -s seen ]; do sleep 0.02; done")
    until(lambda: site.story.calls and site.story.calls[0].ended_at)
    assert site.story.calls[0].lsf_ids == ("7",)


def test_the_job_inherits_a_path_without_our_folder_and_no_hiders(site: Site) -> None:
    site.sh("bsub true", BSUB_QUIET="1", BSUB_STDERR="Y")
    assert site.seen["path"] == site.path and site.seen["hiders"] == []


def test_bsub_tries_once_unless_it_is_told_otherwise(site: Site) -> None:
    site.sh("bsub true")
    assert site.seen["tries"] == "1"
    site.sh("bsub true", LSB_NTRIES="4")
    assert site.seen["tries"] == "4"


def test_without_a_real_bsub_it_is_not_found(site: Site) -> None:
    (site.folder / "real" / "bsub").unlink()
    done = site.sh("bsub true")
    assert (done.returncode, done.stderr) == (127, "bsub: command not found\n")


def until(holds: Any, limit: float = 10.0) -> None:
    deadline = time.monotonic() + limit
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)
