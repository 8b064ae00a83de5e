"""Runs a module of this package with the standard library alone: `python -I -S boot.py MODULE ARGUMENT...`"""

import importlib
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.append(str(Path(__file__).absolute().parents[2]))
    sys.exit(importlib.import_module(f"lsf_agent.embedded.{sys.argv[1]}").main(sys.argv[2:]))
