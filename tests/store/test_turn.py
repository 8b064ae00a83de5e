"""Processes of one store write one after the other, and none of them for ever."""

import asyncio
import fcntl
import subprocess
import sys
from pathlib import Path

import pytest

from realtime.domain.errors import Unavailable
from realtime.store.turn import Turn
from tests.store.opened import Opened

HOLDS = """
import sys
from pathlib import Path
from realtime.store.turn import Turn
with Turn(Path(sys.argv[1])).taken():
    print("taken", flush=True)
    sys.stdin.read()
"""


def holder(path: Path) -> subprocess.Popen[bytes]:
    """Another process whose turn it is, until its standard input ends."""
    program = [sys.executable, "-c", HOLDS, str(path)]
    process = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout
    assert process.stdout.readline() == b"taken\n"
    return process


def is_free(path: Path) -> bool:
    """Whether it is nobody's turn."""
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


async def test_a_write_waits_for_its_turn_and_gives_it_back(tmp_path: Path) -> None:
    async with Opened(tmp_path / "b.db") as opened:
        await opened.make()
        with holder(tmp_path / "b.db.turn") as other:
            writing = asyncio.create_task(opened.run())
            await asyncio.wait([writing], timeout=0.2)
            assert not writing.done()
            other.communicate()
            assert await writing == 1
        assert is_free(tmp_path / "b.db.turn")


async def test_a_process_that_is_killed_gives_its_turn_back(tmp_path: Path) -> None:
    async with Opened(tmp_path / "b.db") as opened:
        await opened.make()
        with holder(tmp_path / "b.db.turn") as other:
            writing = asyncio.create_task(opened.run())
            other.kill()
            assert await writing == 1


async def test_a_process_that_never_gives_its_turn_back_makes_writes_fail_until_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realtime.store.turn.WAIT_LIMIT", 0.05)
    async with Opened(tmp_path / "b.db") as opened:
        await opened.make()
        with holder(tmp_path / "b.db.turn") as other:
            for _ in range(3):
                with pytest.raises(Unavailable, match="another process"):
                    await opened.run()
            other.communicate()
        monkeypatch.undo()
        assert await opened.run() == 1
        with Turn(tmp_path / "b.db.turn").taken():
            assert not is_free(tmp_path / "b.db.turn")
