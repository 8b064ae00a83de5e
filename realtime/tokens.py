"""Login token and agent's token: as they are set, else made once in the data directory."""

import secrets
from pathlib import Path

from realtime.settings import Settings, SettingsError


def tokens(settings: Settings) -> tuple[str, str]:
    """Login token and agent's token, the same for every process over the data directory. Raises SettingsError."""
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        return (
            settings.token or _kept_secret(settings.data_dir / "token"),
            settings.agent_token or _kept_secret(settings.data_dir / "agent.token"),
        )
    except OSError as error:
        raise SettingsError(f"BATCHBOARD_DATA_DIR: {settings.data_dir} cannot be used: {error.strerror}") from error


def _kept_secret(path: Path) -> str:
    try:
        kept = path.read_text().strip()
    except FileNotFoundError:
        kept = ""
    if not kept:
        kept = secrets.token_urlsafe(24)
        path.touch(mode=0o600)
        path.chmod(0o600)
        path.write_text(kept + "\n")
    return kept
