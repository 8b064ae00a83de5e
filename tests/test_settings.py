"""Settings: variables, files, a TOML file; everything wrong is refused at once, by name."""

from pathlib import Path

import pytest

from realtime.settings import SETTINGS, SettingsError, help_text, read, zone_of_machine


def test_nothing_set_gives_the_defaults() -> None:
    settings = read({"PATH": "/bin", "HOME": "/home/ana"})
    assert (settings.host, settings.port, settings.instance) == ("127.0.0.1", 8420, "main")
    assert settings.public_url == settings.manager_url == "http://127.0.0.1:8420"
    assert settings.database_url == f"sqlite+aiosqlite:///{Path.cwd() / 'var' / 'batchboard.db'}"
    assert (settings.poll_interval, settings.token, settings.redis_url) == (10.0, None, None)
    assert read({"BATCHBOARD_SCHEDULER": "local"}).poll_interval == 1.0


def test_variables_win_over_the_file_and_files_hold_secrets(tmp_path: Path) -> None:
    config, secret = tmp_path / "b.toml", tmp_path / "secret"
    config.write_text('port = 9000\ninstance = "cxi"\nallowed_origins = ["https://a.example", "https://b.example"]\n')
    secret.write_text("hush\n")
    settings = read(
        {
            "BATCHBOARD_CONFIG": str(config),
            "BATCHBOARD_PORT": "9001",
            "BATCHBOARD_TOKEN_FILE": str(secret),
            "BATCHBOARD_EXPERIMENT": "xppx12345",
        }
    )
    assert (settings.port, settings.instance, settings.token) == (9001, "cxi", "hush")
    assert settings.allowed_origins == ("https://a.example", "https://b.example")


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("PORT", "0", "from 1 to 65535"),
        ("PORT", "http", "from 1 to 65535"),
        ("HOST", "0.0.0.0", "until an authentication for networks"),
        ("HOST", "example.org", "loopback"),
        ("SCHEDULER", "slurm", "lsf or local"),
        ("SUBMIT_SLOW_AFTER", "-1", "seconds above 0"),
        ("POLL_INTERVAL", "soon", "seconds above 0"),
        ("INSTANCE", "a b", "letters, digits"),
        ("REDIS_URL", "http://x", "redis://"),
        ("PUBLIC_URL", "x", "http://"),
        ("DATABASE_URL", "postgresql://x", "sqlite"),
        ("SCRIPT_CWD", "elsewhere", "absolute path"),
        ("LOG_ROOTS", "logs", "absolute paths"),
        ("SCRIPT_ROOTS", "/a:b", "absolute paths"),
        ("RUN_AS", "root", "self or sudo"),
        ("RUN_AS_GROUP", "%users", "name of a group"),
        ("LSF_PROFILE", "profile.lsf", "absolute path"),
        ("ALLOWED_ORIGINS", "a.example", "origins"),
        ("TIME_ZONE", "Mars/Olympus", "time zone"),
        ("TIME_ZONE", "../../etc/passwd", "time zone"),
        ("TIME_ZONE", "Factory", "time zone"),
        ("TOKEN_FILE", "/nowhere/secret", "cannot read"),
        ("CONFIG", "/nowhere/b.toml", "cannot read"),
        ("PROT", "1", "no such setting"),
    ],
)
def test_a_wrong_setting_is_named_with_what_was_expected(name: str, value: str, expected: str) -> None:
    with pytest.raises(SettingsError, match=f"BATCHBOARD_{name}") as refused:
        read({f"BATCHBOARD_{name}": value})
    assert expected in str(refused.value)


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    config = tmp_path / "b.toml"
    config.write_text("prot = 1\nhost = true\n")
    with pytest.raises(SettingsError) as refused:
        read({"BATCHBOARD_CONFIG": str(config), "BATCHBOARD_PORT": "x"})
    assert len(str(refused.value).splitlines()) == 3


def test_as_whom_and_from_where_scripts_run(tmp_path: Path) -> None:
    nothing_set = read({})
    assert (nothing_set.run_as, nothing_set.run_as_group) == ("self", "batchboard-users")
    assert (nothing_set.script_roots, nothing_set.lsf_profile) == ((), None)
    config = tmp_path / "b.toml"
    config.write_text('script_roots = ["/reg/d", "/sdf"]\nrun_as = "sudo"\nlsf_profile = "/lsf/profile.lsf"\n')
    settings = read({"BATCHBOARD_CONFIG": str(config)})
    assert settings.script_roots == (Path("/reg/d"), Path("/sdf"))
    assert (settings.run_as, settings.lsf_profile) == ("sudo", Path("/lsf/profile.lsf"))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.3.2.1", "::1", "localhost"])
def test_loopback_addresses_are_accepted(host: str) -> None:
    assert read({"BATCHBOARD_HOST": host}).host == host
    assert read({"BATCHBOARD_HOST": "::1"}).public_url == "http://[::1]:8420"


def test_the_help_names_every_setting_with_its_default() -> None:
    for setting in SETTINGS:
        assert f"BATCHBOARD_{setting.name} " in help_text()
    assert "[8420]" in help_text()


def test_the_time_zone_is_the_machines_unless_it_is_set(tmp_path: Path) -> None:
    link = tmp_path / "localtime"
    assert zone_of_machine("Asia/Tokyo", link) == zone_of_machine(":Asia/Tokyo", link) == "Asia/Tokyo"
    assert zone_of_machine("/usr/share/zoneinfo/Asia/Tokyo", link) == "Asia/Tokyo"
    assert zone_of_machine("", link) == zone_of_machine("JST-9", link) == zone_of_machine("../x", link) == "UTC"
    link.symlink_to("../usr/share/zoneinfo/Europe/Berlin")
    assert zone_of_machine("", link) == zone_of_machine("CET-1CEST", link) == "Europe/Berlin"
    assert zone_of_machine("Asia/Tokyo", link) == "Asia/Tokyo"
    assert read({"BATCHBOARD_TIME_ZONE": "America/Los_Angeles", "TZ": "Asia/Tokyo"}).time_zone == "America/Los_Angeles"
    assert read({"TZ": "Asia/Tokyo"}).time_zone == "Asia/Tokyo"
