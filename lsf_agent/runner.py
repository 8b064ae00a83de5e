"""Runs one submit script, once, and outlives the agent that started it: `python -I -S runner.py DIRECTORY`.

Standard library only. DIRECTORY holds `request.json` (what to run) and `run.json` (how); the runner adds

| file | meaning |
|---|---|
| `lock` | flock held while the runner lives; the script does not inherit it |
| `began` | created exclusively before the script starts: whoever finds it never runs the script again |
| `script.json` | the script's process id (also of its process group), sha256 and time of change |
| `stdout`, `stderr` | what the script prints; files, so that nobody's death breaks a pipe |
| `bin/bsub` | a shim, first on the script's PATH, that notes in `bsub_called` when the real bsub is called |
| `ended.json` | the end: exit code (negative: signal), or the problem that there is none |
"""

import errno
import fcntl
import hashlib
import json
import os
import re
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path
from typing import Any

TERMINATION_GRACE = 2.0
LOOK_LIMIT = 30.0
"""Seconds within which the script's file system must answer."""
OUTPUT_CEILING = 64 * 1024 * 1024
"""Bytes a script may print before it has submitted anything; a loop that prints would fill the disk otherwise."""
HASHED_AT_MOST = 64 * 1024 * 1024
END_RETRIES = 3600
NOT_FOR_SCRIPTS = ("BSUB_STDERR", "BSUB_QUIET")
"""They would move or hide the line that holds the LSF ID."""


def main(directory: Path) -> int:
    """Exit code 0: the script has been dealt with; 1: nothing was run and it may be tried again."""
    umask = os.umask(0o077)
    lock = os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    if not _locked(lock):
        return 0
    request = json.loads((directory / "request.json").read_bytes())
    how = json.loads((directory / "run.json").read_bytes())
    environment = script_environment(os.environ, request["environment"], directory)
    with _output(directory, "stdout") as stdout, _output(directory, "stderr") as stderr:
        try:
            os.close(os.open(directory / "began", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            return 0
        _settle(directory)
        outcome = _run(directory, request, how, environment, (stdout.fileno(), stderr.fileno()), umask)
    _write_end(directory, outcome)
    return 0


def _locked(lock: int) -> bool:
    """Whether the lock is ours; the agent's short looks at it are waited for, another runner is not."""
    for _ in range(20):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.05)
        else:
            return True
    return False


def _output(directory: Path, name: str) -> FileIO:
    return os.fdopen(os.open(directory / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab", buffering=0)


def _settle(directory: Path) -> None:
    """Makes the names in `directory` durable."""
    folder = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def script_environment(inherited: Mapping[str, str], requested: Mapping[str, str], directory: Path) -> dict[str, str]:
    """What the script gets: our environment without our settings, the request's variables, PATH with the shim."""
    merged = {**inherited, **requested}
    environment = {
        name: value
        for name, value in merged.items()
        if not name.startswith("BATCHBOARD_") and name not in NOT_FOR_SCRIPTS
    }
    path = environment.get("PATH") or os.defpath
    bsub = shutil.which("bsub", path=path)
    if bsub is not None:
        path = os.pathsep.join([str(_shim(directory, bsub)), path])
    environment["PATH"] = path
    return environment


def _shim(directory: Path, bsub: str) -> Path:
    """Folder of a `bsub` that notes the time and becomes the real one, itself gone from the PATH that jobs inherit."""
    folder = directory / "bin"
    folder.mkdir(mode=0o700, exist_ok=True)
    called = shlex.quote(str(directory / "bsub_called"))
    mine = shlex.quote(str(folder) + os.pathsep)
    shim = folder / "bsub"
    shim.write_text(
        f"#!/bin/sh\ndate -u +%Y-%m-%dT%H:%M:%SZ 2>/dev/null >>{called} || :\n"
        f'PATH=${{PATH#{mine}}}\nexport PATH\nexec {shlex.quote(bsub)} "$@"\n'
    )
    shim.chmod(0o700)
    return folder


def _run(
    directory: Path,
    request: dict[str, Any],
    how: dict[str, Any],
    environment: dict[str, str],
    outputs: tuple[int, int],
    umask: int,
) -> dict[str, Any]:
    executable, working_directory = request["executable"], how["working_directory"]
    problem, fingerprint = _look(executable, working_directory, environment["PATH"], how["timeout"])
    if problem is not None:
        return _outcome(problem=problem)
    try:
        script = _start([executable, *request["arguments"]], working_directory, environment, outputs, umask)
    except (OSError, ValueError) as error:
        return _outcome(problem=f"cannot be started: {getattr(error, 'strerror', None) or error}")
    with suppress(OSError):  # worth less than watching over a script that runs already
        _write(directory / "script.json", {"pid": script.pid, **fingerprint})
    return _wait(script, directory, re.compile(how["submitted"].encode(), re.MULTILINE), how["timeout"])


def _look(executable: str, folder: str, path: str, timeout: float) -> tuple[str | None, dict[str, Any]]:
    """The script's problem and fingerprint, from a thread: a file system that hangs must not hold us for ever."""
    found: list[tuple[str | None, dict[str, Any]]] = []

    def look() -> None:
        problem = script_problem(executable, path) or folder_problem(folder)
        found.append((problem, {} if problem else _fingerprint(executable)))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    thread.join(min(LOOK_LIMIT, timeout))
    return found[0] if found else (f"{Path(executable).parent} does not answer", {})


def script_problem(executable: str, path: str) -> str | None:
    """Why `executable` cannot be run here, in plain words, or None. `path`: where `env` would search interpreters."""
    if not executable.startswith("/") or "\0" in executable:
        return "not an absolute path"
    try:
        facts = Path(executable).stat()
    except PermissionError:
        return f"folder cannot be entered: {_closed_folder(Path(executable))}"
    except OSError as error:
        gone = (errno.ENOENT, errno.ENOTDIR)
        return "not there" if error.errno in gone else f"cannot be looked at: {error.strerror}"
    if not stat.S_ISREG(facts.st_mode):
        return "not a file"
    if not os.access(executable, os.X_OK):
        return "not executable"
    try:
        with Path(executable).open("rb") as script:
            return _first_line_problem(script.read(4096), path)
    except OSError:
        return None


def _closed_folder(path: Path) -> Path:
    for folder in reversed(path.parents):
        if not os.access(folder, os.X_OK):
            return folder
    return path.parent


def _first_line_problem(start: bytes, path: str) -> str | None:
    line = start.split(b"\n", 1)[0]
    if b"\0" in line:
        return None
    if line.endswith(b"\r"):
        return "Windows line ends"
    if not line.startswith(b"#!"):
        return None
    words = [os.fsdecode(word) for word in line[2:].split()]
    if not words:
        return "interpreter missing: the first line names none"
    interpreter = Path(words[0])
    if not (interpreter.is_file() and os.access(interpreter, os.X_OK)):
        return f"interpreter missing: {interpreter}"
    if interpreter.name == "env" and len(words) > 1 and re.fullmatch(r"[^-=][^=]*", words[1]):
        return None if shutil.which(words[1], path=path) else f"interpreter missing: {words[1]}"
    return None


def folder_problem(folder: str) -> str | None:
    """Why `folder` cannot be a working directory, or None."""
    if not Path(folder).is_dir():
        return f"working directory not there: {folder}"
    return None if os.access(folder, os.X_OK) else f"folder cannot be entered: {folder}"


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


def _wait(
    script: subprocess.Popen[bytes], directory: Path, submitted: re.Pattern[bytes], timeout: float
) -> dict[str, Any]:
    deadline = time.monotonic() + timeout
    while True:
        try:
            return _outcome(exit_code=script.wait(min(1.0, max(0.0, deadline - time.monotonic()))))
        except subprocess.TimeoutExpired:
            expired = time.monotonic() >= deadline
            flooded = _printed(directory) > OUTPUT_CEILING
        if expired or flooded:
            break
    if has_submitted(directory, submitted):
        return _outcome(exit_code=script.wait())
    exit_code = _terminate(script)
    problem = None if expired else f"printed more than {OUTPUT_CEILING // 2**20} MiB without submitting"
    return _outcome(exit_code=exit_code, timed_out=expired, problem=problem)


def _printed(directory: Path) -> int:
    return sum((directory / name).stat().st_size for name in ("stdout", "stderr"))


def has_submitted(directory: Path, submitted: re.Pattern[bytes]) -> bool:
    """Whether a line of either output tells an LSF ID; lines are read in bounded pieces."""
    for name in ("stdout", "stderr"):
        with (directory / name).open("rb") as output:
            while line := output.readline(65536):
                if submitted.search(line):
                    return True
    return False


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
    return {
        "exit_code": exit_code,
        "timed_out": timed_out,
        "problem": problem,
        "ended_at": datetime.now(UTC).isoformat(),
    }


def _write_end(directory: Path, outcome: dict[str, Any]) -> None:
    """Tries for an hour: on a full disk the end is worth waiting for, and the held lock says that we do."""
    for _ in range(END_RETRIES):
        try:
            _write(directory / "ended.json", outcome)
        except OSError:
            time.sleep(1.0)
        else:
            return


def _write(path: Path, content: dict[str, Any]) -> None:
    temporary = path.with_suffix(".new")
    with temporary.open("wb") as file:
        file.write(json.dumps(content).encode())
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(path)
    _settle(path.parent)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
