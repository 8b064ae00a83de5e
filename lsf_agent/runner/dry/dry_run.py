"""Runs a submit script once with a `bsub` that only prints. Nothing of it goes into the spool.

The script runs as it would for a job: the same argument list, environment, working directory and user, no shell, a
session of its own, nothing on standard input. But a private folder stands first on its PATH, with stubs of bsub and of
the other commands that change something in LSF (`lsf_agent.runner.dry.stub`); LSF_ENVDIR and LSF_SERVERDIR name an
empty folder, so that a real bsub finds no cluster; LSF_BINDIR names the folder of the stubs; and reports go to an
address of our own where they are counted and dropped.

What a dry run cannot promise: whatever else the script does is done. It writes and removes its files, sends its mails,
calls other machines. A program that it starts may find a bsub by its path, or may set LSF's variables anew; only the
script's own text is looked at for that. What it would do with the answers of a real bsub, bjobs or bqueues is not seen.

The runner ends the script and all that came from it, whatever they have made of themselves: at the time limit, when the
script has ended, and when standard input closes, as it does when the agent dies. Should the runner itself be killed,
the kernel kills the script; what that has started may live on, with the stubs still first on its PATH.
"""

import errno
import json
import os
import select
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from lsf_agent.runner.answers import answer, bounded
from lsf_agent.runner.command import Stream
from lsf_agent.runner.dry import stub
from lsf_agent.runner.dry.closely import READ_AT_MOST
from lsf_agent.runner.dry.descendants import adopt_orphans, dies_with_us, end_all
from lsf_agent.runner.dry.past_the_stub import leads_past
from lsf_agent.runner.dry.sink import Sink
from lsf_agent.runner.script import script_environment
from lsf_agent.runner.workspace import private_folder

PREFIX = "batchboard-try-"
GRACE = 1.0
"""Seconds that what the script left behind may still work after its end."""
END_LIMIT = 2.0
ABANDONED = 600.0
"""Seconds after which the folder of a runner that was killed is nobody's."""
CALLS_LIMIT = 64 * 1024
"""Bytes of the calls that are told."""
AT_THE_LATEST = 8.0
"""Seconds beyond the limit in which all must be over."""


def main(request: dict[str, Any]) -> int:
    """`executable`, `arguments`, `environment` (empty values: addresses to post to), `folder` (working directory),
    `limit` (seconds), `output_limit` (bytes of each stream).

    Answers `{"refused"}`, why it was not run, or `{"exit_code" (null: it was ended), "timed_out", "problem", "stdout",
    "stderr", "cut", "calls": [{"command", "arguments", "stdin"}], "calls_cut", "posts", "killed"}`.
    """
    bounded(request["limit"] + AT_THE_LATEST)
    return answer(lambda: dry_run(request))


def dry_run(request: dict[str, Any]) -> dict[str, Any]:
    """Raises OSError when there is no place for the stubs, or the script cannot be started."""
    with Path(request["executable"]).open("rb") as script:
        refused = leads_past(script.read(READ_AT_MOST))
    if refused:
        return {"refused": refused}
    adopt_orphans()
    _sweep()
    folder, sink = private_folder(PREFIX), Sink()
    try:
        _write_stubs(folder)
        environment = surroundings(os.environ, request["environment"], folder, sink.address)
        return {"refused": None, **_run(request, environment, folder, sink)}
    finally:
        end_all(0.0, END_LIMIT)
        sink.close()
        shutil.rmtree(folder, ignore_errors=True)


def surroundings(inherited: Mapping[str, str], given: Mapping[str, str], folder: Path, address: str) -> dict[str, str]:
    """What the script gets."""
    environment = script_environment(inherited, {name: value or address for name, value in given.items()})
    stubs, empty = str(folder / "bin"), str(folder / "empty")
    return {
        **environment,
        "PATH": os.pathsep.join([stubs, environment["PATH"]]),
        "LSF_BINDIR": stubs,
        "LSF_ENVDIR": empty,
        "LSF_SERVERDIR": empty,
    }


def _sweep() -> None:
    """Folders of runners that were killed."""
    for place in (Path(tempfile.gettempdir()), Path.home() / ".batchboard"):
        with suppress(OSError):
            for found in place.glob(f"{PREFIX}*"):
                facts = found.lstat()
                if facts.st_uid == os.geteuid() and facts.st_mtime < time.time() - ABANDONED:
                    shutil.rmtree(found, ignore_errors=True)


def _write_stubs(folder: Path) -> None:
    (folder / "bin").mkdir(mode=0o700)
    (folder / "empty").mkdir(mode=0o700)
    python, program, place = (shlex.quote(str(word)) for word in (sys.executable, stub.__file__, folder))
    for command in stub.COMMANDS:
        launcher = folder / "bin" / command
        launcher.write_text(f'#!/bin/sh\nexec {python} -I -S {program} {place} {command} "$@"\n')
        launcher.chmod(0o700)


def _run(request: dict[str, Any], environment: dict[str, str], folder: Path, sink: Sink) -> dict[str, Any]:
    script = _start([request["executable"], *request["arguments"]], environment, request["folder"])
    streams = [Stream(stream, request["output_limit"]) for stream in (script.stdout, script.stderr)]
    sink.start()
    ended = _wait(script, time.monotonic() + request["limit"])
    killed = end_all(GRACE if ended else 0.0, END_LIMIT)
    for stream in streams:
        stream.thread.join(GRACE)
    calls, calls_cut = _calls(folder / "calls.jsonl")
    return {
        "exit_code": script.returncode if ended else None,
        "timed_out": not ended,
        "stdout": bytes(streams[0].kept).decode(errors="replace"),
        "stderr": bytes(streams[1].kept).decode(errors="replace"),
        "cut": any(stream.cut for stream in streams),
        "calls": calls,
        "calls_cut": calls_cut,
        "posts": sink.posts,
        "killed": killed if ended else 0,
    }


def _start(argv: list[str], environment: dict[str, str], folder: str) -> "subprocess.Popen[bytes]":
    def start(words: list[str]) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            words,
            cwd=str(Path(folder).expanduser()),
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=dies_with_us(),
        )

    try:
        return start(argv)
    except OSError as error:
        if error.errno != errno.ENOEXEC:
            raise
        return start(["/bin/sh", *argv])


def _wait(script: "subprocess.Popen[bytes]", deadline: float) -> bool:
    """Whether it has ended by itself: before the deadline, and before whoever asked has gone."""
    while script.poll() is None:
        if time.monotonic() >= deadline:
            return False
        readable, _, _ = select.select([0], [], [], 0.03)
        if readable and not os.read(0, 4096):
            return False
    return True


def _calls(notes: Path) -> tuple[list[dict[str, Any]], bool]:
    """The calls of the stubs, in order, and whether there were more than are told. Whatever the script has put in the
    place of the notes holds nobody up."""
    try:
        descriptor = os.open(notes, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            lines = file.read(4 * CALLS_LIMIT).split(b"\n")
    except FileNotFoundError:
        return [], False
    except OSError:
        return [], True
    calls: list[dict[str, Any]] = []
    size = 0
    cut = bool(lines[-1])
    for line in lines[:-1]:
        size += len(line)
        if size > CALLS_LIMIT:
            cut = True
            break
        if (call := _call(line)) is not None:
            calls.append(call)
    return calls, cut


def _call(line: bytes) -> dict[str, Any] | None:
    """None: not one of ours. The script may have written there, too."""
    with suppress(ValueError):
        call = json.loads(line)
        if isinstance(call, dict) and isinstance(words := call.get("arguments"), list):
            texts = [call.get("command"), call.get("stdin"), *words]
            if all(isinstance(text, str) for text in texts):
                "".join(texts).encode()  # a half of a character could not be sent on
                return call
    return None
