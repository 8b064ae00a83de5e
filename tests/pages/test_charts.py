"""The pictures of the page Overview: what they are drawn from, how they follow, and what can be taken from them."""

import csv
import re
import struct
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Locator, Page, expect

from realtime.demo.past import Past
from tests.pages.agent import Agent
from tests.pages.conftest import needs_chromium, open_page
from tests.pages.manager import Manager
from tests.ports import free_port

pytestmark = needs_chromium

FIGURES = ("jobs", "runs", "success", "times", "counter")
PAST = Past(experiment="past", runs=40, hashes=3, jobs_per_run=3)


@pytest.fixture(scope="module")
def manager(seeded: Callable[[Past], Path]) -> Iterator[Manager]:
    """It has the experiment `past`, which nothing happens in any more."""
    manager = Manager(seeded(PAST), free_port())
    manager.start()
    yield manager
    manager.stop()


@pytest.fixture
def agent(manager: Manager) -> Iterator[Agent]:
    """The agent of the location `default`."""
    agent = Agent(manager.url)
    agent.start()
    yield agent
    agent.close()


def test_each_picture_has_a_table_that_says_what_the_api_says(page: Page, manager: Manager) -> None:
    with page.expect_response(lambda answer: "/overview/history?" in answer.url) as answered:
        open_page(page, manager, "past", "/overview?span=all&counter=Hit+rate")
    base = "/experiments/past/overview"
    history = answered.value.json()
    assert history["runs"][-1] == manager.call("GET", f"{base}/history?hours=all")["runs"][-1]
    columns = [history[name] for name in ("waiting", "running", "done", "failed")]
    told = _table(page, "jobs")
    assert told[1:] == [list(line) for line in zip(*columns, strict=True)][::-1][: len(told) - 1]
    taken = _table(page, "runs")[1]
    assert taken == [history["runs"][-1], history["processed"][-1], history["behind"]]
    hashes = manager.call("GET", base)["hashes"]
    current = [hash["current"] for hash in hashes]
    success = _table(page, "success")[1:]
    assert [line[0] for line in success] == [each.get("DONE", 0) for each in current]
    assert [line[4] for line in success] == [
        sum(each.get(status, 0) for status in ("EXIT", "LOST", "Submit failed")) for each in current
    ]
    assert [line[5] for line in success] == [hash["missing"] for hash in hashes]
    assert [line[6] for line in success] == [f"{int(100 * line[0] // (line[0] + line[4]))} %" for line in success]
    times = manager.call("GET", f"{base}/times")
    shown = _table(page, "times")[1:]
    assert [line[0] for line in shown] == [each["run"]["n"] for each in times]
    assert [line[5] for line in shown] == [_length(each["run"]["median"]) for each in times]
    byrun = manager.call("GET", f"{base}/counter?hash=1&counter=Hit+rate")["items"]
    assert _table(page, "counter")[1:] == [[item["text"], item["status"]] for item in byrun[::-1]]
    link = page.locator("#counter tbody a").first
    assert str(link.get_attribute("href")).endswith(f"#job/{byrun[-1]['job']}")


def test_pictures_follow_what_happens_and_stay_where_one_reads(
    page: Page, manager: Manager, experiment: str, agent: Agent
) -> None:
    open_page(page, manager, experiment, "/overview")
    says = {name: page.locator(f"#{name} .figure-says") for name in FIGURES}
    expect(says["runs"]).to_have_text("0 of 1 runs have a job DONE: 1 behind, steady.")
    expect(says["jobs"]).to_have_text("No job in the last 24 h.")
    expect(page.locator("#jobs .chart")).to_be_hidden()
    picture = page.get_by_role("img", name="Runs taken and processed")
    picture.press("End")
    expect(page.locator("#runs .chart-tip")).to_contain_text("1 taken, 0 processed")
    (job,) = manager.call("POST", f"/experiments/{experiment}/jobs", {"definition": "one", "runs": 1})["jobs"]
    expect(says["jobs"]).to_contain_text("0 running and 1 waiting now")
    agent.claim(job["id"])
    agent.submitted(job["id"], "9001")
    agent.lsf(job["id"], "9001", "RUN")
    expect(says["jobs"]).to_contain_text("1 running and 0 waiting now")
    manager.report(job, {"Hits": "12.5 %"})
    agent.lsf(job["id"], "9001", "DONE")
    expect(says["runs"]).to_contain_text("1 of 1 runs have a job DONE: none behind")
    expect(page.locator("#runs .chart-tip")).to_contain_text("1 taken, 1 processed")
    expect(picture).to_be_focused()
    expect(says["counter"]).to_have_text("1 run, the newest 1 with 12.5 %.")
    expect(page.get_by_role("img", name="Hits of one, run by run")).to_be_visible()


def test_a_picture_is_read_by_keyboard_and_leads_to_its_job(page: Page, manager: Manager) -> None:
    open_page(page, manager, "past", "/overview?span=all&counter=Events")
    items = manager.call("GET", "/experiments/past/overview/counter?hash=1&counter=Events")["items"]
    picture = page.get_by_role("img", name="Events of")
    said = page.locator("#counter [role=status]")
    picture.press("Home")
    expect(said).to_have_text(f"Run {items[0]['run']}, {items[0]['status']}, {items[0]['text']}")
    picture.press("ArrowRight")
    expect(said).to_have_text(f"Run {items[1]['run']}, {items[1]['status']}, {items[1]['text']}")
    expect(page.locator("#counter .chart-tip")).to_be_visible()
    picture.press("Escape")
    expect(page.locator("#counter .chart-tip")).to_be_hidden()
    picture.press("End")
    expect(said).to_have_text(f"Run {items[-1]['run']}, {items[-1]['status']}, {items[-1]['text']}")
    picture.press("Enter")
    expect(page).to_have_url(re.compile(rf"/experiments/past#job/{items[-1]['job']}"))


def test_the_pointer_finds_a_value_and_a_line_of_a_hash_leads_to_its_runs(page: Page, manager: Manager) -> None:
    open_page(page, manager, "past", "/overview?span=all")
    hash = manager.call("GET", "/experiments/past/overview")["hashes"][0]
    box = page.locator("#jobs .chart svg").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 60)
    expect(page.locator("#jobs .chart-tip")).to_contain_text(" running, ")
    where = page.locator("#success svg text", has_text=hash["name"]).bounding_box()
    assert where is not None
    page.mouse.move(where["x"] + 5, where["y"] + 5)
    expect(page.locator("#success .chart-tip")).to_contain_text(f"{hash['current']['DONE']} done")
    expect(page.locator("#jobs .chart-tip")).to_be_hidden()
    page.mouse.click(where["x"] + 5, where["y"] + 5)
    expect(page).to_have_url(re.compile(rf"/experiments/past\?hash={hash['name']}$"))


def test_what_is_chosen_stands_in_the_address_and_holds_after_a_reload(page: Page, manager: Manager) -> None:
    name = manager.call("GET", "/experiments/past/overview")["hashes"][1]["name"]
    open_page(page, manager, "past", "/overview")
    page.get_by_role("button", name="12 h").click()
    page.get_by_label("Hash", exact=True).select_option(name)
    page.get_by_label("Counter", exact=True).select_option("Hit rate")
    expect(page).to_have_url(re.compile(rf"\?span=12&hash={name}&counter=Hit\+rate$"))
    page.reload()
    expect(page.get_by_role("button", name="12 h")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#hash-choice")).to_have_value(name)
    expect(page.get_by_role("img", name=f"Hit rate of {name}, run by run")).to_be_visible()
    expect(page.get_by_role("img", name=f"Jobs over time of {name}")).to_be_visible()
    expect(page.locator("#runs .figure-says")).to_contain_text(f"have a job DONE of {name}")


def test_a_picture_can_be_taken_as_svg_png_and_csv(page: Page, manager: Manager, tmp_path: Path) -> None:
    page.emulate_media(color_scheme="dark")
    open_page(page, manager, "past", "/overview?span=all")
    for name in FIGURES:
        figure = page.locator(f"#{name}")
        expect(figure.locator("svg text").first).to_be_visible()
        root = ElementTree.fromstring(_taken(figure, "SVG", tmp_path))
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        title, about, background, *_ = list(root)
        assert (title.text or "").startswith("past: ") and about.text == figure.locator(".figure-says").inner_text()
        colors = {one.get(kind) for one in root.iter() for kind in ("fill", "stroke")} - {None, "none"}
        assert all(re.fullmatch("#[0-9a-f]{6}", str(color)) for color in colors) and len(colors) > 2
        assert int(str(background.get("fill"))[1:3], 16) > 0xF0, "light, whatever the page is"
        if name in ("jobs", "counter"):
            png = _taken(figure, "PNG", tmp_path)
            size = struct.unpack(">II", png[16:24])
            assert png[:4] == b"\x89PNG" and size == (2 * int(str(root.get("width"))), 2 * int(str(root.get("height"))))
        file = page.request.get(f"{manager.url}{figure.get_by_role('link', name='CSV').get_attribute('href')}")
        lines = list(csv.reader(StringIO(file.text())))
        assert len(lines) > 1 and all(len(line) == len(lines[0]) for line in lines)


def test_without_hashes_there_are_no_pictures_and_on_a_phone_nothing_is_cut_off(page: Page, manager: Manager) -> None:
    manager.call("POST", "/experiments", {"name": "empty"})
    open_page(page, manager, "empty", "/overview")
    expect(page.locator("#pictures")).to_be_hidden()
    expect(page.get_by_role("heading", name="Nothing to sum up yet")).to_be_visible()
    page.set_viewport_size({"width": 375, "height": 800})
    open_page(page, manager, "past", "/overview?span=all")
    for name in FIGURES:
        expect(page.locator(f"#{name} svg text").first).to_be_visible()
        page.locator(f"#{name} summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") == 375


def _table(page: Page, name: str) -> list[list[Any]]:
    """The lines of a figure's table without their first column: numbers as numbers. Waits until it is drawn."""
    figure = page.locator(f"#{name}")
    expect(figure.locator("svg text").first).to_be_visible()
    figure.locator("summary").click()
    expect(figure.locator("tbody tr").first).to_be_visible()
    rows = figure.locator("tr").evaluate_all("rows => rows.map(row => [...row.cells].slice(1).map(c => c.textContent))")
    return [[_number(text) for text in row] for row in rows]


def _number(text: str) -> float | str:
    plain = text.replace("\u202f", "")
    return float(plain) if re.fullmatch(r"[0-9]+(\.[0-9]+)?", plain) and "%" not in plain else text


def _length(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def _taken(figure: Locator, name: str, folder: Path) -> bytes:
    with figure.page.expect_download() as download:
        figure.get_by_role("button", name=name).click()
    download.value.save_as(folder / "taken")
    return (folder / "taken").read_bytes()
