"""Pieces of a log: positions in bytes, whole characters, regular files only."""

import asyncio
import os
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsf_agent.aside import Aside, place_of
from lsf_agent.checks import check
from lsf_agent.logs import LIMIT, absolute, file_piece, memory_piece, nothing


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "7.out"
    path.write_bytes("zero één две\n".encode())
    return path


def test_without_an_offset_the_end_is_shown(log: Path) -> None:
    piece = file_piece(str(log), None, 8, False)
    assert (piece.text, piece.offset) == (" две\n", piece.size - 8)
    assert file_piece(str(log), None, 6, False).text == "ве\n", "no half characters"
    assert piece.next == piece.size == log.stat().st_size and not piece.complete
    assert (piece.source, piece.path) == ("file", str(log))


@given(st.text(), st.integers(1, 9))
def test_pieces_put_together_are_the_log(text: str, limit: int) -> None:
    content = text.encode(errors="replace")
    offset, read = 0, ""
    for _ in range(len(content) + 1):
        piece = memory_piece(content, offset, max(limit, 4), "bpeek", True)
        assert piece.offset == offset
        offset, read = piece.next, read + piece.text
        if piece.complete:
            break
    assert read == content.decode() and offset == len(content)


@given(st.binary(max_size=40), st.integers(-5, 60), st.integers(-1, 50), st.booleans())
def test_positions_never_leave_the_log(content: bytes, offset: int, limit: int, ended: bool) -> None:
    piece = memory_piece(content, offset, limit, "bpeek", ended)
    assert 0 <= piece.offset <= piece.next <= piece.size == len(content)
    assert piece.complete is (ended and piece.next == len(content))


def test_half_a_character_waits_for_its_other_half_while_the_job_runs() -> None:
    running = memory_piece(b"ab\xc3", 0, 100, "file", False)
    assert (running.text, running.next) == ("ab", 2)
    ended = memory_piece(b"ab\xc3", 0, 100, "file", True)
    assert (ended.text, ended.next, ended.complete) == ("ab\ufffd", 3, True)


def test_a_log_that_shrank_answers_from_its_end(log: Path) -> None:
    piece = file_piece(str(log), 5000, 100, False)
    assert (piece.text, piece.offset, piece.next) == ("", piece.size, piece.size)


def test_a_piece_is_limited(tmp_path: Path) -> None:
    path = tmp_path / "big"
    path.write_bytes(b"x" * (LIMIT + 10))
    for limit in (0, LIMIT * 5):
        piece = file_piece(str(path), 0, limit, True)
        assert len(piece.text) == LIMIT and not piece.complete
    assert file_piece(str(path), LIMIT, 100, True).complete


def test_only_regular_files_are_read(tmp_path: Path, log: Path) -> None:
    link, pipe = tmp_path / "link", tmp_path / "pipe"
    link.symlink_to(log)
    os.mkfifo(pipe)
    for path in (link, pipe, tmp_path, Path("/dev/null")):
        with pytest.raises(OSError):
            file_piece(str(path), 0, 100, False)
    with pytest.raises(FileNotFoundError):
        file_piece(str(tmp_path / "gone"), 0, 100, False)


def test_no_output_of_an_ended_job_is_complete() -> None:
    assert nothing(None, True).complete and not nothing(None, False).complete


@pytest.mark.parametrize(
    ("path", "folder", "found"),
    [
        ("/a/b", None, "/a/b"),
        ("$HOME/b", None, "/home/me/b"),
        ("$HOME", None, "/home/me"),
        ("b/c", "/scripts", "/scripts/b/c"),
        ("b/c", None, None),
    ],
)
def test_paths_are_made_absolute(path: str, folder: str | None, found: str | None) -> None:
    assert absolute(path, "/home/me", folder) == found


async def test_a_file_system_that_hangs_does_not_hold_us() -> None:
    hang = threading.Event()
    aside = Aside(at_once=2)
    began = time.monotonic()
    results = await asyncio.gather(*(aside.call(0.2, hang.wait) for _ in range(3)), return_exceptions=True)
    assert all(isinstance(one, TimeoutError) for one in results)
    assert time.monotonic() - began < 1
    with pytest.raises(TimeoutError):
        await aside.call(5.0, lambda: 1)
    hang.set()
    async with asyncio.timeout(5):
        while True:
            try:
                assert await aside.call(1.0, lambda: 1) == 1
                break
            except TimeoutError:
                await asyncio.sleep(0.01)


async def test_errors_aside_come_back(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await Aside().call(1.0, (tmp_path / "gone").read_bytes)


def test_who_does_not_answer_is_named(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text("/dev/a / ext4 rw 0 0\nserver:/x /reg nfs rw 0 0\nserver:/y /reg/d nfs rw 0 0\n")
    assert place_of("/reg/d/exp/1.out", str(mounts)) == "/reg/d"
    assert place_of("/reg/data/1.out", str(mounts)) == "/reg"
    assert place_of("/tmp/x/1.out", str(mounts)) == "/tmp/x"


async def test_checks_in_plain_words(tmp_path: Path) -> None:
    script = tmp_path / "submit.sh"

    async def problem() -> str | None:
        found = await check(str(script), os.environ["PATH"], Aside())
        assert found.ok is (found.problem is None)
        return found.problem

    assert await problem() == "not there"
    script.write_text("#!/bin/sh\n")
    assert await problem() == "not executable"
    script.chmod(0o755)
    assert await problem() is None
    script.write_text("#!/no/python3\n")
    assert await problem() == "interpreter missing: /no/python3"
    script.write_text("#!/usr/bin/env python3\r\n")
    assert await problem() == "Windows line ends"
    script.unlink()
    script.mkdir()
    assert await problem() == "not a file"


async def test_a_check_of_a_silent_file_system_names_it(tmp_path: Path) -> None:
    found = await check(str(tmp_path / "x"), "", Aside(at_once=0))
    assert found.problem == f"{tmp_path} does not answer"
