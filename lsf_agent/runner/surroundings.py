"""What a script finds around it, told so that a person can do the same in a terminal: folder, environment. Secrets are
kept back here already, before anything leaves the user's own process."""

import json
import re
from collections.abc import Collection, Mapping

TOLD = 32 * 1024
"""Bytes of names and values, as JSON."""
LIMITS = (1000, 300, 100, 30)
"""Characters of a value: the first of these with which all of it fits."""
NAME_LIMIT = 200
_SECRET_NAME = re.compile(
    r"TOKEN|SECRET|PASS|KEY|CRED|AUTH|COOKIE|SESSION|PRIVATE|SIGNATURE|JWT|DSN|HOOK|PWD",
    re.IGNORECASE,
)
_SECRET_VALUE = re.compile(
    r"://[^/\s@]*:[^/\s@]*@"  # a password in an address
    r"|-----BEGIN|\beyJ[\w-]{10,}\.|\b(?:gh[pousr]_|glpat-|xox[abp]-|AKIA[0-9A-Z]{12})"
    r"|\bBearer\s|(?:token|secret|passw(?:or)?d|api_?key|sig)=",
    re.IGNORECASE,
)
OURS = ("BATCHBOARD_", "SUDO_")
OF_THE_SHELL = frozenset({"_", "OLDPWD", "PWD", "SHLVL"})
"""They tell of whoever started us; a script's shell sets them anew."""


def surroundings(environment: Mapping[str, str], given: Collection[str]) -> dict[str, str | None]:
    """Names and values but those that were `given` with the job; None: a value that looks like a secret. A long value
    is cut and ends with `…`. Sorted by name; what does not fit even so is left out from the end."""
    whole = {
        _text(name, NAME_LIMIT): None if secret(name, value) else value
        for name, value in sorted(environment.items())
        if name not in given and name not in OF_THE_SHELL and not name.startswith(OURS)
    }
    for limit in LIMITS:
        told = {name: None if value is None else _text(value, limit) for name, value in whole.items()}
        if _size(told) <= TOLD:
            return told
    while _size(told) > TOLD:
        for name in list(told)[-max(1, len(told) // 10) :]:
            del told[name]
    return told


def secret(name: str, value: str) -> bool:
    """Whether it looks like something that not everybody who sees the job should read."""
    return _SECRET_NAME.search(name) is not None or _SECRET_VALUE.search(value) is not None


def _text(value: str, limit: int) -> str:
    """What is no text becomes readable, as the wire takes text alone."""
    text = value.encode(errors="replace").decode()
    return text if len(text) <= limit else f"{text[:limit]}…"


def _size(told: Mapping[str, str | None]) -> int:
    return len(json.dumps(told, ensure_ascii=False).encode())
