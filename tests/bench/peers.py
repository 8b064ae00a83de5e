"""Peers from PyPI, each in an environment of its own."""

import json
import subprocess
import tempfile
import venv
from functools import cache
from pathlib import Path

_folders: list[tempfile.TemporaryDirectory[str]] = []
"""Removed when the interpreter ends."""


@cache
def interpreter(*packages: str) -> Path | None:
    """The Python of an environment that has these packages, made once; None, with a line that says so, when they cannot
    be installed."""
    _folders.append(tempfile.TemporaryDirectory(prefix="batchboard-peer-"))
    place = Path(_folders[-1].name)
    python = place / "bin" / "python"
    try:
        venv.create(place, with_pip=True)
        pip = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check", "install", *packages]
        subprocess.run(pip, check=True, timeout=180, capture_output=True)
    except (OSError, subprocess.SubprocessError):
        print(json.dumps({"bench": "peer", "problem": f"cannot be installed: {' '.join(packages)}"}), flush=True)
        return None
    return python
