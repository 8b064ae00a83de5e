"""`follow_log` in front of a server that goes by a script."""

import asyncio

import pytest

from realtime.client import Refused, follow_log
from realtime.protocol.live import Bye, LogEnd, LogReset, LogText
from tests.client_library.scripted import answer, says, scripted, stay


def text(offset: int, words: str, source: str = "file") -> LogText:
    return LogText(offset=offset, text=words, source=source, next=offset + len(words))


END = LogEnd(status="DONE", source="file")


async def heard(url: str, offset: int | None = None) -> list[str]:
    """Texts, with marks for resets and the end."""
    found = []
    async with asyncio.timeout(10):
        async for news in follow_log(url, "65f0", offset, token="t"):
            match news:
                case LogText(text=words):
                    found.append(words)
                case LogReset(source=source):
                    found.append(f"<{source}>")
                case LogEnd(status=status):
                    found.append(f"<{status}>")
    return found


async def test_the_log_comes_whole_and_ends() -> None:
    async with scripted(says(text(0, "one "), text(4, "two"), END, then=stay)) as server:
        assert await heard(server.url, 0) == ["one ", "two", "<DONE>"]
        assert server.asked == [{"offset": "0"}]


async def test_a_log_that_was_cut_goes_on_where_it_was() -> None:
    bye = Bye(code=1012, after=(0, 1))
    async with scripted(says(text(7, "one ")), says(text(11, "two "), bye), says(text(15, "three"), END)) as server:
        assert await heard(server.url) == ["one ", "two ", "three", "<DONE>"]
        assert server.asked == [{}, {"offset": "11"}, {"offset": "15"}]


async def test_the_next_position_is_the_servers_word() -> None:
    odd = LogText(offset=0, text="\ufffd", source="file", next=1)
    async with scripted(says(odd), says(END)) as server:
        assert await heard(server.url) == ["\ufffd", "<DONE>"]
        assert server.asked[1] == {"offset": "1"}


async def test_a_log_that_begins_anew_says_so() -> None:
    messages = text(0, "peeked", "bpeek"), LogReset(source="file"), text(0, "whole"), END
    async with scripted(says(*messages)) as server:
        assert await heard(server.url) == ["peeked", "<file>", "whole", "<DONE>"]


async def test_a_position_means_nothing_in_another_source() -> None:
    async with scripted(
        says(text(0, "peeked", "bpeek")), says(text(6, "x"), then=stay), says(text(0, "whole"), END)
    ) as server:
        assert await heard(server.url) == ["peeked", "<file>", "whole", "<DONE>"]
        assert server.asked == [{}, {"offset": "6"}, {}]


async def test_a_job_that_was_removed_ends_its_log() -> None:
    async def done(connection: object) -> None:
        """A return closes with 1000."""

    async with scripted(says(text(0, "one"), then=done)) as server:
        assert await heard(server.url) == ["one"]


async def test_an_unknown_job_is_refused() -> None:
    async with scripted(answer(404)) as server:
        with pytest.raises(Refused):
            await heard(server.url)
