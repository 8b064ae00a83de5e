"""Every module as it is served, in a browser: its top level runs."""

from playwright.sync_api import Page

from tests.pages.conftest import needs_chromium, open_page
from tests.pages.manager import Manager
from tests.pages.test_modules import MODULES

pytestmark = needs_chromium

LOAD = """async (modules) => {
  const base = document.querySelector("script[type=module]").src.replace(/pages\\/\\w+\\.js$/, "");
  return Promise.all(modules.map((name) => import(base + name).then(() => "", (cause) => `${name}: ${cause}`)));
}"""


def test_every_module_can_be_loaded_in_any_order(page: Page, manager: Manager, experiment: str) -> None:
    """Those of the pages themselves are loaded by opening these."""
    open_page(page, manager, experiment)
    names = [f"{path.parent.name}/{path.name}" for path in MODULES if path.parent.name != "pages"]
    assert [problem for problem in page.evaluate(LOAD, names) if problem] == []
    for more in ("", "?mode=grid", "/definitions", "/activity", "/overview"):
        open_page(page, manager, experiment, more)
    page.goto(manager.url)
