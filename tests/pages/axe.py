"""axe-core in a page of a test: all rules that it runs by itself, on everything that is in the page."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

VERSION = "4.11.0"
THEMES = ("light", "dark", "light-contrast", "dark-contrast")
"""As a person can choose them."""

EXAMPLES = 2
"""Elements that are looked at of all those that look the same."""

_RUN = """async ([options, examples]) => {
  const looks = new Map();
  const numbers = new Map();
  const look = (node) => {
    if (node && !numbers.has(node)) {
      const style = getComputedStyle(node);
      const text = [...node.childNodes].some((one) => one.nodeType === 3 && one.data.trim());
      const off = node.matches(":disabled, [aria-disabled=true], [inert]") || node.control?.disabled === true;
      const own = [look(node.parentElement), node.localName, node.getAttribute("class"), text, off, style.visibility,
        node.checkVisibility(), style.color, style.background, style.opacity, style.fontSize, style.fontWeight].join();
      if (!looks.has(own)) looks.set(own, looks.size);
      numbers.set(node, looks.get(own));
    }
    return numbers.get(node);
  };
  const seen = [];
  for (const node of document.body.querySelectorAll("*")) {
    seen[look(node)] = (seen[look(node)] ?? 0) + 1;
    node.toggleAttribute("data-example", seen[look(node)] <= examples);
  }
  axe.configure({ rules: [{ id: "color-contrast", selector: "[data-example]" }] });
  const { violations } = await axe.run(document, { resultTypes: ["violations"], ...options });
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, html, failureSummary: why }) => `${id}: ${help}: ${target} ${html.slice(0, 200)} ${why}`));
}"""
_SHOW = """async (theme) => {
  if (location.protocol === "about:") return;
  localStorage.setItem("batchboard-settings", JSON.stringify({ theme }));
  dispatchEvent(new Event("batchboard-settings"));
  const sheet = document.querySelector("link[href*='contrast.css']");
  if (sheet && !sheet.sheet) await new Promise((loaded, failed) => {
    sheet.addEventListener("load", loaded);
    sheet.addEventListener("error", failed);
  });
}"""


class NotInstalled(Exception):
    """There is no npm, or it cannot install axe-core; the text says why."""


def install(folder: Path) -> str:
    """The script of axe-core. Raises NotInstalled."""
    npm = shutil.which("npm")
    if npm is None:
        raise NotInstalled("npm is not installed")
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"]
    command = [npm, "install", *options, "--prefix", str(folder), f"axe-core@{VERSION}"]
    try:
        subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=50, check=True)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise NotInstalled(f"npm cannot install axe-core: {error}") from error
    return (folder / "node_modules/axe-core/axe.min.js").read_text()


class Axe:
    """Looks at states of pages and keeps what it finds wrong in them."""

    def __init__(self, page: Page, script: str) -> None:
        self.page = page
        self.wrong: list[str] = []
        self._script = script

    def look(self, state: str, *themes: str) -> None:
        """The page as it is now, in each of these themes: light and dark when none is named. Nothing but colours
        changes from theme to theme, so that all other rules are run in the first one alone. The contrast of elements
        that look the same, as all around them does, is measured on EXAMPLES of them: it is what takes the time."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(self._script)
        options: dict[str, Any] = {}
        for theme in themes or ("light", "dark"):
            self.show(theme)
            found: list[str] = self.page.evaluate(_RUN, [options, EXAMPLES])
            options = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
            self.wrong += [f"{state}, {theme}: {one}" for one in found]
        self.show("")

    def show(self, theme: str) -> None:
        """As a person chooses it. High contrast comes from the server when it is chosen for the first time."""
        self.page.evaluate(_SHOW, theme)
