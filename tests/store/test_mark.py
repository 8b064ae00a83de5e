"""The mark: an older copy in the store's place is noticed, and nothing else is."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.store.mark import Mark, is_older, read_mark, write_mark
from tests.store.opened import Opened


async def test_an_older_copy_in_the_place_of_the_store_gets_a_new_epoch_and_remembers_when(tmp_path: Path) -> None:
    path, mark = tmp_path / "b.db", tmp_path / "store.mark"
    async with Opened(path, mark) as first:
        await first.make()
        kept = first.store.epoch, first.store.secret
    shutil.copyfile(path, tmp_path / "copy.db")
    async with Opened(path, mark) as again:
        assert (again.store.epoch, again.store.restored_at) == (kept[0], None)
        await again.run()
    shutil.copyfile(tmp_path / "copy.db", path)
    before = datetime.now(UTC)
    async with Opened(path, mark) as restored:
        assert restored.store.epoch != kept[0], "positions in what is forgotten mean nothing"
        assert restored.store.secret == kept[1], "report addresses stay"
        at = restored.store.restored_at
        assert at is not None and at >= before
        epoch = restored.store.epoch
    async with Opened(path, mark) as later:
        assert (later.store.epoch, later.store.restored_at) == (epoch, at)
    shutil.copyfile(tmp_path / "copy.db", path)
    async with Opened(path, mark) as other:
        assert other.store.epoch not in (kept[0], epoch), "a copy from before the last restoration"
    path.unlink()
    async with Opened(path, mark) as new:
        assert new.store.restored_at is None, "a store that was made just now has forgotten nothing"


async def test_the_mark_follows_the_store_and_is_its_owners_alone(tmp_path: Path) -> None:
    path, mark = tmp_path / "b.db", tmp_path / "store.mark"
    async with Opened(path, mark) as opened:
        await opened.make()
        await opened.run()
        await opened.store.remember()
        assert read_mark(mark) == Mark(opened.store.epoch, 3 + 2), "the site twice, the run; two deeds"
        assert mark.stat().st_mode & 0o777 == 0o600
        written = mark.stat().st_mtime_ns
        await opened.store.remember()
        assert mark.stat().st_mtime_ns == written, "what has not moved is not written"


@pytest.mark.parametrize("odd", [b"", b"{", b"[]", b'{"epoch": 5}', b"\xff"])
async def test_what_is_no_mark_is_ignored_and_replaced(tmp_path: Path, odd: bytes) -> None:
    mark = tmp_path / "store.mark"
    mark.write_bytes(odd)
    async with Opened(tmp_path / "b.db", mark) as opened:
        assert opened.store.restored_at is None
        assert read_mark(mark) == Mark(opened.store.epoch, 0)


@given(st.sampled_from("ab"), st.integers(0, 5), st.sampled_from("ab"), st.integers(0, 5))
def test_older_is_less_far_or_of_another_epoch(epoch: str, total: int, other: str, known: int) -> None:
    assert is_older(Mark(epoch, total), Mark(other, known)) == (epoch != other or total < known)
    assert not is_older(Mark(epoch, total), None)


def test_a_mark_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_mark(tmp_path / "m", Mark("e", 12))
    write_mark(tmp_path / "m", Mark("e", 13))
    assert read_mark(tmp_path / "m") == Mark("e", 13)
    assert list(tmp_path.iterdir()) == [tmp_path / "m"], "nothing else is left"
    assert read_mark(tmp_path / "none") is None
