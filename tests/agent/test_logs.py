"""Pieces of a log: positions in bytes, whole characters, regular files only, no way out of the allowed folders."""

import errno
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsf_agent.answers.checks import check
from lsf_agent.answers.logs import Asked, absolute, file_piece, memory_piece, nothing
from lsf_agent.mounts import mount_of, place_of
from lsf_agent.runner import files
from lsf_agent.runner.files import PIECE_LIMIT as LIMIT
from realtime.protocol.agent import CheckPath
from realtime.protocol.questions import LogAnswer

from .acting import hands_for


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "7.out"
    path.write_bytes("zero één две\n".encode())
    return path


def asked(offset: int | None = 0, limit: int = 100, ended: bool = False) -> Asked:
    return Asked(offset=offset, limit=limit, ended=ended)


async def of_file(path: Path, asked: Asked, below: list[str] | None = None) -> LogAnswer:
    return await file_piece(hands_for(), "ana", str(path), below, asked)


async def test_without_an_offset_the_end_is_shown(log: Path) -> None:
    piece = await of_file(log, asked(None, 8))
    assert (piece.text, piece.offset) == (" две\n", piece.size - 8)
    assert (await of_file(log, asked(None, 6))).text == "ве\n", "no half characters"
    assert piece.next == piece.size == len("zero één две\n".encode()) and not piece.complete
    assert (piece.source, piece.path) == ("file", str(log))


@given(st.text(), st.integers(1, 9))
def test_pieces_put_together_are_the_log(text: str, limit: int) -> None:
    content = text.encode(errors="replace")
    offset, read = 0, ""
    for _ in range(len(content) + 1):
        piece = memory_piece(content, "bpeek", asked(offset, max(limit, 4), True))
        assert piece.offset == offset
        offset, read = piece.next, read + piece.text
        if piece.complete:
            break
    assert read == content.decode() and offset == len(content)


@given(st.binary(max_size=40), st.integers(-5, 60), st.integers(-1, 50), st.booleans())
def test_positions_never_leave_the_log(content: bytes, offset: int, limit: int, ended: bool) -> None:
    piece = memory_piece(content, "bpeek", asked(offset, limit, ended))
    assert 0 <= piece.offset <= piece.next <= piece.size == len(content)
    assert piece.complete is (ended and piece.next == len(content))


def test_half_a_character_waits_for_its_other_half_while_the_job_runs() -> None:
    running = memory_piece(b"ab\xc3", "file", asked())
    assert (running.text, running.next) == ("ab", 2)
    ended = memory_piece(b"ab\xc3", "file", asked(ended=True))
    assert (ended.text, ended.next, ended.complete) == ("ab\ufffd", 3, True)


async def test_a_log_that_shrank_answers_from_its_end(log: Path) -> None:
    piece = await of_file(log, asked(5000))
    assert (piece.text, piece.offset, piece.next) == ("", piece.size, piece.size)


async def test_a_piece_is_limited(tmp_path: Path) -> None:
    path = tmp_path / "big"
    path.write_bytes(b"x" * (LIMIT + 10))
    for limit in (0, LIMIT * 5):
        piece = await of_file(path, asked(0, limit, True))
        assert len(piece.text) == LIMIT and not piece.complete
    assert (await of_file(path, asked(LIMIT, 100, True))).complete


@pytest.fixture
def huge(tmp_path: Path) -> Path:
    """2 GB of nothing, and 8 bytes."""
    path = tmp_path / "huge"
    with path.open("wb") as file:
        file.seek(2 * 2**30)
        file.write(b"the end\n")
    return path


def test_a_piece_of_two_gigabytes_is_read_within_256_megabytes(huge: Path) -> None:
    program = (
        "import resource, sys\nresource.setrlimit(resource.RLIMIT_AS, (2**28, 2**28))\n"
        "sys.path.append(sys.argv[1])\nfrom lsf_agent.runner.files import piece\n"
        "found = piece(sys.argv[2], None, None, 10**9)\n"
        "print(found['size'], len(found['content']), found['start'])\n"
    )
    said = subprocess.run(
        [sys.executable, "-I", "-c", program, str(Path(files.__file__).parents[2]), str(huge)],
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
    ).stdout.split()
    size = 2 * 2**30 + 8
    assert [int(word) for word in said] == [size, LIMIT // 3 * 4 + 4, size - LIMIT]


async def test_a_log_of_two_gigabytes_costs_the_agent_no_memory(huge: Path) -> None:
    size = 2 * 2**30 + 8
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    piece = await of_file(huge, asked(None, 8, True))
    assert (piece.text, piece.size, piece.complete) == ("the end\n", size, True)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


async def test_only_regular_files_are_read(tmp_path: Path, log: Path) -> None:
    link, pipe = tmp_path / "link", tmp_path / "pipe"
    link.symlink_to(log)
    os.mkfifo(pipe)
    for path in (link, pipe, tmp_path, Path("/dev/null")):
        with pytest.raises(OSError):
            await of_file(path, asked())
    with pytest.raises(FileNotFoundError):
        await of_file(tmp_path / "gone", asked())


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """An allowed one with `sub/log`, and one beside it with a `secret`."""
    allowed, outside = tmp_path / "allowed", tmp_path / "allowed too"
    (allowed / "sub").mkdir(parents=True)
    (allowed / "sub" / "log").write_text("mine\n")
    outside.mkdir()
    (outside / "secret").write_text("secret\n")
    return allowed, outside


async def test_a_posted_path_is_read_below_the_allowed_folders_only(folders: tuple[Path, Path]) -> None:
    allowed, outside = folders
    (allowed / "link").symlink_to("sub/log")
    (allowed / "way out").symlink_to(outside)
    (allowed / "secret").symlink_to(outside / "secret")
    below = [str(allowed)]
    for path in (allowed / "sub" / "log", allowed / "link", allowed / "sub" / ".." / "sub" / "log"):
        assert (await of_file(path, asked(), below)).text == "mine\n"
    escapes = (outside / "secret", allowed / "secret", allowed / "way out" / "secret")
    for path in (*escapes, allowed / ".." / outside.name / "secret", allowed, Path("/etc/passwd")):
        with pytest.raises(OSError) as refused:
            await of_file(path, asked(), below)
        assert refused.value.errno == errno.EXDEV and refused.value.strerror == f"not below {allowed}"
    with pytest.raises(FileNotFoundError):
        await of_file(allowed / "later", asked(), below)
    assert (await of_file(outside / "secret", asked(), [*below, str(outside)])).text == "secret\n"


async def test_an_allowed_folder_may_be_a_link_itself(folders: tuple[Path, Path], tmp_path: Path) -> None:
    allowed, _ = folders
    name = tmp_path / "name"
    name.symlink_to(allowed)
    for below in (name, allowed):
        assert (await of_file(name / "sub" / "log", asked(), [str(below)])).text == "mine\n"


@pytest.mark.parametrize("swapped", ["file", "folder"])
def test_a_link_put_in_between_the_look_and_the_opening_leads_nowhere(
    folders: tuple[Path, Path], swapped: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed, outside = folders
    (outside / "log").write_text("secret\n")
    resolve = os.path.realpath

    def look_then_swap(path: str) -> str:
        found = resolve(path)
        if path.endswith("/log"):
            place = allowed / "sub" / "log" if swapped == "file" else allowed / "sub"
            place.rename(allowed / "gone")
            place.symlink_to(outside / "log" if swapped == "file" else outside)
        return found

    monkeypatch.setattr(os.path, "realpath", look_then_swap)
    with pytest.raises(OSError, match=r"symbolic link|directory"):
        files.piece(str(allowed / "sub" / "log"), [str(allowed)], 0, 100)


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


def test_without_a_home_its_paths_are_unknown() -> None:
    assert absolute("$HOME/b", None, "/scripts") is None


def test_who_does_not_answer_is_named(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "/dev/a / ext4 rw 0 0\nserver:/x /reg nfs rw 0 0\nserver:/y /reg/d nfs rw 0 0\ns:/z /my\\040files nfs rw 0 0\n"
    )
    assert place_of("/reg/d/exp/1.out", str(mounts)) == "/reg/d"
    assert place_of("/reg/data/1.out", str(mounts)) == "/reg"
    assert place_of("/tmp/x/1.out", str(mounts)) == "/tmp/x"
    assert place_of("/my files/1.out", str(mounts)) == "/my files"
    assert mount_of("/reg/d/exp/1.out", str(mounts)) == "/reg/d"
    assert mount_of("/cds/x/1.out", str(mounts)) == "/cds", "it may be a link to another file system"


async def test_checks_in_plain_words(tmp_path: Path) -> None:
    script, other = tmp_path / "submit.sh", tmp_path / "other"
    other.mkdir()

    async def problem(*roots: Path) -> str | None:
        item = CheckPath(definition=1, version=1, executable=str(script), user="ana")
        found = await check(item, os.environ["PATH"], [str(root) for root in roots], hands_for())
        assert found.ok is (found.problem is None)
        return found.problem

    assert await problem() == "not there"
    script.write_text("#!/bin/sh\n")
    assert await problem() == "not executable"
    script.chmod(0o755)
    assert await problem() is None
    assert await problem(other, tmp_path) is None
    assert await problem(other) == f"not below an allowed folder: {other}"
    script.write_text("#!/no/python3\n")
    assert await problem() == "interpreter missing: /no/python3"
    script.write_text("#!/usr/bin/env python3\r\n")
    assert await problem() == "Windows line ends"
    script.unlink()
    script.mkdir()
    assert await problem() == "not a file"
