"""At the end of a job: LSF's report and the spooled output go to the file that was named with -o."""

import os
import pwd
import shutil
import sys
from pathlib import Path

from lsf_agent.embedded.spec import End, Spec
from lsf_agent.embedded.texts import CLUSTER, full_time, one_line

RULE = "-" * 60


def deliver(folder: Path, spec: Spec, end: End, cwd: str) -> None:
    """Writes what was asked for. A path that cannot be written costs the output, not the job; the log says so."""
    err = spec.err and destination(spec.err, spec.label, ".err")
    if spec.out is not None:
        out = destination(spec.out, spec.label, ".out")
        before = "" if spec.mailed else report(spec, end, cwd)
        after = f"\n\nPS:\n\nRead file <{err}> for stderr output of this job.\n\n" if err and not spec.mailed else ""
        _write(out, spec.out_appends, before, folder / "out", after)
    if err:
        _write(err, spec.err_appends, "", folder / "err", "")


def destination(path: str, label: str, suffix: str) -> Path:
    """A path that names a directory means a file of the job's own in it."""
    if path.endswith("/") or Path(path).is_dir():
        return Path(path) / f"{label}{suffix}"
    return Path(path)


def report(spec: Spec, end: End, cwd: str) -> str:
    """What stands above the output."""
    name = one_line(spec.name)
    return (
        f"Sender: LSF System <{CLUSTER}@{spec.host}>\n"
        f"Subject: Job {spec.label}: <{name}> {'Done' if end.exit == 0 else 'Exited'}\n"
        "\n"
        f"Job <{name}> was submitted from host <{spec.host}> by user <{spec.user}>.\n"
        f"Job was executed on host(s) <{spec.host}>, in queue <{spec.queue}>, as user <{spec.user}>.\n"
        f"<{home()}> was used as the home directory.\n"
        f"<{cwd}> was used as the working directory.\n"
        f"Started at {full_time(end.started_at)}\n"
        f"Results reported at {full_time(end.ended_at)}\n"
        "\n"
        "Your job looked like:\n"
        "\n"
        f"{RULE}\n"
        "# LSBATCH: User input\n"
        f"{spec.script.rstrip(chr(10))}\n"
        f"{RULE}\n"
        "\n"
        f"{outcome(end)}\n"
        "\n"
        "Resource usage summary:\n"
        "\n"
        f"    CPU time   : {end.cpu:9.2f} sec.\n"
        f"{f'    Max Memory : {end.memory / 2**20:9.2f} MB{chr(10)}' if end.memory else ''}"
        "\n"
        "The output (if any) follows:\n"
        "\n"
    )


def outcome(end: End) -> str:
    """How it ended, in LSF's words."""
    if end.exit == 0:
        return "Successfully completed."
    reason = f"{end.reason}.\n" if end.reason else ""
    return f"{reason}Exited with exit code {end.exit}."


def home() -> str:
    """The user's home directory."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_dir
    except KeyError:
        return "/"


def _write(path: Path, append: bool, before: str, spool: Path, after: str) -> None:
    # without waiting: a FIFO that nobody reads is an error and does not hold up the end of the job
    mode = os.O_WRONLY | os.O_CREAT | os.O_NONBLOCK | (os.O_APPEND if append else os.O_TRUNC)
    try:
        with os.fdopen(os.open(path, mode, 0o666), "wb") as stream, spool.open("rb") as output:
            stream.write(before.encode("utf-8", "surrogateescape"))
            shutil.copyfileobj(output, stream)
            stream.write(after.encode("utf-8", "surrogateescape"))
    except OSError as error:
        print(f"output is lost, {path}: {error.strerror}", file=sys.stderr, flush=True)
