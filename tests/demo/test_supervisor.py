"""The supervisor of child processes, over real ones."""

import asyncio
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
import uvloop

from realtime.supervisor import Program, Supervisor
from tests.bus.waiting import until, until_sync

PYTHON = sys.executable


@pytest.fixture
async def supervisor() -> AsyncIterator[Supervisor]:
    """Whatever it runs is killed at the end."""
    supervisor = Supervisor()
    yield supervisor
    supervisor.kill()
    await supervisor.close(1)


def shell(name: str, script: str, *, final: frozenset[int] = frozenset()) -> Program:
    """A child that is a small shell script."""
    return Program(name=name, arguments=("/bin/sh", "-c", script), final=final)


def polite(*, says: str, ready: Path) -> str:
    """A script that says something when it is told to end."""
    return f"trap 'echo {says}; exit 0' TERM; echo ready >> {ready}; while :; do sleep 0.02; done"


def lives(pid: int) -> bool:
    """Whether a process runs; one that only waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def written(path: Path) -> list[str]:
    """The lines of a file that may not be there yet."""
    return path.read_text().splitlines() if path.exists() else []


async def test_a_child_that_dies_is_started_again_and_logged_once(
    supervisor: Supervisor, caplog: pytest.LogCaptureFixture
) -> None:
    child = await supervisor.start(shell("sleeper", "exec sleep 60"))
    first = child.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    await until(lambda: child.pid not in (first, None))
    assert child.deaths == 1
    assert [r.message for r in caplog.records] == ["sleeper ended by itself (killed by SIGKILL)"]


async def test_a_child_that_dies_again_and_again_is_given_more_and_more_time(
    supervisor: Supervisor, caplog: pytest.LogCaptureFixture
) -> None:
    child = await supervisor.start(shell("weak", "exit 3"))
    began = time.monotonic()
    await until(lambda: child.deaths == 3)
    assert time.monotonic() - began > 0.5  # 0.2 and 0.4 s
    assert child.exit_code == 3
    assert "weak ended by itself (exit code 3)" in caplog.text


async def test_a_final_exit_code_ends_it_for_good(supervisor: Supervisor) -> None:
    await supervisor.start(shell("well", "exec sleep 60"))
    await supervisor.start(shell("wrong settings", "exit 2", final=frozenset({2})))
    ended = await asyncio.wait_for(supervisor.ended(), 5)
    assert ended.program.name == "wrong settings"
    assert ended.exit_code == 2
    assert ended.pid is None


async def test_children_are_ended_in_reverse_order(supervisor: Supervisor, tmp_path: Path) -> None:
    order = tmp_path / "order"
    for name in ("first", "second", "third"):
        script = (
            f"trap 'echo {name} >> {order}; exit 0' TERM; echo ready >> {tmp_path}/{name}; while :; do sleep 0.02; done"
        )
        await supervisor.start(shell(name, script))
        await until(partial(written, tmp_path / name))
    await supervisor.close(3)
    assert written(order) == ["third", "second", "first"]


async def test_a_child_that_does_not_listen_is_killed_at_the_deadline_and_the_others_get_their_share(
    supervisor: Supervisor, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await supervisor.start(shell("orderly", polite(says=f"bye >> {tmp_path}/orderly", ready=tmp_path / "ready")))
    deaf = await supervisor.start(shell("deaf", f"trap '' TERM; echo ready >> {tmp_path}/deaf; exec sleep 60"))
    await until(lambda: written(tmp_path / "deaf") and written(tmp_path / "ready"))
    pid = deaf.pid
    began = time.monotonic()
    await supervisor.close(0.6)
    assert time.monotonic() - began < 1.5
    assert written(tmp_path / "orderly") == ["bye"]
    assert pid is not None
    assert not lives(pid)
    assert "deaf did not end in time and is killed" in caplog.text


async def test_a_stopped_child_is_killed_at_the_deadline(supervisor: Supervisor) -> None:
    child = await supervisor.start(shell("stopped", "exec sleep 60"))
    pid = child.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    await supervisor.close(0.2)
    assert not lives(pid)


async def test_one_child_is_ended_for_good_and_the_others_go_on(supervisor: Supervisor) -> None:
    old = await supervisor.start(shell("old", "exec sleep 60"))
    new = await supervisor.start(shell("new", "exec sleep 60"))
    pid = old.pid
    assert pid is not None
    await supervisor.end(old, 3)
    assert not lives(pid)
    assert old.deaths == 0
    assert new.pid is not None and lives(new.pid)


async def test_children_that_end_together_take_no_longer_than_the_slowest(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    for name in ("first", "second", "third"):
        await supervisor.start(shell(name, f"trap '' TERM; echo ready >> {tmp_path}/{name}; exec sleep 60"))
        await until(partial(written, tmp_path / name))
    began = time.monotonic()
    await supervisor.end_together(0.5)
    assert time.monotonic() - began < 1.4


async def test_whoever_waits_for_a_child_hears_when_it_is_over(supervisor: Supervisor) -> None:
    child = await supervisor.start(shell("wrong settings", "exit 2", final=frozenset({2})))
    await asyncio.wait_for(supervisor.over(child), 5)
    assert child.exit_code == 2


async def test_a_child_gets_the_descriptors_that_it_is_meant_to_have(supervisor: Supervisor, tmp_path: Path) -> None:
    with (tmp_path / "shared").open("ab") as shared:
        arguments = (PYTHON, "-c", f"import os, time; os.write({shared.fileno()}, b'heard'); time.sleep(60)")
        await supervisor.start(Program(name="teller", arguments=arguments, descriptors=(shared.fileno(),)))
        await until(lambda: written(tmp_path / "shared") == ["heard"])


async def test_what_a_child_leaves_in_its_group_ends_with_it(supervisor: Supervisor, tmp_path: Path) -> None:
    child = await supervisor.start(shell("parent", f"sleep 60 & echo $! > {tmp_path}/pid; exec sleep 60"))
    await until(lambda: written(tmp_path / "pid"))
    grandchild = int(written(tmp_path / "pid")[0])
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    await until(lambda: not lives(grandchild))


async def test_output_comes_line_by_line_after_the_name(
    supervisor: Supervisor, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    child = await supervisor.start(
        shell("talker", "echo one; echo two >&2; printf '\\377 unfinished'; exit 2", final=frozenset({2}))
    )
    await supervisor.ended()
    await supervisor.close(1)
    assert child.deaths == 1
    assert capfdbinary.readouterr().err.splitlines() == [
        b"talker   | one",
        b"talker   | two",
        b"talker   | \xff unfinished",
    ]


async def test_a_program_that_is_not_there_is_an_error_of_the_caller(supervisor: Supervisor) -> None:
    with pytest.raises(OSError, match="nowhere"):
        await supervisor.start(Program(name="x", arguments=("/nowhere/program",)))


async def test_a_program_that_vanishes_is_tried_again(
    supervisor: Supervisor, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    child = await supervisor.start(Program(name="vanishing", arguments=(str(program),)))
    first = child.pid
    assert first is not None
    away = program.rename(tmp_path / "away")
    os.kill(first, signal.SIGKILL)
    await until(lambda: "vanishing cannot be started" in caplog.text)
    away.rename(program)
    await until(lambda: child.pid not in (first, None))


async def test_closing_while_a_child_waits_to_be_started_again_starts_nothing(
    supervisor: Supervisor, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.CRITICAL):
        child = await supervisor.start(shell("weak", "exit 1"))
        await until(lambda: child.deaths == 2)
        began = time.monotonic()
        await supervisor.close(3)
        assert time.monotonic() - began < 1
        assert child.pid is None


ORPHANS = """
import asyncio, sys, time
from realtime.supervisor import Program, Supervisor
async def main():
    supervisor = Supervisor()
    for name in "ab":
        child = await supervisor.start(Program(name=name, arguments=("/bin/sh", "-c", "trap '' TERM; sleep 60")))
        print(child.pid, flush=True)
    await asyncio.sleep(60)
"""


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's promise to end children with their parent is Linux's")
def test_kill_9_of_the_parent_ends_the_children(loop: str) -> None:
    parent = subprocess.Popen(
        [PYTHON, "-c", ORPHANS + f"import {loop}\n{loop}.run(main())"], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    pids = [int(parent.stdout.readline()) for _ in range(2)]
    assert all(map(lives, pids))
    parent.kill()
    parent.wait()
    parent.stdout.close()
    until_sync(lambda: not any(map(lives, pids)))


def test_it_works_under_uvloop(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    async def restart_once() -> int:
        supervisor = Supervisor()
        child = await supervisor.start(shell("child", "echo hello; exit 4"))
        await until(lambda: child.deaths == 2)
        await supervisor.close(1)
        return child.deaths

    assert uvloop.run(restart_once()) == 2
    assert capfdbinary.readouterr().err.count(b"child    | hello\n") == 2
