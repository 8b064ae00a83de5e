"""Websocket addresses of a manager, from the address that people and programs know it by."""

from urllib.parse import quote, urlencode, urlsplit, urlunsplit

SCHEMES = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}


def live_address(base: str, experiment: str | None, runs: int, since: str | None) -> str:
    """The feed of an experiment, or of the site (the list of experiments) without one."""
    scope = "" if experiment is None else f"/experiments/{quote(experiment, safe='')}"
    return _address(base, f"{scope}/live", {"runs": runs} | ({} if since is None else {"since": since}))


def log_address(base: str, job: str, offset: int | None, lsf_id: str | None) -> str:
    """A job's log as it grows."""
    asked = {"offset": offset, "lsf_id": lsf_id}
    query = {name: value for name, value in asked.items() if value is not None}
    return _address(base, f"/jobs/{quote(job, safe='')}/log/live", query)


def _address(base: str, path: str, query: dict[str, str | int] | dict[str, str | int | None]) -> str:
    """Raises ValueError when `base` is no address of a manager."""
    parts = urlsplit(base)
    if parts.scheme not in SCHEMES or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError(f"expected an address such as http://host:8420, not {base!r}")
    whole = f"{parts.path.rstrip('/')}/api/v1{path}"
    return urlunsplit((SCHEMES[parts.scheme], parts.netloc, whole, urlencode(query, safe=":"), ""))
