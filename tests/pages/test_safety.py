"""Nothing that a job sends leaves its cell, and the pages need no exception from their content security policy."""

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.pages.conftest import needs_chromium, open_page
from tests.pages.manager import TOKEN, Manager

pytestmark = needs_chromium

CSP = "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
HOSTILE = {
    "long": "x" * 2_000,
    "n" * 2_000: 1,
    "right to left \u202e": "\u202eENOD \u2067kill\u2066",
    "no width \u200b\u200d\ufeff": "D\u200bONE",
    "stack": "Z" + "\u0351\u0316" * 200,
    "lines\nof\nname": "one\n\n\n\n\n\ntwo\x1b[31mred\x1b[0m",
    "DONE": "Live",
    "button": '<button onclick="alert(1)">Kill</button>',
    "style": '<span style="position:fixed;inset:0;color:red">all over</span>',
    "link": '<a href="https://example.org/" target="_self">Log</a> <a href="javascript:alert(1)">Details</a>',
}
OUTSIDE = """(cell) => {
  const edge = cell.getBoundingClientRect();
  const clipped = getComputedStyle(cell).overflow === "clip";
  return [...cell.querySelectorAll("*")].filter((one) => one.checkVisibility()).filter((one) => {
    const { left, right, top, bottom } = one.getBoundingClientRect();
    const { unicodeBidi, position } = getComputedStyle(one);
    return left < edge.left - 1 || right > edge.right + 1 || top < edge.top - 1 || bottom > edge.bottom + 1
      || unicodeBidi !== "isolate" || !["static", "relative"].includes(position);
  }).map((one) => one.outerHTML.slice(0, 100)).concat(clipped ? [] : ["what is higher than its line is not cut off"]);
}"""

STACK = "Z" + "\u0351\u0316" * 19
RIGHT_TO_LEFT = "\u05d0\u05d1\u05d2 12 \u05d3"
NOTED = {"comment": f"{STACK} {RIGHT_TO_LEFT}\n" + "x" * 1_000, "tags": [STACK, RIGHT_TO_LEFT, "w" * 40]}
PARAMS = {"Long": "x" * 2_000, "Back": f"\u202e{RIGHT_TO_LEFT}", "Stack": "Z" + "\u0351\u0316" * 200}
HASHES = ["W" * 64, STACK, RIGHT_TO_LEFT]
QUERIES = {
    "list": "column=param:Long&column=param:Back&column=param:Stack&column=comment&line=counter:Back"
    "&line=counter:stack&line=counter:long&line=parameters",
    "grid": "mode=grid&counter=Back",
}
INLINE = """(all) => all.filter((one) => {
  const { unicodeBidi, display } = getComputedStyle(one);
  const others = one.textContent && !["TIME", "LABEL"].includes(one.tagName);
  return others && display === "inline" && unicodeBidi !== "isolate";
}).map((one) => one.outerHTML.slice(0, 160))"""
LOOSE = """(cells) => cells.filter((cell) => cell.checkVisibility()).flatMap((cell) => {
  const wrong = ["hidden", "clip"].includes(getComputedStyle(cell).overflow) ? [] : ["not cut off"];
  for (const one of cell.querySelectorAll("*")) {
    const { unicodeBidi, position, display } = getComputedStyle(one);
    if (!one.checkVisibility() || one.closest("svg")) continue;
    if (position === "fixed" || (position === "absolute" && one.offsetParent !== cell)) wrong.push("taken out of it");
    if (display === "inline" && unicodeBidi !== "isolate") wrong.push("turns round what stands beside it");
  }
  return wrong.map((what) => `${what}: ${cell.outerHTML.slice(0, 160)}`);
})"""


def test_every_page_has_the_policy_without_exceptions_and_works_under_it(
    page: Page, manager: Manager, experiment: str
) -> None:
    said = "addEventListener('securitypolicyviolation', ({ violatedDirective: what }) => console.error(what))"
    page.add_init_script(said)
    base = f"/experiments/{experiment}"
    pages = [
        "/",
        base,
        f"{base}/definitions",
        f"{base}/activity",
        f"{base}/overview",
        "/api/v1/docs",
        "/login",
        "/none",
    ]
    for address in pages:
        answer = httpx.get(f"{manager.url}{address}", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.headers["Content-Security-Policy"] == CSP, address
        page.goto(f"{manager.url}{address}")
        page.wait_for_load_state("load")


@pytest.mark.parametrize("width", [1440, 375])
def test_what_a_job_reports_stays_in_its_cell_and_is_only_text(
    page: Page, manager: Manager, experiment: str, width: int
) -> None:
    (job,) = manager.call("POST", f"/experiments/{experiment}/jobs", {"definition": "one", "runs": 1})["jobs"]
    manager.report(job, HOSTILE)
    page.set_viewport_size({"width": width, "height": 900})
    open_page(page, manager, experiment)
    cell = page.locator('[data-key="run/1"] td.report')
    expect(cell).to_contain_text("all over")
    assert cell.evaluate(OUTSIDE) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    expect(cell.locator("button, [style*=position], [onclick]")).to_have_count(0)
    (link,) = cell.get_by_role("link").all()
    assert (link.get_attribute("target"), link.get_attribute("rel")) == ("_blank", "noopener noreferrer nofollow")
    assert "underline" in link.evaluate("(link) => getComputedStyle(link).textDecorationLine")
    more = page.get_by_role("button", name="Actions for one on run 1")
    if more.is_visible():
        more.click()
    expect(page.get_by_role("button", name="Kill")).to_have_count(1)
    expect(page.locator('[data-status="DONE"]')).to_have_count(0)


@pytest.mark.parametrize("width", [1440, 375])
@pytest.mark.parametrize("view", ["list", "grid"])
def test_what_others_name_and_write_stays_in_its_cell(
    page: Page, manager: Manager, experiment: str, width: int, view: str
) -> None:
    manager.call("POST", f"/experiments/{experiment}/runs", {"number": 2, "params": PARAMS})
    manager.call("PATCH", f"/experiments/{experiment}/runs/2", NOTED)
    for name in HASHES:
        body = {"name": name, "executable": "/nowhere/x.sh", "parameters": RIGHT_TO_LEFT}
        manager.call("POST", f"/experiments/{experiment}/definitions", body)
        (job,) = manager.call("POST", f"/experiments/{experiment}/jobs", {"definition": name, "runs": 2})["jobs"]
        manager.report(job, HOSTILE | {"Back": HOSTILE["right to left \u202e"]})
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{manager.url}/experiments/{experiment}?{QUERIES[view]}")
    expect(page.locator("#chip-text")).to_have_text("Live")
    group = page.locator('[data-key="run/2"]')
    expect(group).to_contain_text("ENOD")
    cells = group.locator("th, td:not(.action, .actions, .none)")
    assert cells.evaluate_all(LOOSE) == []
    assert page.locator("thead th:not(:has(input))").evaluate_all(LOOSE) == []
    if (view, width) != ("list", 1440):
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("body *:not(svg, svg *)").evaluate_all(INLINE) == []
