"""Lines of a log that somebody looks for: whole, at their byte, and never more of the log in memory than a part."""

import base64
import os
import re
import resource
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsf_agent.answers.finding import Findings
from lsf_agent.answers.logs import RawPieces
from lsf_agent.runner.finding import Sought, in_file, look
from realtime.protocol.questions import BYTES_LIMIT, Found

from .acting import hands_for


def sought(
    text: str | None = "x",
    *,
    case: bool = False,
    back: bool = False,
    offset: int | None = None,
    until: int | None = None,
    most: int = 50,
    ended: bool = True,
) -> Sought:
    return Sought(text, case, back, offset, until, most, ended)


def found(content: bytes, wanted: Sought, part: int = 1024) -> list[tuple[int, str]]:
    told = look(lambda at, length: content[at : at + length], len(content), wanted, part=part)
    assert told["complete"] or wanted.most == 1
    return list(told["items"])


def findings(wanted: Sought) -> Findings:
    return Findings(hands=hands_for(), user="ana", sought=wanted)


async def of_file(path: Path, wanted: Sought) -> Found:
    return await findings(wanted).of_file(str(path), None)


def test_each_line_is_told_once_with_the_byte_at_which_it_begins() -> None:
    content = "één x\nnone\nx and x\nlast x".encode()
    assert found(content, sought()) == [(0, "één x"), (13, "x and x"), (21, "last x")]
    assert found(content, sought("X")) == found(content, sought())
    assert found(content, sought("X", case=True)) == []


def test_a_carriage_return_ends_a_line_too() -> None:
    assert found(b"a x\rb x\r\nc x\n", sought()) == [(0, "a x"), (4, "b x"), (9, "c x")]


def test_colours_may_stand_in_the_midst_of_what_is_looked_for() -> None:
    content = b"first\n\x1b[31mERR\x1b[1mOR\x1b[0m: bad\nsecond \x1b[0merror: x\n"
    assert found(content, sought("error: ")) == [(6, "ERROR: bad"), (30, "second error: x")]
    assert [at for at, _ in found(content, sought(None))] == [6, 30]
    assert found(content, sought("31m")) == []


def test_real_errors_are_told_from_lines_that_speak_of_errors() -> None:
    content = b"ERROR=0\n0 errors\nsee error.log\nTraceback (most recent call last):\nValueError: bad\n"
    assert found(content, sought(None)) == [(31, "Traceback (most recent call last):"), (66, "ValueError: bad")]


def test_with_a_limit_of_one_it_is_looked_no_further_than_the_first() -> None:
    told = look(lambda at, length: (b"x\n" * 5000)[at : at + length], 10_000, sought(most=1), part=100)
    assert (told["items"], told["to"], told["complete"]) == ([(0, "x")], 100, False)


def test_backwards_the_nearest_comes_first() -> None:
    content = b"x 1\nno\nx 2\nx 3\n"
    assert [line for _, line in found(content, sought(back=True), part=5)] == ["x 3", "x 2", "x 1"]
    assert [line for _, line in found(content, sought(back=True, offset=11), part=5)] == ["x 2", "x 1"]
    assert [line for _, line in found(content, sought(back=True, until=7), part=5)] == ["x 3", "x 2"]


def test_the_last_line_of_a_job_that_runs_counts_once_it_is_whole() -> None:
    content = b"x 1\nx 2"
    for back in (False, True):
        assert found(content, sought(ended=False, back=back)) == [(0, "x 1")]
    told = look(lambda at, length: content[at : at + length], len(content), sought(ended=False))
    assert (told["to"], told["complete"]) == (4, True)
    assert found(content + b"!\n", sought(ended=False, offset=4)) == [(4, "x 2!")]


def test_from_the_midst_of_a_line_the_next_one_counts() -> None:
    content = b"x 1\nx 2\nx 3\n"
    assert found(content, sought(offset=1)) == [(4, "x 2"), (8, "x 3")]
    assert found(content, sought(offset=4, until=8)) == [(4, "x 2")]


LINES = st.lists(st.sampled_from([b"x", b"a", b"\n", b"\r", b"\r\n", b"\x1b[1m", b"ab x"]), max_size=40)


@given(LINES, st.integers(1, 30), st.integers(0, 60), st.integers(0, 60))
def test_looked_at_part_by_part_nothing_is_missed_and_nothing_told_twice(
    words: list[bytes], part: int, one: int, other: int
) -> None:
    content = b"".join(words)
    whole = [line.end() for line in re.finditer(rb"\r\n?|\n", content)]
    begins = [0, *whole]
    expected = [
        begin
        for begin, end in zip(begins, [*whole, len(content)], strict=True)
        if b"x" in content[begin:end].replace(b"\x1b[1m", b"")
    ]
    longest = max(end - begin for begin, end in zip(begins, [*whole, len(content)], strict=True))
    part += longest + 1
    assert [at for at, _ in found(content, sought(), part)] == expected
    assert [at for at, _ in found(content, sought(back=True), part)] == expected[::-1]
    low, high = sorted((one, other))
    inside = [at for at in expected if low <= at < high]
    assert [at for at, _ in found(content, sought(offset=low, until=high), part)] == inside


@given(st.binary(max_size=200), st.integers(1, 20), st.booleans(), st.integers(-5, 250), st.booleans())
def test_any_bytes_are_looked_through_to_the_end(
    content: bytes, part: int, back: bool, offset: int, errors: bool
) -> None:
    wanted = sought(None if errors else "a", back=back, offset=offset)
    told = look(lambda at, length: content[at : at + length], len(content), wanted, part=part)
    assert told["complete"] and 0 <= told["to"] <= len(content)
    assert len(told["items"]) == min(50, told["count"])


async def test_a_question_tells_how_far_it_came_and_the_next_goes_on_from_there(tmp_path: Path) -> None:
    content = b"no\nx\n" * 1000
    at, counted, asked = 0, 0, 0
    while True:
        told = look(
            lambda at, length: content[at : at + length], len(content), sought(offset=at), seconds=0.0, part=999
        )
        counted, at, asked = counted + told["count"], told["to"], asked + 1
        if told["complete"]:
            break
    assert (counted, asked) == (1000, 7)


@pytest.fixture
def huge(tmp_path: Path) -> Path:
    """2 GB of nothing with an error at its end."""
    path = tmp_path / "huge"
    with path.open("wb") as file:
        file.write(b"ERROR=0\nbegin\n")
        file.seek(2 * 2**30)
        file.write(b"\nValueError: bad\nthe end\n")
    return path


async def test_two_gigabytes_are_looked_through_part_by_part_without_memory(huge: Path) -> None:
    size = 2 * 2**30 + 25
    before, of_others = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    first = await of_file(huge, sought("the end", back=True, most=1))
    assert [(line.at, line.line) for line in first.items] == [(size - 8, "the end")]
    part = await of_file(huge, sought("the end"))
    assert part.count in (0, 1) and 0 < part.to <= size == part.size
    near = await of_file(huge, sought(None, offset=2 * 2**30 - 5_000_000, most=1))
    assert [line.line for line in near.items] == ["ValueError: bad"]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    assert children < max(128 * 1024, of_others + 1), "of the runner"


async def test_a_log_that_grows_is_looked_at_from_where_it_ended(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"x 1\nx")
    first = await of_file(path, sought(ended=False))
    assert (first.count, first.to, first.complete) == (1, 4, True)
    with path.open("ab") as file:
        file.write(b" 2\nx 3\n")
    then = await of_file(path, sought(ended=False, offset=first.to))
    assert [(line.at, line.line) for line in then.items] == [(4, "x 2"), (8, "x 3")]
    path.write_bytes(b"anew x\n")
    again = await of_file(path, sought(ended=False, offset=then.to))
    assert (again.items, again.size, again.complete) == ([], 7, True), "rotated: it is shorter than told"


async def test_what_is_no_utf8_is_found_by_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"\xff\xfe latin: caf\xe9\nx \xff\n")
    assert [(line.at, line.line) for line in (await of_file(path, sought())).items] == [(15, "x \ufffd")]


async def test_only_regular_files_are_looked_through(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, tmp_path, Path("/dev/zero")):
        with pytest.raises(OSError, match="not a regular file"):
            await of_file(path, sought())
    with pytest.raises(FileNotFoundError):
        await of_file(tmp_path / "gone", sought())
    with pytest.raises(OSError, match="not below"):
        await findings(sought()).of_file("/etc/passwd", [str(tmp_path)])


async def test_a_log_as_it_is_comes_byte_by_byte(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(bytes(range(256)) * 4096)
    size = path.stat().st_size

    async def piece(offset: int, limit: int = BYTES_LIMIT) -> bytes:
        told = await RawPieces(hands=hands_for(), user="ana", offset=offset, limit=limit).of_file(str(path), None)
        assert (told.offset, told.size, told.source) == (offset, size, "file")
        return told.content

    first = await piece(0, 10**9)
    assert len(first) == BYTES_LIMIT and len(base64.b64encode(first)) < 1024 * 1024 - 1000
    assert first + await piece(BYTES_LIMIT) == path.read_bytes()
    assert await piece(size) == b""


def test_a_file_in_the_runner_is_looked_through_as_told(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"x\n")
    assert in_file(str(tmp_path / "log"), None, sought())["items"] == [(0, "x")]
