"""Since when somebody serves the store: one word for all processes, which restarts do not change and holes do."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from realtime.store.served import HOLE, note_serving
from realtime.store.tx import Tx
from tests.store.opened import Opened

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


async def noted(opened: Opened, seconds: float) -> float:
    """What a process that notes at this time is told, in seconds after NOW."""

    def note(tx: Tx) -> datetime:
        return note_serving(Tx(tx.conn, NOW + timedelta(seconds=seconds)))

    return (await opened.store.write(note) - NOW).total_seconds()


async def test_it_stays_while_any_process_notes_and_moves_after_a_hole(tmp_path: Path) -> None:
    async with Opened(tmp_path / "store.db") as opened:
        assert await noted(opened, 0) == 0
        assert await noted(opened, 2.5) == 0
        assert await noted(opened, 3) == 0
        assert await noted(opened, 2.9) == 0, "another process whose clock was read a little earlier"
        assert await noted(opened, 7.4) == 0
        after = 7.4 + HOLE.total_seconds() + 0.1
        assert await noted(opened, after) == after
        assert await noted(opened, after + 1) == after


async def test_a_clock_that_was_set_back_counts_as_a_hole(tmp_path: Path) -> None:
    async with Opened(tmp_path / "store.db") as opened:
        await noted(opened, 0)
        assert await noted(opened, -3600) == -3600
