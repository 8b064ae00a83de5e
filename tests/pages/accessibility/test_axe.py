"""What axe-core is asked to look at."""

import pytest
from playwright.sync_api import Browser

from tests.pages.axe import Axe
from tests.pages.conftest import needs_chromium

pytestmark = needs_chromium

PAGE = """<!doctype html><html lang="en"><title>Runs</title><style>
html { color: #111; background: #fff } .pale:nth-child(7) { color: #ccc } .shade:nth-child(9) { background: #222 }
</style><main><h1>Runs</h1>%s</main></html>"""
ALIKE = "<p class='pale shade'>words</p>" * 4


@pytest.mark.parametrize(
    "odd",
    [
        "<p style='color: #ccc'>odd</p>",
        "<p class=dark style='background: #222'>odd</p>",
        "<p class='pale shade' style='opacity: 0.3'>odd</p>",
        "<p class=pale>words</p>" * 3,
        "<p class=shade>words</p>" * 5,
        "<p>words</p><div style='background: #222'><p>words</p></div>",
        "<p style='color: #ccc'></p><p style='color: #ccc'> <b></b> </p><p style='color: #ccc'>odd</p>",
        "<button style='color: #ccc' disabled>odd</button>" * 3 + "<button style='color: #ccc'>odd</button>",
    ],
)
def test_one_element_that_looks_unlike_the_others_is_seen(browser: Browser, axe_script: str, odd: str) -> None:
    page = browser.new_page()
    axe = Axe(page, axe_script)
    page.set_content(PAGE % ALIKE)
    axe.look("alike", "light")
    assert axe.wrong == []
    page.set_content(PAGE % (ALIKE + odd))
    axe.look("odd", "light")
    assert len(axe.wrong) == 1 and "color-contrast" in axe.wrong[0]
    page.close()
