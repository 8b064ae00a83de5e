"""The runners of the jobs that run, and the folders they work in."""

import asyncio
import json
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from lsf_agent.embedded import environment, reach
from lsf_agent.embedded.jobs import Job, Key
from lsf_agent.embedded.processes import group, peak
from lsf_agent.embedded.spec import Spec


class Runners:
    """Starts runners and sees them end, those of an earlier daemon too. `gone` is called at each end."""

    def __init__(self, directory: Path, gone: Callable[[], None]) -> None:
        self._jobs = directory / "jobs"
        self._gone = gone
        self._watched: dict[Key, int] = {}

    def folder(self, key: Key) -> Path:
        """Where a job runs; it exists from its start to its end."""
        return self._jobs / str(key[0]) / str(key[1])

    def alive(self, key: Key) -> bool:
        """Whether a job has a runner."""
        return key in self._watched

    def began(self, key: Key) -> bool:
        """Whether a job was ever run: it can be once only."""
        return (self.folder(key) / "claimed").exists()

    def over(self, key: Key) -> bool:
        """Whether the processes of a job are gone, while its output may still be on its way."""
        return (self.folder(key) / "over").exists()

    def keep(self, job_id: int, handed_on: dict[str, str]) -> None:
        """Stores the environment that the elements of a job will get. Raises OSError."""
        folder = self._jobs / str(job_id)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(
            os.open(folder / "environment.json", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w"
        ) as stream:
            json.dump(handed_on, stream)
            stream.flush()
            os.fsync(stream.fileno())

    def spool(self, key: Key) -> BinaryIO:
        """The output of a job that was just submitted, to be read while it is written. Raises OSError."""
        self.folder(key).mkdir(mode=0o700, parents=True, exist_ok=True)
        (self.folder(key) / "out").touch(0o600)
        return (self.folder(key) / "out").open("rb")

    def start(self, job: Job) -> None:
        """Starts a runner. Raises OSError, and then there is none."""
        folder = self.folder(job.key)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._spec(job, folder).write(folder / "spec.json")
        (folder / "out").touch(0o600)
        with suppress(FileExistsError):
            os.mkfifo(folder / "alive", 0o600)
        watched = os.open(folder / "alive", os.O_RDONLY | os.O_NONBLOCK)
        held = os.open(folder / "alive", os.O_WRONLY | os.O_NONBLOCK)
        try:
            os.set_inheritable(held, True)
            arguments = reach.program("runner", str(folder), str(held))
            os.posix_spawn(arguments[0], arguments, {"PATH": os.defpath})
        except OSError:
            os.close(watched)
            raise
        finally:
            os.close(held)
        self._watch(job.key, watched)

    def adopt(self, key: Key) -> None:
        """Watches the runner that an earlier daemon started, if it still lives."""
        try:
            watched = os.open(self.folder(key) / "alive", os.O_RDONLY | os.O_NONBLOCK)
        except FileNotFoundError:
            return
        try:
            os.read(watched, 1)
        except BlockingIOError:
            self._watch(key, watched)
        else:
            os.close(watched)  # nobody has the other end open

    def forget(self, key: Key) -> None:
        """Removes what is left of a job that has ended."""
        shutil.rmtree(self.folder(key), ignore_errors=True)

    def forget_all(self, job_id: int) -> None:
        """Removes what is left of a job of which all elements have ended."""
        shutil.rmtree(self._jobs / str(job_id), ignore_errors=True)

    def kept(self) -> list[int]:
        """Ids of which something is left."""
        if not self._jobs.is_dir():
            return []
        return [int(entry.name) for entry in self._jobs.iterdir() if entry.name.isdecimal()]

    def pid(self, key: Key) -> int | None:
        """The process of a running job."""
        return group(self.folder(key))

    def peak(self, key: Key) -> int | None:
        """The most bytes that a running job has had."""
        return peak(self.folder(key))

    def _watch(self, key: Key, descriptor: int) -> None:
        self._watched[key] = descriptor
        asyncio.get_running_loop().add_reader(descriptor, self._hangup, key)

    def _hangup(self, key: Key) -> None:
        descriptor = self._watched.pop(key)
        asyncio.get_running_loop().remove_reader(descriptor)
        os.close(descriptor)
        self._gone()

    def _handed_on(self, folder: Path) -> dict[str, str]:
        """The submitter's variables; none for a job that is requeued after its end, when they are forgotten."""
        try:
            told: dict[str, str] = json.loads((folder / "environment.json").read_text())
        except FileNotFoundError:
            return {}
        return told

    def _spec(self, job: Job, folder: Path) -> Spec:
        submission = job.submission
        cwd = Path(submission.cwd)
        handed_on = self._handed_on(folder.parent)

        def expanded(path: str | None) -> str | None:
            if path is None:
                return None
            return f"{cwd / job.expand(path)}{'/' if path.endswith('/') else ''}"

        return Spec(
            label=job.label,
            name=job.name,
            script=submission.script,
            shell=submission.shell,
            user=submission.user,
            queue=submission.queue,
            host=submission.host,
            cwd=str(cwd),
            umask=submission.umask,
            environment=environment.of_job(job, handed_on, str(folder / "jobfile"), str(cwd)),
            stdin=expanded(submission.stdin),
            out=expanded(submission.out),
            out_appends=submission.out_appends,
            err=expanded(submission.err),
            err_appends=submission.err_appends,
            mailed=submission.mailed,
            pre=submission.pre,
            post=submission.post,
        )
