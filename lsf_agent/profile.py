"""What a shell profile of the site sets: a service manager starts the agent without a login shell and LSF's variables.

Only profiles for the Bourne shell are read (`profile.lsf`); those for csh (`cshrc.lsf`) are refused.
"""

import os
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

LIMIT = 10.0
"""Seconds that a profile may take."""
PROGRAM = '. "$0" >&2; exec /usr/bin/env -0'
"""The profile may print, and its last command may fail: neither says that it did not work."""
OF_THE_SHELL = frozenset({"_", "SHLVL", "PWD", "OLDPWD"})


class ProfileError(Exception):
    """The profile cannot be used; the message says why."""


def with_profile(environ: Mapping[str, str], profile: Path, limit: float = LIMIT) -> dict[str, str]:
    """`environ` after a shell has read `profile`: what it sets, changes and unsets. The shell sees none of our
    settings, and none can be set by it. Raises ProfileError."""
    _refuse_csh(profile)
    ours = {name: value for name, value in environ.items() if name.startswith("BATCHBOARD_")}
    shown = {name: value for name, value in environ.items() if name not in ours}
    after = _sourced(shown, profile, limit)
    kept = {name: value for name, value in shown.items() if name in OF_THE_SHELL}
    changed = {
        name: value for name, value in after.items() if name not in OF_THE_SHELL and not name.startswith("BATCHBOARD_")
    }
    return ours | kept | changed


def _refuse_csh(profile: Path) -> None:
    if profile.name.startswith("cshrc") or profile.suffix in (".csh", ".tcsh"):
        raise ProfileError(f"{profile} is for csh; give the one for the Bourne shell, such as profile.lsf")


def _sourced(environ: Mapping[str, str], profile: Path, limit: float) -> dict[str, str]:
    try:
        profile.open("rb").close()  # the shell would say it less clearly
        child = subprocess.Popen(
            ["/bin/sh", "-c", PROGRAM, str(profile)],
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise ProfileError(f"{profile} cannot be read: {error.strerror or error}") from error
    with child:
        try:
            stdout, stderr = child.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            raise ProfileError(f"{profile} did not end within {limit:g} s") from None
    said = stderr.decode(errors="replace").strip()
    if "setenv" in said:
        raise ProfileError(f"{profile} is for csh ({said.splitlines()[0]}); give the one for the Bourne shell")
    if child.returncode != 0 or not stdout:
        last = said.splitlines()[-1] if said else f"exit code {child.returncode}"
        raise ProfileError(f"{profile} ended the shell that read it: {last}")
    return _variables(stdout)


def _variables(listed: bytes) -> dict[str, str]:
    pairs = (os.fsdecode(entry).partition("=") for entry in listed.split(b"\0") if entry)
    return {name: value for name, equals, value in pairs if equals and name}
