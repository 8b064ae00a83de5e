"""What the repository promises of itself: the direction of imports, and a README that tells the truth."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from realtime.__main__ import main
from realtime.domain.status import Status
from realtime.settings import PREFIX, SETTINGS
from realtime.web.apis import APIS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
SOURCES = sorted(path for package in ("realtime", "lsf_agent") for path in (ROOT / package).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))

PURE = {
    *("realtime.domain", "realtime.settings", "realtime.supervisor", "realtime.logs", "realtime.ready"),
    *("lsf_agent.embedded", "lsf_agent.examples"),
}
ALLOWED = {
    "realtime.protocol": {"realtime.domain"},
    "realtime.store": {"realtime.domain", "realtime.protocol"},
    "realtime.bus": {"realtime.protocol", "realtime.settings", "realtime.supervisor"},
    "realtime.service": {"realtime.domain", "realtime.protocol", "realtime.store"},
    "realtime.feed": {"realtime.domain", "realtime.protocol", "realtime.store", "realtime.bus"},
    "realtime.web": {
        *("realtime.domain", "realtime.protocol", "realtime.settings", "realtime.store", "realtime.bus"),
        *("realtime.service", "realtime.feed"),
    },
    "realtime.check": {"realtime.domain", "realtime.settings", "realtime.store", "realtime.bus"},
    "realtime.client": {"realtime.protocol"},
    "realtime.cli": {
        *("realtime.domain", "realtime.protocol", "realtime.settings", "realtime.check"),
        "realtime.client",
    },
    "realtime.demo": {
        *("realtime.domain", "realtime.protocol", "realtime.settings", "realtime.store", "realtime.supervisor"),
        "realtime.cli",
    },
    "realtime.app": {
        *("realtime.domain", "realtime.protocol", "realtime.settings", "realtime.store", "realtime.bus"),
        *("realtime.service", "realtime.feed", "realtime.web", "realtime.tokens"),
    },
    "realtime.tokens": {"realtime.settings"},
    "realtime.server": {"realtime.settings", "realtime.logs", "realtime.ready", "realtime.app", "realtime.web"},
    "realtime.fleet": {
        *("realtime.settings", "realtime.supervisor", "realtime.tokens", "realtime.ready", "realtime.bus"),
    },
    "realtime.__main__": {"realtime.settings", "realtime.logs", "realtime.cli", "realtime.fleet", "realtime.demo"},
    "lsf_agent": {"realtime.domain", "realtime.protocol", "realtime.settings"},
    "lsf_agent.__main__": {
        *("realtime.domain", "realtime.protocol", "realtime.settings"),
        *("lsf_agent", "lsf_agent.embedded"),
    },
}
"""room -> rooms that it may import besides itself and the packages' own `__init__`"""


def room_of(module: str) -> str:
    """`realtime.store` for `realtime.store.jobs`; the agent is one room, apart from its scheduler and examples."""
    room = ".".join(module.split(".")[:2])
    apart = {"lsf_agent.embedded", "lsf_agent.examples", "lsf_agent.__main__"}
    return "lsf_agent" if module.startswith("lsf_agent") and room not in apart else room


def imports_of(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            assert node.module is not None
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names if is_module(node.module, alias.name))


def is_module(package: str, name: str) -> bool:
    """Whether `from package import name` takes a module of ours."""
    place = ROOT.joinpath(*package.split("."), name)
    return place.is_dir() or place.with_suffix(".py").exists()


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_in_the_allowed_direction_only(path: Path) -> None:
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    room = room_of(module)
    allowed = {room, "realtime", "lsf_agent" if room.startswith("lsf_agent") else room}
    allowed |= set() if room in PURE else ALLOWED.get(room, set())
    ours = {room_of(name) for name in imports_of(path) if name.split(".")[0] in ("realtime", "lsf_agent")}
    assert ours <= allowed, f"{room} may not import {', '.join(sorted(ours - allowed))}"


def test_sql_is_spoken_in_the_store_alone() -> None:
    speakers = {path for path in SOURCES if any(name.split(".")[0] == "sqlalchemy" for name in imports_of(path))}
    store = ROOT / "realtime" / "store"
    assert speakers and all(store in path.parents for path in speakers)


def test_every_room_is_in_the_table() -> None:
    rooms = {room_of(".".join(path.relative_to(ROOT).with_suffix("").parts)) for path in SOURCES}
    assert rooms - {"realtime.__init__"} <= PURE | ALLOWED.keys()


def test_the_model_knows_no_clock_no_environment_and_no_waiting() -> None:
    for path in (ROOT / "realtime" / "domain").glob("*.py"):
        edges = {"asyncio", "os", "time", "random", "secrets", "subprocess", "socket"} & set(imports_of(path))
        assert not edges, f"{path.name} imports {edges}"
        assert not re.search(r"\bdatetime\.(now|utcnow|today)\b", path.read_text()), path.name


def test_the_agent_loads_neither_quart_nor_sql() -> None:
    program = (
        "import sys, lsf_agent.__main__\n"
        "print(*({'quart', 'hypercorn', 'sqlalchemy', 'alembic', 'aiosqlite', 'redis'} & sys.modules.keys()))"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True)
    assert loaded.stdout.strip() == ""


@pytest.mark.parametrize("path", SOURCES + TESTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_left_for_later(path: Path) -> None:
    words = ("TO" + "DO", "FIX" + "ME", "X" * 3, "type: " + "ignore", "no" + "qa")
    found = [word for word in words if word in path.read_text()]
    assert not found


def table(heading: str) -> list[list[str]]:
    """Cells of the table below a heading of the README."""
    section = README.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| ")]
    return lines[1:]


def test_the_readme_lists_every_setting_with_its_default_and_meaning() -> None:
    listed = {cells[0]: cells[1:] for cells in table("Settings")}
    assert listed == {
        f"`{PREFIX}{setting.name}`": [f"`{setting.default}`" if setting.default else "-", setting.about]
        for setting in SETTINGS
    }


def test_the_readme_lists_every_command() -> None:
    listed = {re.split(r" [A-Z-]", cells[0].strip("`"))[0] for cells in table("Commands")}
    assert listed == {f"batchboard {name}" for name in commands(main)}


def commands(group: click.Group, before: str = "") -> Iterator[str]:
    """Names of all commands that do something."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{before}{name} ")
        else:
            yield before + name


def test_the_readme_lists_every_call_of_the_api() -> None:
    listed = {
        found for cells in table("API") for found in re.findall(r"`((?:GET|POST|PATCH|DELETE) /[^`]*)`", cells[0])
    }
    assert listed == {
        f"{route.method} " + re.sub(r"<(?:[a-z]+:)?([a-z]+)>", r"{\1}", route.path)
        for api in APIS
        for route in api.routes
    }


def test_the_readme_names_every_status() -> None:
    assert all(f"`{status}`" in README for status in Status)


def test_every_command_for_development_in_the_readme_is_there() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"^make (\w+)", README, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_lock_names_exact_versions_and_no_host() -> None:
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    packages = [line for line in lines if line and not line.startswith("#")]
    assert packages
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!-]+( ; .+)?", line) for line in packages)
    assert not any("://" in line or line.startswith("-") for line in lines)
