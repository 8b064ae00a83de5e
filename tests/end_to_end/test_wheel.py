"""The wheel has everything: installed elsewhere, it serves its pages and brings the examples."""

import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from realtime.web.static import shortened
from tests.end_to_end.installation import AGENT_TOKEN, CHECKOUT, TOKEN, until
from tests.ports import free_port


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the wheel installs, and nothing of the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=CHECKOUT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    target = folder / "site"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target), str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    return target


@pytest.fixture
def served(site: Path, tmp_path: Path) -> Iterator[httpx.Client]:
    """A client of the manager as the wheel installed it, run from another folder."""
    port = free_port()
    environ = {
        "PYTHONPATH": f"{site}:{sysconfig.get_path('purelib')}",
        "BATCHBOARD_DATA_DIR": str(tmp_path / "var"),
        "BATCHBOARD_PORT": str(port),
        "BATCHBOARD_TOKEN": TOKEN,
        "BATCHBOARD_AGENT_TOKEN": AGENT_TOKEN,
        "BATCHBOARD_REDIS_URL": "unix:///nowhere/redis.sock",
    }
    command = [sys.executable, "-m", "realtime", "serve"]
    process = subprocess.Popen(command, env=environ, cwd=tmp_path, stdout=subprocess.DEVNULL)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            until(lambda: _answers(client), "the manager answers", 30)
            yield client
    finally:
        process.terminate()
        process.wait(10)


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/healthz").is_success
    except httpx.TransportError:
        return False


def test_pages_and_static_files_come_from_the_wheel(served: httpx.Client, site: Path) -> None:
    page = served.get("/", params={"token": TOKEN}, follow_redirects=True)
    assert page.status_code == 200
    styles = [part.split('"')[0] for part in page.text.split('href="')[1:] if ".css" in part]
    assert styles
    for address in styles:
        answer = served.get(address)
        assert answer.status_code == 200 and "immutable" in answer.headers["Cache-Control"]
        written = (site / "realtime" / "static" / address.split("/", 3)[3]).read_text()
        assert answer.text == shortened(".css", written)


def test_the_examples_and_migrations_are_in_the_wheel(site: Path) -> None:
    assert (site / "lsf_agent" / "examples" / "submit.sh").stat().st_mode & 0o111
    assert (site / "realtime" / "deploy" / "batchboard-agent.service").is_file()
    assert list((site / "realtime" / "store" / "migrations" / "versions").glob("0001*.py"))
    assert not (site / "tests").exists()
