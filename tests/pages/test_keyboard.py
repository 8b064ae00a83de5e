"""The main job by keyboard alone, from the login on: the focus is always somewhere, and can always be seen."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.pages.agent import Agent
from tests.pages.conftest import needs_chromium
from tests.pages.manager import TOKEN, Manager

pytestmark = [needs_chromium, pytest.mark.timeout(120)]

FOCUS = """() => {
  const at = document.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(at);
  const { top, bottom } = at.getBoundingClientRect();
  return {
    on: at === document.body ? null : at.outerHTML.slice(0, 120),
    ring: at.matches(":focus-visible") && outlineStyle !== "none" && parseFloat(outlineWidth) >= 2,
    seen: bottom > 0 && top < innerHeight && at.checkVisibility({ visibilityProperty: true }),
  };
}"""
NAME = "() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText"
TABS = 80


@pytest.fixture
def agent(manager: Manager) -> Iterator[Agent]:
    """The agent of the location `default`."""
    agent = Agent(manager.url)
    agent.start()
    yield agent
    agent.close()


@pytest.fixture
def hands(manager: Manager, browser: Browser) -> Iterator["Hands"]:
    """Somebody with a keyboard who is not logged in yet."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    hands = Hands(context.new_page())
    wrong: list[str] = []
    hands.page.on("pageerror", lambda error: wrong.append(f"{error} {error.stack}"))
    hands.page.goto(f"{manager.url}/")
    yield hands
    context.close()
    assert wrong == []


class Hands:
    """Types, and looks where the focus is after each key."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, *pressed: str) -> None:
        """These keys, one after the other."""
        for key in pressed:
            self.page.keyboard.press(key)
            self.see(key)

    def type(self, text: str) -> None:
        """A text, into the field that has the focus."""
        self.page.keyboard.type(text)
        self.see(text)

    def see(self, after: str) -> None:
        """The focus is on something in sight that shows it, at the latest once the page has drawn."""
        try:
            self.page.wait_for_function(
                f"() => {{ const at = ({FOCUS})(); return at.on && at.ring && at.seen; }}", timeout=3_000
            )
        except Exception as error:
            raise AssertionError(f"after {after}: {self.page.evaluate(FOCUS)}") from error

    def arrive(self, heading: str) -> None:
        """Another page, which follows the feed."""
        expect(self.page.get_by_role("heading", name=heading, exact=True)).to_be_attached()
        expect(self.page.locator("#chip-text")).to_have_text("Live")

    def tab_to(self, name: str, key: str = "Tab") -> None:
        """On with Tab to the control whose name begins so."""
        for _ in range(TABS):
            if str(self.page.evaluate(NAME)).startswith(name):
                return
            self.press(key)
        raise AssertionError(f"{TABS} times {key} do not lead to {name}")


def test_the_main_job_by_keyboard_alone(hands: Hands, manager: Manager, experiment: str, agent: Agent) -> None:
    page = hands.page
    for number in (2, 3):
        manager.call("POST", f"/experiments/{experiment}/runs", {"number": number})

    hands.type(TOKEN)
    page.keyboard.press("Enter")
    hands.arrive("Experiments")
    hands.press("/")
    hands.type(experiment)
    page.keyboard.press("Enter")
    hands.arrive("Batch control")

    page.keyboard.press("1")
    hands.arrive("Batch defs")
    hands.press("n")
    hands.type("calib")
    hands.press("Enter")
    hands.type("/nowhere/calib.sh --cut 3")
    hands.press("Enter")
    expect(page.locator("#definitions tbody")).to_have_count(3)
    hands.tab_to("Try calib")

    page.keyboard.press("2")
    hands.arrive("Batch control")
    hands.press("j")
    expect(page.get_by_role("link", name="3", exact=True)).to_be_focused()
    hands.tab_to("Apply a hash to run 3")
    hands.press("Enter")
    expect(page.get_by_role("combobox", name="Hash for run 3")).to_be_focused()
    hands.type("cal")
    hands.press("Enter")
    line = page.locator('[data-key="run/3"] .job')
    expect(line).to_have_count(1)
    expect(page.get_by_role("button", name="Apply a hash to run 3")).to_be_focused()
    (job,) = manager.call("GET", f"/experiments/{experiment}/jobs")["items"]
    agent.claim(job["id"])
    agent.submitted(job["id"], "731885")
    agent.lsf(job["id"], "731885", "RUN")
    expect(line).to_contain_text("RUN")

    hands.press("j")
    expect(page.get_by_role("link", name="calib")).to_be_focused()
    hands.press("l")
    expect(page.get_by_role("heading", name="calib on run 3")).to_be_focused()
    hands.press("Escape")
    expect(page.get_by_role("link", name="calib")).to_be_focused()
    hands.press("x")
    expect(page.get_by_role("button", name="Keep it")).to_be_focused()
    hands.press("Tab", "Enter")
    expect(line).to_contain_text("killing")
    expect(page.get_by_role("link", name="calib")).to_be_focused()
    agent.killed(job["id"])
    agent.lsf(job["id"], "731885", "EXIT", exit_code=130)
    expect(line).to_contain_text("EXIT 130")

    hands.press("/")
    hands.tab_to("Failed")
    hands.press("Space")
    expect(page.locator("#find .found")).to_have_text("1 of 3 runs")
    hands.press("Space")
    expect(page.locator("#find .found")).to_have_text("3 runs")

    hands.press("s")
    expect(page.get_by_role("textbox", name="Selected runs")).to_be_focused()
    hands.type("1-2,3")
    hands.press("Enter")
    expect(page.get_by_role("region", name="Selected runs")).to_contain_text("3 runs selected")
    hands.tab_to("Apply")
    hands.press("Enter")
    expect(page.get_by_label("Hash", exact=True)).to_be_focused()
    hands.press("Enter")
    expect(page.get_by_role("combobox", name="Hash to apply")).to_be_focused()
    hands.type("calib")
    hands.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("1-3")
    expect(page.get_by_role("dialog").get_by_role("button", name="Apply to 3 runs")).to_be_enabled()
    hands.tab_to("Apply to 3 runs")
    hands.press("Enter")
    strip = page.get_by_role("region", name="calib on its way")
    expect(strip).to_contain_text("3 to go")
    hands.see("applying")
    hands.tab_to("Undo", "Shift+Tab")
    hands.press("Enter")
    expect(strip).to_contain_text("3 cancelled")
    hands.see("Undo")
    hands.tab_to("Dismiss")
    hands.press("Enter")
    expect(strip).to_have_count(0)
    hands.see("Dismiss")

    hands.press("j", "k")
    hands.tab_to("Comment on run 3")
    hands.press("Enter")
    expect(page.get_by_role("textbox", name="Comment on run 3")).to_be_focused()
    hands.type("beam was bad")
    hands.press("Enter")
    expect(page.get_by_role("button", name="Comment on run 3: beam was bad")).to_be_focused()
    hands.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    hands.press("Escape")
    expect(page.get_by_role("button", name="Comment on run 3: beam was bad")).to_be_focused()
