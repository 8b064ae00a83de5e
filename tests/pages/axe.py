"""axe-core in a page of a test: all rules that it runs by itself, on everything that is in the page."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

VERSION = "4.11.0"
THEMES = {
    "light": ("light", ""),
    "dark": ("dark", ""),
    "light-contrast": ("light", "more"),
    "dark-contrast": ("dark", "more"),
}

_RUN = """async (options) => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"], ...options });
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, html, failureSummary: why }) => `${id}: ${help}: ${target} ${html.slice(0, 200)} ${why}`));
}"""
_SHOW = """([theme, contrast]) => { Object.assign(document.documentElement.dataset, { theme, contrast }); }"""


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
        changes from theme to theme, so that all other rules are run in the first one alone."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(self._script)
        options: dict[str, Any] = {}
        for theme in themes or ("light", "dark"):
            self.page.evaluate(_SHOW, THEMES[theme])
            found: list[str] = self.page.evaluate(_RUN, options)
            options = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
            self.wrong += [f"{state}, {theme}: {one}" for one in found]
