"""The pages: their pure modules under node, and rules that hold for all templates and static files."""

import re
import shutil
import subprocess
from pathlib import Path

import jinja2
import pytest

from realtime.web.static import shortened

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
STATIC = ROOT / "static"
TEMPLATES = ROOT / "templates"
MODULES = sorted(path for folder in ("pure", "edge", "parts", "pages") for path in (STATIC / folder).glob("*.js"))
STYLES = sorted((STATIC / "style").glob("*.css"))
PAGES = {"experiments.html", "control.html", "definitions.html", "activity.html", "overview.html", "wall.html"}
CODE_LIMIT = 120_000
"""Bytes of the scripts and styles that a page loads at its opening, as they are served, before compression."""


_STYLED = re.compile(r'styled\("(\w+)"\)')


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The static files as they are served, with the suites of the pure modules beside them."""
    root = tmp_path_factory.mktemp("served")
    (root / "tests").mkdir()
    shutil.copytree(HERE, root / "tests" / "pages", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    for cases in HERE.parent.glob("*.json"):
        shutil.copy(cases, root / "tests")
    shutil.copytree(STATIC, root / "static", ignore=shutil.ignore_patterns("*.js"))
    for path in MODULES:
        target = root / "static" / path.relative_to(STATIC)
        target.parent.mkdir(exist_ok=True)
        target.write_text(shortened(path.suffix, path.read_text()))
    return root / "tests" / "pages"


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
@pytest.mark.parametrize("suite", sorted(path.name for path in HERE.glob("*.test.mjs")))
def test_pure_modules_keep_their_rules_as_written_and_as_served(suite: str, served: Path) -> None:
    for place in (HERE, served):
        ran = subprocess.run(
            ["node", "--test", str(place / suite)], capture_output=True, text=True, timeout=40, check=False
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert re.search(r"^# pass [1-9]", ran.stdout, re.M), ran.stdout


@pytest.mark.parametrize("page", sorted(PAGES))
def test_the_scripts_and_styles_of_a_page_stay_small(page: str) -> None:
    styles = _styles(page)
    assert {path.name for path in styles} >= {"tokens.css", "base.css"}
    size = sum(len(shortened(path.suffix, path.read_text()).encode()) for path in _modules(page) | styles)
    assert 0 < size < CODE_LIMIT


def test_no_script_or_style_is_left_that_no_page_loads() -> None:
    assert set().union(*(_reachable(page) for page in PAGES)) == set(MODULES)
    on_demand = {STATIC / "style" / f"{name}.css" for path in MODULES for name in _STYLED.findall(path.read_text())}
    on_demand |= {STATIC / name for name in re.findall(r"style/\w+\.css", (STATIC / "first.js").read_text())}
    loaded = set().union(*(_styles(page) for page in [*PAGES, "login.html"]))
    assert on_demand & loaded == set()
    assert on_demand | loaded == set(STYLES)


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_what_is_served_is_still_a_script(tmp_path: Path) -> None:
    for path in MODULES:
        served = tmp_path / path.parent.name / path.name
        served.parent.mkdir(exist_ok=True)
        served.write_text(shortened(path.suffix, path.read_text()))
        assert len(served.read_text()) < len(path.read_text())
    parse = """
      import { readFileSync } from "fs";
      import { SourceTextModule } from "vm";
      for (const path of process.argv.slice(1)) new SourceTextModule(readFileSync(path, "utf8"), { identifier: path });
    """
    command = ["node", "--experimental-vm-modules", "--no-warnings", "--input-type=module", "--eval", parse]
    command += [str(path) for path in tmp_path.glob("*/*.js")]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=40, check=False)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_what_is_served_still_makes_its_constants_in_their_order(tmp_path: Path) -> None:
    script = """
      function first(twice, amount) {
        const base = amount + 1;
        const { most, all: [least] } = twice({ base });
        const [one, ...others] = [least, base];
        return [base, most, least, one, others.length];
      }
      console.log(first(({ base }) => ({ most: 2 * base, all: [base] }), 1).join());
    """
    served = tmp_path / "served.mjs"
    served.write_text(shortened(".js", script))
    ran = subprocess.run(["node", str(served)], capture_output=True, text=True, timeout=20, check=True)
    assert ran.stdout == "2,4,2,2,1\n"


def test_no_variable_stands_before_what_takes_a_value_apart() -> None:
    """The minifier would join them, and turn their order round."""
    wrong = re.compile(r"^ *let \w[^;]*;\n(?: */\*[^\n]*\*/\n)* *(?:const|let) [\[{]", re.MULTILINE)
    assert [path.name for path in MODULES if wrong.search(path.read_text())] == []


def _without_comments(text: str) -> str:
    return re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_modules_are_checked_and_build_nodes_instead_of_markup(path: Path) -> None:
    text = path.read_text()
    assert text.startswith("// @ts-check\n")
    found = re.findall(
        r"innerHTML|outerHTML|insertAdjacentHTML|setHTML|createContextualFragment|DOMParser|srcdoc|document\.write"
        r"|\beval\(|new Function|\.style\.cssText|javascript:",
        text,
    )
    assert found == []
    assert "ts-ignore" not in text and "ts-expect-error" not in text


def test_pure_modules_know_neither_page_nor_network() -> None:
    for path in (STATIC / "pure").glob("*.js"):
        text = _without_comments(path.read_text())
        assert all(target.startswith("./") for target in _imports(text)), path.name
        assert re.findall(r"\b(?:document|window|fetch|WebSocket|localStorage)\b", text) == [], path.name


@pytest.mark.parametrize("page", sorted(PAGES))
def test_every_module_of_a_page_is_preloaded_and_none_besides(page: str) -> None:
    text = _environment().get_template(page).render(static="", title="t", page="{}")
    (entry,) = re.findall(r'<script type="module" blocking="render" src="/([^"]+)"', text)
    preloaded = re.findall(r'<link rel="modulepreload" href="/([^"]+)"', text)
    assert {(STATIC / name).resolve() for name in preloaded} == _modules(page) - {(STATIC / entry).resolve()}
    assert len(preloaded) == len(set(preloaded))


def _modules(page: str) -> set[Path]:
    """What the entry of a page reaches, itself included."""
    text = _environment().get_template(page).render(static="", title="t", page="{}")
    (entry,) = re.findall(r'<script type="module" blocking="render" src="/([^"]+)"', text)
    found: set[Path] = set()
    _reach((STATIC / entry).resolve(), found)
    return found


def _reachable(page: str) -> set[Path]:
    """What a page loads at its opening or on demand."""
    found: set[Path] = set()
    new = _modules(page)
    while new:
        found |= new
        asked = {target for module in new for target in _on_demand(module)}
        new = set()
        for module in asked - found:
            _reach(module, new)
        new -= found
    return found


def _on_demand(module: Path) -> list[Path]:
    targets = re.findall(r'\bimport\("([^"]+)"\)', _without_comments(module.read_text()))
    return [(module.parent / target).resolve() for target in targets]


def _styles(page: str) -> set[Path]:
    """The style sheets that a page loads."""
    text = _environment().get_template(page).render(static="", title="t", page="{}")
    return {STATIC / name for name in re.findall(r'<link rel="stylesheet" href="/([^"]+)"', text)}


def _reach(module: Path, found: set[Path]) -> None:
    if module in found:
        return
    found.add(module)
    for target in _imports(_without_comments(module.read_text())):
        _reach((module.parent / target).resolve(), found)


def _imports(text: str) -> list[str]:
    return re.findall(r'^(?:import|export)\b[^;]*?from "([^"]+)"', text, re.M)


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*.html")), ids=lambda path: path.name)
def test_templates_hold_no_inline_script_style_or_foreign_address(path: Path) -> None:
    text = path.read_text()
    for tag in re.findall(r"<script\b[^>]*>", text):
        assert "src=" in tag or 'type="application/json"' in tag
    assert re.findall(r"<style\b|\sstyle=|\son[a-z]+=|javascript:|https?://", text) == []
    assert re.findall(r"\|\s*safe", text) == (["| safe"] if path.name == "live.html" else [])


@pytest.mark.parametrize("page", sorted(PAGES))
def test_the_elements_that_a_page_asks_for_by_id_are_in_it(page: str) -> None:
    text = _environment().get_template(page).render(static="", title="t", page="{}")
    there = set(re.findall(r'\bid="([^"]+)"', text))
    asked = {name for module in _reachable(page) for name in re.findall(r'byId\("([^"]+)"\)', module.read_text())}
    assert asked - there == set()


def test_texts_from_outside_are_escaped_in_every_template() -> None:
    evil = "<img src=x onerror=alert(1)>"
    environment = _environment()
    rendered = [
        environment.get_template("login.html").render(static="", message=evil),
        environment.get_template("error.html").render(static="", status=404, title=evil, message=evil),
        environment.get_template("docs.html").render(static="", title="API", api=_api(evil)),
    ]
    for text in rendered:
        assert "<img" not in text
        assert "&lt;img" in text


def test_the_reference_lists_calls_parameters_and_fields() -> None:
    text = _environment().get_template("docs.html").render(static="", title="API", api=_api("what it does"))
    for expected in ("/things/{id}", "what it does", 'href="#schema-Thing"', 'id="schema-Thing"', "string (date-time)"):
        assert expected in text
    assert re.search(r"<code>limit</code></th><td>query</td><td>integer</td>", text)
    assert re.search(r"<code>name</code> \(required\)</th><td>string or null</td>", text)


def _api(words: str) -> dict[str, object]:
    thing = {"$ref": "#/components/schemas/Thing"}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Batchboard", "version": "1", "description": words},
        "paths": {
            "/things/{id}": {
                "get": {
                    "summary": words,
                    "parameters": [{"name": "limit", "in": "query", "schema": {"type": "integer"}}],
                    "responses": {"200": {"description": words, "content": {"application/json": {"schema": thing}}}},
                }
            }
        },
        "components": {
            "schemas": {
                "Thing": {
                    "type": "object",
                    "description": words,
                    "required": ["name"],
                    "properties": {
                        "name": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                        "at": {"type": "string", "format": "date-time"},
                        "more": {"type": "array", "items": thing},
                    },
                }
            }
        },
    }


def _environment() -> jinja2.Environment:
    loader = jinja2.FileSystemLoader(TEMPLATES)
    return jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.Undefined)
