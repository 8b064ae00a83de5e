"""Runs one submit script, once, and outlives the agent that started it.

Standard input is the record of the submission (`lsf_agent.runner.record`), standard output and error are the files that
the script prints into: files, so that nobody's death breaks a pipe. Added to the record:

| line | meaning |
|---|---|
| `began` | on disk before the script starts: whoever finds it never runs the script again |
| `surroundings` | the folder and the environment that the script gets |
| `script` | its process id (also of its process group) and what tells it from a later one; sha256, time of change |
| `call`, `answer` | what the shim before bsub has noted |
| `ended` | exit code (negative: signal), or the problem that there is none |
"""

import errno
import hashlib
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lsf_agent.runner import record
from lsf_agent.runner.problems import folder_problem, script_problem
from lsf_agent.runner.shim import HIDERS
from lsf_agent.runner.surroundings import OURS, surroundings
from lsf_agent.runner.workspace import Workspace

TERMINATION_GRACE = 2.0
LOOK_LIMIT = 30.0
"""Seconds within which the script's file system must answer."""
RELAY = 0.1
"""Seconds between two looks at what the shim has noted."""
OUTPUT_CEILING = 64 * 1024 * 1024
"""Bytes a script may print before it has submitted anything; a loop that prints would fill the disk otherwise."""
HASHED_AT_MOST = 64 * 1024 * 1024
END_RETRIES = 3600
LINE_LIMIT = 64 * 1024
STDOUT, STDERR = 1, 2


def main(_: dict[str, Any]) -> int:
    """Exit code 0: the script has been dealt with; 1: nothing was run and it may be tried again. Of the plans in the
    record the last one counts."""
    umask = os.umask(0o077)
    if not record.lock():
        return 0
    lines = record.lines()
    if any(line.get("event") == "began" for line in lines):
        return 0
    plan = [line for line in lines if line.get("do") == "script"][-1]
    environment = script_environment(os.environ, plan["environment"])
    folder = str(Path(plan["working_directory"]).expanduser())
    told = surroundings(environment, plan.get("given", plan["environment"]))
    workspace = Workspace(plan["workspace"], plan["tag"], environment["PATH"])
    try:
        if shutil.which("bsub", path=environment["PATH"]):
            environment["PATH"] = os.pathsep.join([str(workspace.bin), environment["PATH"]])
        record.append({"event": "began", "at": record.now(), "host": socket.gethostname()})
        with suppress(OSError):  # worth less than the script
            record.append({"event": "surroundings", "folder": folder, "environment": told})
        run = Run(plan, environment, folder, workspace, umask)
        outcome = run.outcome()
        run.relay()
        _insist(lambda: record.append({"event": "ended", "at": record.now(), **outcome}))
    finally:
        workspace.close()
    return 0


def script_environment(inherited: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """What the script gets: ours without our settings and without what sudo says of itself, and what is given."""
    merged = {**inherited, **given}
    environment = {name: value for name, value in merged.items() if not name.startswith(OURS) and name not in HIDERS}
    environment["PATH"] = environment.get("PATH") or os.defpath
    return environment


class Run:
    """The one run of the script."""

    def __init__(
        self, plan: dict[str, Any], environment: dict[str, str], folder: str, workspace: Workspace, umask: int
    ) -> None:
        self._plan = plan
        self._environment = environment
        self._folder = folder
        self._workspace = workspace
        self._umask = umask
        self._submitted = re.compile(plan["submitted"].encode(), re.MULTILINE)
        self._told = False

    def outcome(self) -> dict[str, Any]:
        executable, folder = self._plan["executable"], self._folder
        problem, fingerprint = self._look(executable, folder)
        if problem is not None:
            return _outcome(problem=problem)
        try:
            script = _start(
                [executable, *self._plan["arguments"]], folder, self._environment, (STDOUT, STDERR), self._umask
            )
        except (OSError, ValueError) as error:
            return _outcome(problem=f"cannot be started: {getattr(error, 'strerror', None) or error}")
        with suppress(OSError):  # worth less than watching over a script that runs already
            record.append({"event": "script", "pid": script.pid, "started": started(script.pid), **fingerprint})
        return self._wait(script)

    def _look(self, executable: str, folder: str) -> tuple[str | None, dict[str, Any]]:
        """The script's problem and fingerprint, from a thread: a file system that hangs must not hold us for ever."""
        found: list[tuple[str | None, dict[str, Any]]] = []

        def look() -> None:
            roots = self._plan["roots"]
            problem = script_problem(executable, self._environment["PATH"], roots) or folder_problem(folder)
            found.append((problem, {} if problem else _fingerprint(executable)))

        thread = threading.Thread(target=look, daemon=True)
        thread.start()
        thread.join(min(LOOK_LIMIT, self._plan["timeout"]))
        return found[0] if found else (f"{Path(executable).parent} does not answer", {})

    def _wait(self, script: subprocess.Popen[bytes]) -> dict[str, Any]:
        deadline = time.monotonic() + self._plan["timeout"]
        while True:
            try:
                code = script.wait(min(RELAY, max(0.0, deadline - time.monotonic())))
            except subprocess.TimeoutExpired:
                self.relay()
            else:
                self._linger(script.pid, deadline)
                return _outcome(exit_code=code)
            expired = time.monotonic() >= deadline
            if expired or _printed() > OUTPUT_CEILING:
                break
        if not (self._told or has_submitted(self._submitted)):
            return self._stop(script, expired)
        while script.poll() is None:
            self.relay()
            time.sleep(RELAY)
        return _outcome(exit_code=script.wait())

    def _linger(self, group: int, deadline: float) -> None:
        """A bsub that the script left behind and that has told no id yet may be about to submit."""
        while self._workspace.under_way():
            if time.monotonic() >= deadline:
                _signal(group, signal.SIGKILL)
                return
            self.relay()
            time.sleep(RELAY)

    def _stop(self, script: subprocess.Popen[bytes], expired: bool) -> dict[str, Any]:
        exit_code = _terminate(script)
        problem = None if expired else f"printed more than {OUTPUT_CEILING // 2**20} MiB without submitting"
        return _outcome(exit_code=exit_code, timed_out=expired, problem=problem)

    def relay(self) -> None:
        """What the shim has noted goes into the record. A full disk holds it back; the end waits for it."""
        with suppress(OSError):
            for note in self._workspace.news():
                record.append(note)
                said = f"{note.get('stdout')}\n{note.get('stderr')}"
                self._told = self._told or self._submitted.search(said.encode(errors="replace")) is not None


def _fingerprint(executable: str) -> dict[str, Any]:
    facts = Path(executable).stat()
    changed = datetime.fromtimestamp(facts.st_mtime, UTC).isoformat()
    if facts.st_size > HASHED_AT_MOST:
        return {"sha256": None, "modified_at": changed}
    try:
        with Path(executable).open("rb") as script:
            return {"sha256": hashlib.file_digest(script, "sha256").hexdigest(), "modified_at": changed}
    except OSError:
        return {"sha256": None, "modified_at": changed}


def _start(
    argv: list[str], folder: str, environment: dict[str, str], outputs: tuple[int, int], umask: int
) -> subprocess.Popen[bytes]:
    def start(words: list[str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            words,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=outputs[0],
            stderr=outputs[1],
            start_new_session=True,
            umask=umask,
        )

    try:
        return start(argv)
    except OSError as error:
        if error.errno != errno.ENOEXEC:
            raise
        return start(["/bin/sh", *argv])


def started(pid: int) -> str | None:
    """What tells this process from a later one with the same id: the machine's life and the time within it."""
    try:
        life = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return None
    return f"{life} {ticks}"


def _printed() -> int:
    return sum(os.fstat(output).st_size for output in (STDOUT, STDERR))


def has_submitted(submitted: re.Pattern[bytes]) -> bool:
    """Whether a line of either output tells an LSF ID."""
    return any(submitted.search(line) for output in (STDOUT, STDERR) for line in _lines(output))


def _lines(output: int) -> Iterator[bytes]:
    """Of a file that we may only have as a descriptor; a long line in bounded pieces."""
    offset, rest = 0, b""
    while piece := os.pread(output, LINE_LIMIT, offset):
        offset += len(piece)
        *lines, rest = (rest + piece).split(b"\n")
        yield from lines
        rest = rest[-LINE_LIMIT:]
    yield rest


def _terminate(script: subprocess.Popen[bytes]) -> int:
    _signal(script.pid, signal.SIGTERM)
    try:
        exit_code = script.wait(TERMINATION_GRACE)
    except subprocess.TimeoutExpired:
        exit_code = None
    _signal(script.pid, signal.SIGKILL)
    return script.wait() if exit_code is None else exit_code


def _signal(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, number)


def _outcome(*, exit_code: int | None = None, timed_out: bool = False, problem: str | None = None) -> dict[str, Any]:
    return {"exit_code": exit_code, "timed_out": timed_out, "problem": problem}


def _insist(write: Callable[[], None]) -> None:
    """Tries for an hour: on a full disk the end is worth waiting for, and the held lock says that we do."""
    for _ in range(END_RETRIES):
        try:
            write()
        except OSError:
            time.sleep(1.0)
        else:
            return
