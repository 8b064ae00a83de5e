"""The shipped unit files: systemd understands every line, and they say what the programs rely on."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from realtime.settings import SETTINGS

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "realtime" / "deploy"
OPERATIONS = (ROOT / "docs" / "OPERATIONS.md").read_text()
UNITS = sorted(DEPLOY.glob("batchboard-*"))


def service_of(name: str) -> dict[str, str]:
    """The section Service, by names in lower case."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(DEPLOY / f"batchboard-{name}.service")
    return dict(parser["Service"])


def test_there_is_a_unit_for_each_of_the_two_and_a_socket_for_the_manager() -> None:
    assert [path.name for path in UNITS] == [
        "batchboard-agent.service",
        "batchboard-manager.service",
        "batchboard-manager.socket",
    ]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_systemd_understands_every_line(path: Path, tmp_path: Path) -> None:
    for unit in UNITS:  # a socket names its service
        (tmp_path / unit.name).write_text(re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", unit.read_text()))
    copy = tmp_path / path.name
    done = subprocess.run(
        ["systemd-analyze", "verify", str(copy)], capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_agents_unit_lets_scripts_outlive_it_and_sudo_work() -> None:
    service = service_of("agent")
    assert service["type"] == "notify" and service["killmode"] == "process" and service["restart"] == "always"
    assert service["nonewprivileges"] == "no" and service["oompolicy"] == "continue"
    assert int(service["watchdogsec"]) > 0
    implied = {"restrictnamespaces", "restrictsuidsgid", "systemcallfilter", "privatedevices", "lockpersonality"}
    assert not implied & service.keys(), "these forbid new privileges silently"


def test_the_socket_listens_where_the_manager_expects_it() -> None:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(DEPLOY / "batchboard-manager.socket")
    default = {setting.name: setting.default for setting in SETTINGS}
    assert parser["Socket"]["ListenStream"] == f"{default['HOST']}:{default['PORT']}"
    assert parser["Socket"]["Accept"] == "no"


def test_a_reload_of_the_manager_is_the_signal_that_it_understands() -> None:
    assert service_of("manager")["execreload"] == "/bin/kill -HUP $MAINPID"


@pytest.mark.parametrize("name", ["agent", "manager"])
def test_neither_runs_as_root_and_settings_come_from_a_file(name: str) -> None:
    service = service_of(name)
    assert service["user"] not in ("root", "0")
    assert service["environmentfile"] == f"/etc/batchboard/{name}.env"
    known = {f"BATCHBOARD_{setting.name}" for setting in SETTINGS}
    mentioned = set(re.findall(r"BATCHBOARD_[A-Z_]+", (DEPLOY / f"batchboard-{name}.service").read_text()))
    assert mentioned <= known


def test_every_metric_is_explained_and_no_other() -> None:
    written = set(re.findall(r'"(batchboard_\w+)"', (ROOT / "realtime" / "web" / "metrics.py").read_text()))
    explained = set(re.findall(r"`(batchboard_\w+)`", OPERATIONS))
    assert written and explained == written


def test_every_setting_that_is_spoken_of_exists() -> None:
    known = {f"BATCHBOARD_{setting.name}{suffix}" for setting in SETTINGS for suffix in ("", "_FILE")}
    assert set(re.findall(r"BATCHBOARD_[A-Z_]+", OPERATIONS)) <= known
