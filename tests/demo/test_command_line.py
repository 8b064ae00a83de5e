"""`batchboard`: what it prints and how it ends."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from realtime.__main__ import main
from realtime.settings import SETTINGS
from tests.demo.serving import TOKEN, Manager


@pytest.fixture(scope="module")
def manager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Manager]:
    """A manager in a process of its own."""
    manager = Manager(tmp_path_factory.mktemp("manager"))
    manager.start()
    yield manager
    manager.kill()


def batchboard(manager: Manager, *arguments: str) -> tuple[int, str]:
    """Exit code and output of a command that is configured for `manager`."""
    result = CliRunner(env=dict(manager.environ)).invoke(main, list(arguments))
    return result.exit_code, result.output


def test_help_lists_every_setting() -> None:
    text = CliRunner().invoke(main, ["--help"]).output
    assert all(f"BATCHBOARD_{setting.name} " in text for setting in SETTINGS)


@pytest.mark.parametrize(
    "command", [*main.commands, "experiment create", "experiment list", "run start", "run end", "run list"]
)
def test_every_command_explains_itself(command: str) -> None:
    result = CliRunner().invoke(main, [*command.split(), "--help"])
    assert result.exit_code == 0
    assert "Usage: " in result.output


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys; sys.argv = ['batchboard', '--help']\n"
        "import realtime.__main__\n"
        "try:\n    realtime.__main__.main()\n"
        "except SystemExit:\n    pass\n"
        "heavy = {'quart', 'hypercorn', 'sqlalchemy', 'alembic', 'redis', 'httpx', 'msgspec', 'asyncio', 'uvloop'}\n"
        "sys.stderr.write(' '.join(heavy & sys.modules.keys()))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=20, check=True)
    assert ran.stderr == ""


@pytest.mark.parametrize("command", ["serve", "demo", "agent", "check", "experiment list"])
def test_wrong_settings_are_named_and_end_with_2(command: str) -> None:
    result = CliRunner(env={"BATCHBOARD_PORT": "x", "BATCHBOARD_NOPE": "1"}).invoke(main, command.split())
    assert result.exit_code == 2
    assert "BATCHBOARD_PORT: expected" in result.output
    assert "BATCHBOARD_NOPE: no such setting" in result.output


def test_experiments_and_runs_from_a_shell(manager: Manager) -> None:
    made = batchboard(manager, "experiment", "create", "xpp1", "--instrument", "XPP")
    assert made == (0, "experiment xpp1 is there\n")
    start = "run", "start", "-e", "xpp1"
    assert batchboard(manager, *start, "--param", "Sample=LaB6", "--param", "Energy=9.5") == (0, "1\n")
    assert batchboard(manager, *start, "--number", "7") == (0, "7\n")
    code, text = batchboard(manager, "run", "end", "7", "-e", "xpp1")
    assert code == 0
    assert text.startswith("run 7 ended at 20")
    code, text = batchboard(manager, "run", "list", "-e", "xpp1")
    assert code == 0
    assert [line.split()[0] for line in text.splitlines()] == ["Run", "7", "1"]
    assert "Sample=LaB6, Energy=9.5" in text
    code, text = batchboard(manager, "experiment", "list")
    assert code == 0
    assert text.splitlines()[1].split()[:4] == ["xpp1", "XPP", "2", "0"]


def test_the_experiment_may_come_from_the_environment(manager: Manager) -> None:
    assert batchboard(manager, "experiment", "create", "env1")[0] == 0
    environ = {**manager.environ, "BATCHBOARD_EXPERIMENT": "env1"}
    assert CliRunner(env=environ).invoke(main, ["run", "start"]).output == "1\n"


def test_long_lists_are_complete(manager: Manager, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime.cli.calling.LIST_LIMIT", 2)
    batchboard(manager, "experiment", "create", "many")
    for _ in range(5):
        batchboard(manager, "run", "start", "-e", "many")
    assert [line.split()[0] for line in batchboard(manager, "run", "list", "-e", "many")[1].splitlines()[1:]] == [
        *"54321"
    ]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("run", "list", "-e", "nosuch"), "nosuch"),
        (("experiment", "create", "a b"), "name"),
        (("run", "list", "-e", "../healthz"), "Error: "),
    ],
)
def test_a_refusal_is_one_line_and_exit_code_1(manager: Manager, arguments: tuple[str, ...], sentence: str) -> None:
    code, text = batchboard(manager, *arguments)
    assert code == 1
    assert text.startswith("Error: ")
    assert sentence in text
    assert "Traceback" not in text


def test_a_manager_that_is_away_is_said_to_be(manager: Manager) -> None:
    environ = {**manager.environ, "BATCHBOARD_PORT": "1"}
    result = CliRunner(env=environ).invoke(main, ["experiment", "list"])
    assert result.exit_code == 1
    assert "no manager at http://127.0.0.1:1" in result.output
    assert TOKEN not in result.output


def test_a_check_of_a_manager_without_an_agent_says_so_and_ends_with_1(manager: Manager) -> None:
    code, text = batchboard(manager, "check", "--manager-only")
    assert code == 1
    assert "  ok    login: the manager takes the login token\n" in text
    assert "  FAIL  agent: no agent has ever been heard of\n        -> start it on the submit host" in text
    assert "  warn  job: not tried\n" in text
    assert TOKEN not in text


def test_without_a_token_it_says_where_one_comes_from(manager: Manager, tmp_path: object) -> None:
    environ = {**manager.environ, "BATCHBOARD_TOKEN": "", "BATCHBOARD_DATA_DIR": str(tmp_path)}
    result = CliRunner(env=environ).invoke(main, ["experiment", "list"])
    assert result.exit_code == 1
    assert "set BATCHBOARD_TOKEN" in result.output
