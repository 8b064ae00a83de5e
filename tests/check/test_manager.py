"""What `batchboard check` says of the manager's host: each failure by name, with its cure."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import httpx
import pytest

from realtime.check import manager
from realtime.domain.fitness import Checked
from realtime.settings import Settings, read
from realtime.store.migrate import migrate
from tests.bus.redis_server import running_server
from tests.check.answering import answering
from tests.ports import free_port

READY: dict[str, Any] = {
    "store": {"ok": True, "epoch": "e1", "error": None},
    "bus": {"name": "redis", "server": "redis", "connected": True, "error": None},
    "locations": [
        {
            "name": "default",
            "agent_connected": True,
            "agent_seen_at": None,
            "scheduler": "LSF 10.1",
            "scheduler_version": "10.1.0.12",
            "scheduler_answered_at": "2026-11-22T10:42:00Z",
            "scheduler_silent_since": None,
            "scheduler_problem": None,
            "scheduler_format": "json",
        }
    ],
}


def settings_for(folder: Path, **settings: str) -> Settings:
    return read({"BATCHBOARD_DATA_DIR": str(folder), **{f"BATCHBOARD_{k}": v for k, v in settings.items()}})


async def found(settings: Settings, token: str | None = "t") -> dict[str, Checked]:
    """What is said of a running manager."""
    async with httpx.AsyncClient(trust_env=False) as client:
        return {checked.name: checked async for checked in manager.running(settings, token, client)}


async def of_a_manager(folder: Path, ready: Any = READY, **more: tuple[int, Any, dict[str, str]]) -> dict[str, Checked]:
    paths: dict[str, tuple[int, Any, dict[str, str]]] = {
        "/readyz": (200, ready, {}),
        "/api/v1/experiments": (200, {}, {}),
    }
    with answering(paths | {f"/{path.replace('_', '/')}": answer for path, answer in more.items()}) as url:
        return await found(settings_for(folder, MANAGER_URL=url, PUBLIC_URL=url))


async def test_a_manager_that_fares_well(tmp_path: Path) -> None:
    checks = await of_a_manager(tmp_path)
    assert all(checked.ok for checked in checks.values())
    assert set(checks) == {"manager", "clock", "login", "report address", "agent of default"}
    assert checks["agent of default"].found == "LSF 10.1 10.1.0.12, asked by json, last answer 2026-11-22T10:42:00Z"


async def test_a_manager_that_is_away(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    (checked,) = (await found(settings_for(tmp_path, MANAGER_URL=url))).values()
    assert not checked.ok and f"does not answer at {url}" in checked.found
    assert "batchboard serve" in str(checked.cure)


@pytest.mark.parametrize("ready", [[], "hello", {"store": {}}])
async def test_something_else_at_the_managers_address(tmp_path: Path, ready: Any) -> None:
    checks = await of_a_manager(tmp_path, ready)
    assert not checks["manager"].ok and "is not Batchboard" in checks["manager"].found


async def test_a_store_that_fails_and_a_bus_that_is_away(tmp_path: Path) -> None:
    broken = READY | {
        "store": {"ok": False, "epoch": None, "error": "disk full"},
        "bus": READY["bus"] | {"connected": False, "error": "connection refused"},
    }
    checks = await of_a_manager(tmp_path, broken)
    assert not checks["manager"].ok and "disk full" in checks["manager"].found
    assert not checks["news"].ok and "connection refused" in checks["news"].found


async def test_an_agent_that_was_never_there_is_away_or_whose_lsf_is_silent(tmp_path: Path) -> None:
    (row,) = READY["locations"]
    never = await of_a_manager(tmp_path, READY | {"locations": []})
    assert not never["agent"].ok and "systemctl start batchboard-agent" in str(never["agent"].cure)
    away = await of_a_manager(tmp_path, READY | {"locations": [row | {"agent_connected": False}]})
    assert not away["agent of default"].ok and "not heard of" in away["agent of default"].found
    silent = row | {"scheduler_silent_since": "2026-11-22T10:40:00Z", "scheduler_problem": "LIM is down"}
    quiet = await of_a_manager(tmp_path, READY | {"locations": [silent]})
    assert "has not answered since 2026-11-22T10:40:00Z: LIM is down" in quiet["agent of default"].found


async def test_a_location_that_was_given_up_is_a_warning(tmp_path: Path) -> None:
    old = {"name": "old", "agent_connected": False, "agent_seen_at": "2025-01-01T00:00:00Z"}
    checks = await of_a_manager(tmp_path, READY | {"locations": [*READY["locations"], READY["locations"][0] | old]})
    assert checks["agent of old"].ok and checks["agent of old"].cure
    assert "2025-01-01" in checks["agent of old"].found


async def test_a_clock_that_is_wrong(tmp_path: Path) -> None:
    date = {"Date": "Sun, 22 Nov 2015 10:42:00 GMT"}
    checks = await of_a_manager(tmp_path, readyz=(200, READY, date))
    assert not checks["clock"].ok and "timedatectl" in str(checks["clock"].cure)


async def test_a_login_token_that_is_wrong_or_not_known(tmp_path: Path) -> None:
    checks = await of_a_manager(tmp_path, api_v1_experiments=(401, {}, {}))
    assert not checks["login"].ok and "BATCHBOARD_TOKEN" in str(checks["login"].cure)
    with answering({"/readyz": (200, READY, {})}) as url:
        unknown = await found(settings_for(tmp_path, MANAGER_URL=url, PUBLIC_URL=url), None)
    assert unknown["login"].ok and unknown["login"].cure


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((301, {}, {"Location": "https://elsewhere/"}), "something else answers (301 to https://elsewhere/)"),
        ((200, {}, {}), "something else answers (200)"),
        ((404, "no page", {}), "something else answers (404)"),
    ],
)
async def test_a_report_address_that_leads_elsewhere(
    tmp_path: Path, answer: tuple[int, Any, dict[str, str]], expected: str
) -> None:
    with answering({"/jid/ws/replace_counters/check/no-such-token": answer}) as url:
        async with httpx.AsyncClient(trust_env=False) as client:
            checked = await manager.public_address(url, client)
    assert not checked.ok and expected in checked.found
    assert "redirects nothing" in str(checked.cure)


async def test_a_report_address_that_does_not_answer(tmp_path: Path) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        checked = await manager.public_address(f"http://127.0.0.1:{free_port()}", client)
    assert not checked.ok and "does not answer" in checked.found


def test_a_data_directory_is_looked_at_before_it_is_made(tmp_path: Path) -> None:
    checked = manager.data_dir(tmp_path / "a" / "b")
    assert checked.ok and str(tmp_path) in checked.found
    assert not (tmp_path / "a").exists()


def test_a_data_directory_that_cannot_be_written() -> None:
    checked = manager.data_dir(Path("/proc/self"))
    assert not checked.ok and "cannot be written" in checked.found
    assert "BATCHBOARD_DATA_DIR" in str(checked.cure)


def test_secrets_that_others_can_read(tmp_path: Path) -> None:
    (tmp_path / "token").touch(0o600)
    assert not list(manager.secrets(tmp_path))
    (tmp_path / "token").chmod(0o640)
    (checked,) = manager.secrets(tmp_path)
    assert not checked.ok and "mode 640" in checked.found


def url_of(path: Path) -> str:
    return f"sqlite+aiosqlite:///{path}"


def test_a_database_is_looked_at_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a b.db"
    assert manager.database(url_of(path)).ok and not path.exists()
    migrate(path)
    connection = sqlite3.connect(path)
    connection.execute("INSERT INTO meta (name, value) VALUES ('epoch', ?)", (b"e1",))
    connection.execute("PRAGMA journal_mode=WAL")
    connection.commit()
    checked = manager.database(url_of(path))
    assert checked.ok and checked.cure is None and "epoch e1" in checked.found
    connection.execute("UPDATE alembic_version SET version_num = '0001'")
    connection.commit()
    old = manager.database(url_of(path))
    assert old.ok and "brings it up to date" in str(old.cure)
    assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
    connection.close()


@pytest.mark.parametrize("content", [b"hello, no database" * 100, b""])
def test_a_database_that_is_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "b.db"
    path.write_bytes(content)
    checked = manager.database(url_of(path))
    assert not checked.ok and checked.cure


async def test_a_redis_that_is_away_or_not_set(tmp_path: Path) -> None:
    away = await manager.redis(settings_for(tmp_path, REDIS_URL="unix:///nowhere/redis.sock"))
    assert not away.ok and "start Redis" in str(away.cure)
    assert (await manager.redis(settings_for(tmp_path))).ok


async def test_a_message_goes_to_redis_and_back(tmp_path: Path) -> None:
    with running_server() as server:
        checked = await manager.redis(settings_for(tmp_path, REDIS_URL=server.url))
    assert checked.ok and "ms there and back" in checked.found


async def test_a_redis_that_never_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime.bus.probe.LIMIT", 0.2)

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_unix_server(silent, tmp_path / "s")
    checked = await manager.redis(settings_for(tmp_path, REDIS_URL=f"unix://{tmp_path}/s"))
    assert not checked.ok and "no answer within 0.2 s" in checked.found
    server.close()
