"""The log of a job in a real browser, in front of a real manager and an agent that reads real bytes."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.pages.conftest import needs_chromium, open_page
from tests.pages.log_reader import LOG, Reader, running
from tests.pages.manager import TOKEN, Manager

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def installed(manager: Manager) -> Iterator[Reader]:
    agent = Reader(manager.url)
    agent.logs = {}
    agent.start()
    yield agent
    agent.close()


@pytest.fixture
def agent(installed: Reader) -> Iterator[Reader]:
    yield installed
    installed.source, installed.ended, installed.too_old, installed.broken_after = "file", True, False, None
    installed.unreadable = False


def in_view(page: Page, text: str) -> None:
    expect(page.locator(".log > [data-marked]")).to_contain_text(text)
    expect(page.locator(".log > [data-marked]")).to_be_in_viewport()


def found_words(page: Page) -> Any:
    return expect(page.locator(".log-search output"))


def test_it_opens_at_its_end_and_what_came_before_is_read_by_scrolling_up(
    manager: Manager, agent: Reader, page: Page, experiment: str
) -> None:
    job = running(manager, agent, experiment)
    open_page(page, manager, experiment, f"#job/{job}/log")
    log = page.locator("#panel .log")
    expect(log).to_contain_text("event 19999")
    expect(log).not_to_contain_text("event 12500")
    expect(page.locator(".log-foot")).to_contain_text("at its end")
    before = log.locator("> span").count()
    while "event 12500\n" not in (log.text_content() or ""):
        log.evaluate("log => { log.scrollTop = 0; }")
        page.wait_for_timeout(50)
    assert log.locator("> span").count() > before
    expect(page.locator(".log-foot")).to_contain_text(re.compile(r"from the log file, \d+ kB, at \d\d %"))
    page.get_by_role("button", name="Start", exact=True).click()
    expect(log).to_contain_text("ERROR=0")
    expect(page.locator(".log-foot")).to_contain_text("at 0 %")
    page.get_by_role("button", name="Follow the end").click()
    expect(log.locator("> span").last).to_be_in_viewport()


def test_colours_are_shown_as_tones_and_no_order_to_a_terminal_is(
    manager: Manager, agent: Reader, page: Page, experiment: str
) -> None:
    job = running(
        manager, agent, experiment, b"\x1b[31mred\x1b[0m \x1b[1;4mstrong\x1b[0m\x1b[2J <b>plain</b>\n10%\r20%\n"
    )
    open_page(page, manager, experiment, f"#job/{job}/log")
    expect(page.locator(".log > span")).to_have_text(["red strong <b>plain</b>", "10%", "20%"])
    expect(page.locator(".log [data-look='red']")).to_have_text("red")
    expect(page.locator(".log [data-look='bold underline']")).to_have_text("strong")
    expect(page.locator(".log [data-look='red']")).to_have_css("color", re.compile("oklch"))


def test_a_search_counts_and_goes_on_and_back_through_the_whole_log(
    manager: Manager, agent: Reader, page: Page, experiment: str
) -> None:
    job = running(manager, agent, experiment)
    open_page(page, manager, experiment, f"#job/{job}/log")
    expect(page.locator("#panel .log")).to_contain_text("event 19999")
    page.locator("#panel .log").focus()
    page.keyboard.press("/")
    page.keyboard.type("NEEDLE")
    found_words(page).to_have_text("1 of 2")
    in_view(page, "a needle in it")
    assert page.evaluate("CSS.highlights.get('log-current').size") == 1
    page.keyboard.press("Enter")
    found_words(page).to_have_text("2 of 2")
    page.keyboard.press("Shift+Enter")
    found_words(page).to_have_text("1 of 2")
    page.get_by_role("button", name="Match case").click()
    found_words(page).to_have_text("Not found")
    page.get_by_role("searchbox", name="Search the log").focus()
    page.keyboard.press("Escape")
    expect(page.get_by_role("searchbox", name="Search the log")).to_have_value("")
    expect(page.locator("#panel")).to_be_visible()


def test_the_first_real_error_is_a_key_away(manager: Manager, agent: Reader, page: Page, experiment: str) -> None:
    job = running(manager, agent, experiment)
    open_page(page, manager, experiment, f"#job/{job}/log")
    page.locator("#panel .log").focus()
    page.keyboard.press("e")
    found_words(page).to_have_text("Error 1")
    in_view(page, "ERROR  bad constants")
    expect(page.locator("#panel .log")).to_contain_text("event 12001")
    page.get_by_role("button", name="Next line found").click()
    found_words(page).to_have_text("Error 1")


def test_buttons_stay_where_they_are_whatever_is_searched_and_shown(
    manager: Manager, agent: Reader, page: Page, experiment: str
) -> None:
    job = running(manager, agent, experiment)
    open_page(page, manager, experiment, f"#job/{job}/log")
    expect(page.locator("#panel .log")).to_contain_text("event 19999")
    names = ["First error", "Next line found", "Start", "Wrap", "Copy link"]

    def places() -> list[Any]:
        return [page.locator("#panel").get_by_role("button", name=name, exact=True).bounding_box() for name in names]

    before = places()
    page.get_by_role("searchbox", name="Search the log").fill("event 1")
    found_words(page).to_have_text(re.compile(r"of 11,\d\d\d$"))
    assert places() == before
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.locator("#panel .log")).to_contain_text("ERROR=0")
    assert places() == before


def test_long_lines_are_wrapped_or_not_as_was_chosen_before(
    manager: Manager, agent: Reader, page: Page, experiment: str
) -> None:
    job = running(manager, agent, experiment, b"wide " * 200 + b"\n")
    open_page(page, manager, experiment, f"#job/{job}/log")
    log = page.locator("#panel .log")
    expect(log).to_contain_text("wide")
    assert log.evaluate("log => log.scrollWidth === log.clientWidth")
    page.get_by_role("button", name="Wrap", exact=True).click()
    assert log.evaluate("log => log.scrollWidth > log.clientWidth")
    page.reload()
    expect(log).to_contain_text("wide")
    expect(page.get_by_role("button", name="Wrap", exact=True)).to_have_attribute("aria-pressed", "false")


def test_whoever_is_at_the_end_stays_there_when_a_note_appears_or_the_window_changes(
    manager: Manager, agent: Reader, page: Page, experiment: str
) -> None:
    job = running(manager, agent, experiment, ended=False)
    agent.source = "bpeek"
    open_page(page, manager, experiment, f"#job/{job}/log")
    foot = page.locator(".log-foot")
    expect(page.locator("#panel")).to_contain_text("this is what bpeek shows")
    expect(foot).to_contain_text("following")
    page.set_viewport_size({"width": 1440, "height": 600})
    agent.logs[job] += b"and more\n"
    expect(page.locator(".log > :last-child")).to_have_text("and more\n")
    expect(page.locator(".log > :last-child")).to_be_in_viewport()
    expect(foot).to_contain_text("following")
    agent.logs[job] = LOG


def test_the_line_in_view_stays_there_when_long_lines_are_wrapped(
    manager: Manager, agent: Reader, page: Page, experiment: str
) -> None:
    job = running(manager, agent, experiment, b"".join(b"line %d %s\n" % (n, b"wide " * 60) for n in range(150)))
    open_page(page, manager, experiment, f"#job/{job}/log")
    log = page.locator("#panel .log")
    line = log.locator("> span", has_text=re.compile(r"^line 77 "))
    line.evaluate("line => line.scrollIntoView()")
    page.get_by_role("button", name="Wrap", exact=True).click()
    expect(line).to_be_in_viewport()
    expect(page.locator(".log-foot")).not_to_contain_text("at its end")
    page.get_by_role("button", name="Wrap", exact=True).click()
    expect(line).to_be_in_viewport()


def test_what_bpeek_shows_is_said_to_be_that_and_where_the_log_will_be(
    manager: Manager, agent: Reader, page: Page, experiment: str
) -> None:
    job = running(manager, agent, experiment, b"so far\n", ended=False)
    agent.source = "bpeek"
    open_page(page, manager, experiment, f"#job/{job}/log")
    panel = page.locator("#panel")
    expect(panel).to_contain_text("LSF writes the log file when the job ends; this is what bpeek shows.")
    expect(panel.locator(".log-head")).to_contain_text("/reg/d/logs/81.out")
    expect(panel).to_contain_text("from bpeek, 7 bytes, following")
    agent.logs[job] = b"so far\nand more\n"
    expect(panel.locator(".log")).to_contain_text("and more")
    agent.source = "file"
    expect(panel).to_contain_text("from the log file")


def test_a_log_that_cannot_be_read_on_says_so_and_is_followed_again_by_itself(
    manager: Manager, agent: Reader, page: Page, experiment: str
) -> None:
    job = running(manager, agent, experiment, b"so far\n", ended=False)
    agent.lsf(job, "81", "RUN", log_file="/reg/d/logs/81.out")
    open_page(page, manager, experiment, f"#job/{job}/log")
    foot = page.locator(".log-foot .where")
    expect(foot).to_have_text("from the log file, 7 bytes, following")
    agent.unreadable = True
    expect(foot).to_have_text("from the log file, 7 bytes, as last read")
    expect(page.locator(".log-tab .teach")).to_have_text(
        re.compile(r"^The log cannot be read now: .*does not answer\.$")
    )
    page.reload()
    expect(page.locator(".log-tab .teach")).to_contain_text("cannot be read now")
    expect(page.locator(".log-head .path")).to_have_text("/reg/d/logs/81.out")
    agent.unreadable = False
    expect(foot).to_have_text("from the log file, 7 bytes, following", timeout=10_000)
    expect(page.locator(".log-tab .teach")).to_be_hidden()


def test_an_agent_of_before_is_too_old_to_search(manager: Manager, agent: Reader, page: Page, experiment: str) -> None:
    job = running(manager, agent, experiment)
    agent.too_old = True
    open_page(page, manager, experiment, f"#job/{job}/log")
    page.get_by_role("button", name="First error").click()
    found_words(page).to_have_text("The batch client is too old to search")


def test_the_whole_log_is_downloaded_byte_by_byte(manager: Manager, agent: Reader, page: Page, experiment: str) -> None:
    log = LOG * 4 + b"\xff\xfe\x00"
    job = running(manager, agent, experiment, log)
    open_page(page, manager, experiment, f"#job/{job}/log")
    with page.expect_download() as download:
        page.get_by_role("link", name="Whole log").click()
    assert download.value.suggested_filename.endswith("-run1-one-81.log")
    assert download.value.path().read_bytes() == log


def test_a_download_whose_agent_is_lost_midway_breaks_off(manager: Manager, agent: Reader, experiment: str) -> None:
    job = running(manager, agent, experiment, LOG * 4)
    agent.broken_after = 1
    address = f"{manager.url}/api/v1/jobs/{job}/log/whole"
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(address, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30)


def test_a_download_that_is_left_asks_for_nothing_more(manager: Manager, agent: Reader, experiment: str) -> None:
    job = running(manager, agent, experiment, b"x" * 60_000_000)
    address = f"{manager.url}/api/v1/jobs/{job}/log/whole"
    with httpx.stream("GET", address, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30) as answer:
        next(answer.iter_raw())
    asked = -1
    while len(agent.asked) != asked:
        asked = len(agent.asked)
        httpx.get(f"{manager.url}/healthz")
        agent._ended.wait(1.5)
    assert sum(1 for one in agent.asked if one.job == job) < 30
