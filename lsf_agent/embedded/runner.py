"""The small program above each job. It outlives the daemon, and its last act is to write down how the job ended.

The folder of a running job: `spec.json` (what to run), `alive` (a FIFO that the runner holds open as long as it lives),
`jobfile` (what the shell runs), `claimed` (made once: the runner that cannot make it must not run the job), `pid` (of
the job), `memory` (the most bytes that it had), `out` and `err` (the spool that bpeek shows), `reason` (why it is being
killed), `over` (its processes are gone), `status` (how it ended).
"""

import os
import resource
import shlex
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from lsf_agent.embedded import config, delivery, processes
from lsf_agent.embedded.spec import End, Spec
from lsf_agent.embedded.texts import OUTSIDE

SHELLS = frozenset({"sh", "bash", "dash", "ksh", "zsh"})
FALLBACK = Path("/") / "tmp"
FIRST_MEASURE, MEASURE_EVERY = 0.2, 1.0
"""Seconds."""
POST_LIMIT = 60.0
"""Seconds for `bsub -Ep`."""
STATUS_LIMIT = 60.0
"""Seconds for which a full disk is waited for with the status in hand."""


def main(arguments: list[str]) -> int:
    """`FOLDER DESCRIPTOR`: runs the job of the folder, once. The descriptor is the open end of `alive`."""
    folder, alive = Path(arguments[0]), int(arguments[1])
    os.set_inheritable(alive, False)
    os.setsid()
    spec = Spec.read(folder / "spec.json")
    use_time_zone(spec.environment.get("TZ"))
    started_at = datetime.now(UTC)
    cwd = enter(spec.cwd)
    os.umask(0o077)
    write_jobfile(folder, spec)
    if not claim(folder):
        return 0  # another runner, started before the daemon was killed, has the job
    job = start(folder, spec, cwd)
    status, usage, memory = attend(job.pid, folder)
    job.returncode = os.waitstatus_to_exitcode(status)
    with suppress(ProcessLookupError):
        os.killpg(job.pid, signal.SIGKILL)
    (folder / "over").touch()
    processes.sweep(folder)
    code = job.returncode
    end = End(
        exit=code if code >= 0 else 128 - code,
        reason=told_reason(folder) or (OUTSIDE if code < 0 else None),
        cpu=usage.ru_utime + usage.ru_stime,
        memory=memory,
        pid=job.pid,
        started_at=started_at,
        ended_at=datetime.now(UTC),
    )
    if spec.post is not None:
        run_post(spec.post, spec, end)
    os.umask(spec.umask)
    delivery.deliver(folder, spec, end, cwd)
    write_status(folder, end)
    return 0


def use_time_zone(zone: str | None) -> None:
    """Times in the report are the submitter's."""
    if zone:
        os.environ["TZ"] = zone
    time.tzset()


def enter(cwd: str) -> str:
    """Goes to the job's directory, or to /tmp when it is gone; answers where it went."""
    try:
        os.chdir(cwd)
    except OSError:
        os.chdir(FALLBACK)
        return str(FALLBACK)
    return cwd


def write_jobfile(folder: Path, spec: Spec) -> None:
    """What the interpreter runs. As in LSF the shell itself survives all but KILL, and waits for what it started."""
    text = spec.script.rstrip("\n")
    if any(Path(word).name in SHELLS for word in shlex.split(spec.shell)):
        text = (
            f"#! {spec.shell}\n\n"
            "LS_JOBPID=$$; export LS_JOBPID\n"
            "trap '#' 15 10 12 2 1\n"
            f"# LSBATCH: User input\n{text}\n"
            'ExitStat=$?\nwait\n# LSBATCH: End user input\ntrue\nexit `expr $? "|" $ExitStat`'
        )
    jobfile = folder / "jobfile"
    jobfile.write_bytes(f"{text}\n".encode("utf-8", "surrogateescape"))
    jobfile.chmod(0o700)


def claim(folder: Path) -> bool:
    """True once only, however many runners there are."""
    try:
        (folder / "claimed").touch(0o600, exist_ok=False)
    except FileExistsError:
        return False
    return True


def start(folder: Path, spec: Spec, cwd: str) -> "subprocess.Popen[bytes]":
    """The job, in a session of its own; in its place a shell that says why, when its program cannot be run."""
    arguments = [*shlex.split(spec.shell), str(folder / "jobfile")]
    if spec.pre is not None:
        arguments = ["/bin/sh", "-c", '/bin/sh -c "$0" || exit; exec "$@"', spec.pre, *arguments]
    environment = {**spec.environment, "PWD": cwd}
    with spool(folder / "out") as out, spool(folder / "err") as apart:
        err = out if spec.err is None else apart
        try:
            with Path(spec.stdin or os.devnull).open("rb") as given:
                job = spawn(arguments, given, out, err, spec.umask, environment)
        except OSError as error:
            arguments = ["/bin/sh", "-c", 'echo "$0" >&2; exit 127', f"{error.filename}: {error.strerror}"]
            with Path(os.devnull).open("rb") as nothing:
                job = spawn(arguments, nothing, out, err, spec.umask, environment)
    config.replace_file(folder / "pid", str(job.pid).encode(), 0o600)
    return job


def attend(pid: int, folder: Path) -> tuple[int, "resource.struct_rusage", int | None]:
    """Waits for the end of the job and measures its memory meanwhile: status, usage, and the most bytes that it had,
    None for one that was too quick."""
    peak: int | None = None
    pause = FIRST_MEASURE
    child = {signal.SIGCHLD}
    signal.pthread_sigmask(signal.SIG_BLOCK, child)
    try:
        while True:
            ended, status, usage = os.wait4(pid, os.WNOHANG)
            if ended:
                return status, usage, peak
            if signal.sigtimedwait(child, pause) is None:
                pause = MEASURE_EVERY
                measured = processes.memory(pid)
                if measured > (peak or 0):
                    peak = measured
                    with suppress(OSError):
                        (folder / "memory").write_text(str(peak))
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, child)


def spool(path: Path) -> BinaryIO:
    """The file that collects output, readable for the owner alone."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


def spawn(
    arguments: list[str], given: BinaryIO, out: BinaryIO, err: BinaryIO, umask: int, environment: dict[str, str]
) -> "subprocess.Popen[bytes]":
    """A process with these streams and nothing else of ours."""
    return subprocess.Popen(
        arguments, stdin=given, stdout=out, stderr=err, umask=umask, env=environment, start_new_session=True
    )


def told_reason(folder: Path) -> str | None:
    """Why the daemon is killing the job, if it is."""
    with suppress(OSError):
        return (folder / "reason").read_text() or None
    return None


def run_post(command: str, spec: Spec, end: End) -> None:
    """`bsub -Ep`; what it does or fails to do changes nothing."""
    environment = {**spec.environment, "LSB_JOBEXIT_STAT": str(end.exit << 8)}
    post = subprocess.Popen(
        ["/bin/sh", "-c", command], stdin=subprocess.DEVNULL, env=environment, start_new_session=True
    )
    try:
        post.wait(POST_LIMIT)
    except subprocess.TimeoutExpired:
        os.killpg(post.pid, signal.SIGKILL)
        post.wait()


def write_status(folder: Path, end: End) -> None:
    """The end, whole or not at all. A full disk is waited for: without the status the end counts as not seen."""
    deadline = time.monotonic() + STATUS_LIMIT
    while True:
        try:
            end.write(folder / "status")
        except OSError as error:
            print(f"{folder}: the job's status cannot be written: {error.strerror}", file=sys.stderr, flush=True)
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
        else:
            return
