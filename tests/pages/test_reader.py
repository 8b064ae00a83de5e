"""The main job as a screen reader has it: names, roles and states alone, and each piece of news told once."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.pages.agent import Agent
from tests.pages.conftest import needs_chromium, open_page
from tests.pages.manager import Manager

pytestmark = [needs_chromium, pytest.mark.timeout(120)]

LISTEN = """() => {
  const LIVE = "[role=status], [role=alert], [role=log], output, [aria-live]:not([aria-live=off])";
  const told = new WeakMap();
  window.told = [];
  window.ticked = [];
  new MutationObserver((changes) => {
    if (document.readyState === "loading") return;
    for (const { target, addedNodes } of changes) {
      const near = target instanceof Element ? target : target.parentElement;
      if (near?.closest("#clock")) window.ticked.push("clock");
      const added = [...addedNodes].filter((one) => one instanceof Element);
      const inside = added.flatMap((one) => [one, ...one.querySelectorAll("*")]);
      for (const region of [near?.closest(LIVE), ...inside]) {
        if (!region?.matches(LIVE) || !region.isConnected || !region.checkVisibility()) continue;
        const text = region.innerText.replace(/\\s+/g, " ").trim();
        if (told.get(region) !== text && text) window.told.push(text);
        told.set(region, text);
      }
    }
  }).observe(document, { subtree: true, childList: true, characterData: true, attributeFilter: ["hidden"] });
}"""


class Reader:
    """Somebody who has the accessibility tree, and hears what changes in the live regions of the page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.add_init_script(f"({LISTEN})()")

    def hears(self, *texts: str) -> None:
        """These come once each, in this order, and nothing else is told."""
        try:
            self.page.wait_for_function("(count) => window.told.length >= count", arg=len(texts), timeout=5_000)
        finally:
            self._settle()
        assert self.page.evaluate("window.told.splice(0)") == list(texts)

    def hears_nothing(self) -> None:
        """Of what has changed since."""
        self._settle()
        assert self.page.evaluate("window.told.splice(0)") == []

    def _settle(self) -> None:
        """Whatever is drawn late has been drawn: two seconds of the clock have begun."""
        self.page.evaluate("window.ticked.length = 0")
        self.page.wait_for_function("() => window.ticked.length >= 2")

    def tree(self, place: Locator) -> list[dict[str, Any]]:
        """Nodes of the accessibility tree that are not ignored, in and below this element."""
        client = self.page.context.new_cdp_session(self.page)
        place.evaluate("(element) => { window.sought = element; }")
        sought = client.send("Runtime.evaluate", {"expression": "window.sought"})["result"]["objectId"]
        root = client.send("DOM.describeNode", {"objectId": sought})["node"]["backendNodeId"]
        nodes = {node["nodeId"]: node for node in client.send("Accessibility.getFullAXTree")["nodes"]}
        client.detach()
        (start,) = [node for node in nodes.values() if node.get("backendDOMNodeId") == root]
        below = [start]
        for node in below:
            below += [nodes[child] for child in node.get("childIds", []) if child in nodes]
        return [node for node in below if not node["ignored"]]


@pytest.fixture
def reader(page: Page) -> Reader:
    return Reader(page)


@pytest.fixture
def agent(manager: Manager) -> Iterator[Agent]:
    """The agent of the location `default`."""
    agent = Agent(manager.url)
    agent.start()
    yield agent
    agent.close()


@pytest.fixture
def three_runs(manager: Manager, experiment: str, agent: Agent) -> str:
    """Runs 1 to 3; `calib` has failed on run 1 and runs on run 2."""
    body = {"name": "calib", "executable": "/nowhere/calib.sh", "parameters": "--cut 3"}
    manager.call("POST", f"/experiments/{experiment}/definitions", body)
    for number in (2, 3):
        manager.call("POST", f"/experiments/{experiment}/runs", {"number": number, "params": {"Sample": "LaB6"}})
    for run in (1, 2):
        (job,) = manager.call("POST", f"/experiments/{experiment}/jobs", {"definition": "calib", "runs": run})["jobs"]
        agent.claim(job["id"])
        agent.submitted(job["id"], f"73188{run}")
        status, more = ("EXIT", {"exit_code": 1}) if run == 1 else ("RUN", {})
        agent.lsf(job["id"], f"73188{run}", status, **more)
        manager.report(job, {"Events": ["812", None]})
    return experiment


def names(nodes: list[dict[str, Any]], role: str) -> list[str]:
    """Names of the nodes of this role."""
    return [node.get("name", {}).get("value", "") for node in nodes if node["role"]["value"] == role]


def line_of(page: Page, run: int) -> Locator:
    """The row of the job of `calib` on this run."""
    return page.get_by_role("row").filter(has=page.get_by_role("button", name=f"Log calib on run {run}", exact=True))


def test_the_table_reads_as_one(reader: Reader, manager: Manager, three_runs: str) -> None:
    page = reader.page
    open_page(page, manager, three_runs)
    table = page.get_by_role("table", name="Runs and their jobs")
    expect(line_of(page, 1)).to_be_visible()
    nodes = reader.tree(table)
    of_runs = ["Started", "Length", "Sample", "Action", "Notes"]
    of_jobs = ["Hash", "Status", "LSF ID", "Submitted", "Length", "Actions", "Report"]
    assert sorted(names(nodes, "columnheader")) == sorted(["Select every run in the view Run", *of_runs, *of_jobs])
    assert sorted(names(nodes, "rowheader")) == ["Select run 1 1", "Select run 2 2", "Select run 3 3", "calib", "calib"]
    assert all(name for role in ("button", "link", "checkbox", "table") for name in names(nodes, role))
    expect(page.get_by_role("row", name="Select run 3")).to_contain_text("LaB6")
    expect(line_of(page, 2).get_by_role("cell", name="RUN", exact=True)).to_be_visible()
    expect(line_of(page, 1).get_by_role("cell", name="EXIT 1", exact=True)).to_be_visible()
    expect(line_of(page, 2).get_by_role("cell", name="Events 812", exact=True)).to_be_visible()
    buttons = names(reader.tree(line_of(page, 2)), "button")
    did = [f"{name} calib on run 2" for name in ("Kill", "Log", "Details")]
    assert sorted(buttons) == sorted([*did, "LSF jobs of calib on run 2: 731882"])
    buttons = names(reader.tree(line_of(page, 1)), "button")
    assert {"Resubmit calib on run 1", "Delete calib on run 1"} < set(buttons)
    assert "Kill calib on run 1" not in buttons


def test_states_are_told_with_the_names(reader: Reader, manager: Manager, three_runs: str) -> None:
    page = reader.page
    open_page(page, manager, three_runs)
    jobs = line_of(page, 2).get_by_role("button", name="LSF jobs of calib on run 2: 731882", expanded=False)
    jobs.click()
    expect(line_of(page, 2).get_by_role("button", name="LSF jobs of calib", expanded=True)).to_be_visible()
    page.get_by_role("button", name="Failed 1", pressed=False).click()
    expect(page.get_by_role("button", name="Failed 1", pressed=True)).to_be_visible()
    page.get_by_role("button", name="Failed 1").click()
    page.get_by_role("button", name="Filter", exact=True, expanded=False).click()
    expect(page.get_by_role("button", name="Filter", exact=True, expanded=True)).to_be_visible()
    expect(page.get_by_role("button", name="List", pressed=True)).to_be_visible()
    expect(page.get_by_role("button", name="Grid", pressed=False)).to_be_visible()
    head = page.get_by_role("columnheader", name="Started")
    head.get_by_role("button").click()
    expect(page.locator("th[aria-sort]")).to_have_attribute("aria-sort", "descending")
    assert "Started" in str(page.locator("th[aria-sort]").inner_text())
    expect(page.get_by_role("link", name="Batch control")).to_have_attribute("aria-current", "page")
    page.get_by_role("checkbox", name="Select run 2").check()
    expect(page.get_by_role("checkbox", name="Select run 2", checked=True)).to_be_visible()

    line_of(page, 2).get_by_role("button", name="Log calib on run 2").click()
    panel = page.get_by_role("complementary", name="calib on run 2")
    expect(panel.get_by_role("tab", name="Log", selected=True)).to_be_visible()
    panel.get_by_role("tab", name="Posts", selected=False).click()
    expect(panel.get_by_role("tab", name="Posts", selected=True)).to_be_visible()


def test_a_hash_is_chosen_in_a_list_that_says_which_one_is_active(
    reader: Reader, manager: Manager, three_runs: str
) -> None:
    page = reader.page
    open_page(page, manager, three_runs)
    page.get_by_role("button", name="Apply a hash to run 3", expanded=False).click()
    expect(page.get_by_role("button", name="Apply a hash to run 3", expanded=True)).to_be_attached()
    dialog = page.get_by_role("dialog", name="Hash for run 3")
    field = dialog.get_by_role("combobox", name="Hash for run 3", expanded=True)
    expect(field).to_be_focused()
    options = dialog.get_by_role("listbox", name="Hash for run 3").get_by_role("option")
    expect(options).to_have_text(["calib", "one"])
    for key, name in (("", "calib"), ("ArrowDown", "one"), ("ArrowUp", "calib")):
        if key:
            page.keyboard.press(key)
        active = dialog.get_by_role("option", selected=True)
        expect(active).to_have_text(name)
        expect(field).to_have_attribute("aria-activedescendant", str(active.get_attribute("id")))


def test_each_piece_of_news_is_told_once(reader: Reader, manager: Manager, three_runs: str, agent: Agent) -> None:
    page = reader.page
    open_page(page, manager, three_runs)
    reader.hears("3 runs", "Live")

    field = page.get_by_role("searchbox", name="Filter runs, hashes, status")
    field.fill("calib")
    reader.hears("2 of 3 runs")
    page.get_by_role("button", name="Failed 1").click()
    reader.hears("1 of 3 runs")
    page.get_by_role("button", name="Clear").click()
    reader.hears("3 runs")

    page.get_by_role("button", name="Apply a hash to run 3").click()
    page.get_by_role("combobox", name="Hash for run 3").fill("cal")
    reader.hears("1 of 2 hashes")
    page.keyboard.press("Enter")
    reader.hears("calib is applied to run 3")
    page.get_by_role("button", name="Kill calib on run 2").click()
    dialog = page.get_by_role("dialog", name="Kill 1 job of run 2?")
    expect(dialog.get_by_role("button", name="Keep it")).to_be_focused()
    dialog.get_by_role("button", name="Kill 1 job").click()
    reader.hears("calib on run 2 is being killed")
    page.get_by_role("button", name="Delete calib on run 1").click()
    page.get_by_role("dialog", name="Delete 1 job of run 1?").get_by_role("button", name="Delete 1 job").click()
    reader.hears("calib on run 1 is deleted")
    page.route("**/kill", lambda route: route.fulfill(status=409, json={"error": {"message": "It has ended."}}))
    page.get_by_role("button", name="Kill calib on run 3").click()
    page.get_by_role("dialog").get_by_role("button", name="Kill 1 job").click()
    expect(page.get_by_role("alert")).to_have_count(1)
    said = page.get_by_role("alert").inner_text()
    reader.hears(" ".join(said.split()))

    page.unroute("**/kill")
    page.keyboard.press("s")
    reader.hears("0 runs selected")
    expect(page.get_by_role("textbox", name="Selected runs")).to_be_focused()
    page.keyboard.type("1-3")
    page.keyboard.press("Enter")
    reader.hears("3 runs selected")


def test_what_changes_by_itself_is_not_told(reader: Reader, manager: Manager, three_runs: str, agent: Agent) -> None:
    page = reader.page
    open_page(page, manager, f"{three_runs}?line=counter:Events&line=length")
    reader.hears("3 runs", "Live")
    (job,) = [one for one in manager.call("GET", f"/experiments/{three_runs}/jobs")["items"] if one["run"] == 2]
    page.evaluate("window.ticked.length = 0")
    for events in (813, 814):
        manager.report(job, {"Events": [str(events), None]})
        expect(line_of(page, 2)).to_contain_text(str(events))
    agent.lsf(job["id"], "731882", "DONE")
    expect(line_of(page, 2)).to_contain_text("DONE")
    page.wait_for_function("() => window.ticked.includes('clock')")
    reader.hears_nothing()
    assert page.locator("#clock, #runs").locator("xpath=ancestor-or-self::*[@role='status' or @aria-live]").count() == 0
