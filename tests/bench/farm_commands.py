"""Quick LSF commands for many jobs that all run: they print what LSF prints for the ids asked, and note each call."""

import sys
from pathlib import Path

PROGRAM = r"""#!{python} -IS
import os, sys
me, argv = os.path.basename(sys.argv[0]), sys.argv[1:]
with open({calls!r}, "a") as calls:
    calls.write(me + "\n")
if me == "lsid":
    print("IBM Spectrum LSF Standard 10.1.0.12, Jun 22 2021\n\nMy cluster name is bench\nMy master name is h")
    sys.exit()
if me != "bjobs" or "-json" not in argv:
    sys.exit("not a command of this farm")
facts = {{"STAT": "RUN", "QUEUE": "psanaq", "EXEC_HOST": "16*sdfmilan0%s", "EXIT_CODE": "", "EXIT_REASON": "",
    "KILL_REASON": "", "SUSPEND_REASON": "", "SUB_CWD": "/sdf/data/lcls/ds/xpp/xppx12345/scratch/batch",
    "OUTPUT_FILE": "logs/%%J.out"}}
fields = [field.upper() for field in argv[argv.index("-o") + 1].split() if field.upper() != "JOBID"]
row = "".join('\n      "%s":"%s",' % (field, facts[field]) for field in fields)[:-1]
ids = [word for word in argv if word.isdigit()]
rows = ['    {{\n      "JOBID":"%s",%s\n    }}' % (job, row.replace("%s", job[-2:])) for job in ids]
head = '{{\n  "COMMAND":"bjobs",\n  "JOBS":%d,\n  "RECORDS":[\n' % len(ids)
sys.stdout.write(head + ",\n".join(rows).replace("%%", "%") + "\n  ]\n}}\n")
"""


class FarmCommands:
    """`folder` gets the commands; it goes first on a PATH."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "bin"
        self.bin.mkdir()
        self._calls = folder / "calls"
        self._calls.touch()
        for name in ("bjobs", "lsid", "bhist", "bkill"):
            (self.bin / name).write_text(PROGRAM.format(python=sys.executable, calls=str(self._calls)))
            (self.bin / name).chmod(0o755)

    def calls(self) -> int:
        """Commands called so far."""
        return len(self._calls.read_text().split())
