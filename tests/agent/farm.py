"""A farm of fake LSF commands: real executables over a folder of files, which misbehave on request.

Each command first reads `faults.json`: command -> some of
- `hang`: does nothing, for ever; `silent`: the same, saying what LSF says when its daemon is away
- `stdout`, `stderr`, `code`: printed instead of doing anything
- `then_hang`: after its work, before or after its answer: {"then_hang": true}, {"unsaid": true, "then_hang": true}
- `times`: only the next so many calls have the fault
- bsub: `jobs`: makes so many jobs, tells the first; `unsaid`: makes them and tells nothing; `lost`: makes them and says
  that the communication timed out and that no job was submitted; `hidden`: bjobs and bkill do not know them
- bjobs: `formats`: those it has, of json, delimited and wide; `few_fields`; `lacks`: fields; `no_unfolded`; `before`:
  printed first
`calls` has one JSON line for each command called. A job has the name given with -J.
"""

import json
import sys
from pathlib import Path
from typing import Any

COMMANDS = ("bsub", "bjobs", "bkill", "bpeek", "bhist", "bqueues", "lsid")
SUBMITTED_AT = "Sun Nov 22 08:07:30"

PROGRAM = r"""#!{python} -IS
import fcntl, fnmatch, json, os, sys, time
FARM = {farm!r}
SUBMITTED_AT = {submitted_at!r}
me, argv = os.path.basename(sys.argv[0]), sys.argv[1:]
with open(FARM + "/calls", "a") as calls:
    calls.write(json.dumps([me, *argv]) + "\n")
def read(name):
    try:
        with open(FARM + name) as file:
            return json.load(file)
    except FileNotFoundError:
        return None
def load(job):
    return read("/jobs/" + job)
def store(job, facts):
    with open(FARM + "/jobs/.new" + job, "w") as new:
        json.dump(facts, new)
    os.rename(FARM + "/jobs/.new" + job, FARM + "/jobs/" + job)
def now():
    return time.strftime("%a %b %e %H:%M:%S", time.gmtime())
def fault_of():
    fault = (read("/faults.json") or {{}}).get(me, {{}})
    if "times" in fault:
        with open(FARM + "/times." + me, "a+") as used:
            fcntl.flock(used, fcntl.LOCK_EX)
            used.seek(0)
            orders = used.read().split()
            if orders.count(json.dumps(fault).encode().hex()) >= fault["times"]:
                return {{}}
            used.write(json.dumps(fault).encode().hex() + "\n")
    return fault
fault = fault_of()
def say(text, to=sys.stdout):
    print(text, file=to, flush=True)
def end(code=0):
    if fault.get("then_hang"):
        time.sleep(600)
    sys.exit(code)
if fault.get("silent"):
    say("batch system daemon not responding ... still trying", sys.stderr)
if fault.get("hang") or fault.get("silent"):
    time.sleep(600)
if "code" in fault:
    sys.stdout.write(fault.get("stdout", "")); sys.stderr.write(fault.get("stderr", ""))
    sys.exit(fault["code"])
ids = [word for word in argv if word.replace("[", "").replace("]", "").isdigit()]
name = argv[argv.index("-J") + 1] if "-J" in argv else None
def named(pattern):
    jobs = sorted((job for job in os.listdir(FARM + "/jobs") if job.isdigit()), key=int)
    return [job for job in jobs if fnmatch.fnmatchcase((load(job) or {{}}).get("name") or "", pattern)]
if me == "lsid":
    say("IBM Spectrum LSF Standard 10.1.0.12, Jun 22 2021\n\nMy cluster name is fake\nMy master name is host"); end()
if me == "bqueues":
    say("QUEUE_NAME      PRIO STATUS          MAX JL/U JL/P JL/H NJOBS  PEND   RUN  SUSP ")
    say("psanaq           35  Open:Active       -    -    -    -   792   312   480     0"); end()
if me == "bsub":
    jobs = []
    for _ in range(fault.get("jobs", 1)):
        with open(FARM + "/counter", "a+") as counter:
            fcntl.flock(counter, fcntl.LOCK_EX)
            counter.seek(0)
            job = str(int(counter.read() or "100") + 1)
            counter.seek(0); counter.truncate(); counter.write(job)
        output = argv[argv.index("-o") + 1] if "-o" in argv else None
        store(job, {{"status": "RUN", "queue": "psanaq", "host": "node1", "output_file": output, "cwd": os.getcwd(),
            "tag": os.environ.get("BATCH_JOB_ID"), "name": name, "at": now(), "hidden": fault.get("hidden", False)}})
        jobs.append(job)
    if fault.get("lost"):
        say("Failed in an LSF library call: Communication time out. Job not submitted.", sys.stderr); end(255)
    if not fault.get("unsaid"):
        say(f"Job <{{jobs[0]}}> is submitted to queue <psanaq>.")
    end()
if me == "bjobs" and fault.get("before"):
    say(fault["before"])
if me == "bjobs" and name is not None:
    found = [job for job in named(name) if not load(job).get("hidden")]
    if not found:
        say(f"Job <{{name}}> is not found", sys.stderr); end(255)
    say("JOBID   USER    STAT  QUEUE      FROM_HOST   EXEC_HOST   JOB_NAME   SUBMIT_TIME")
    for job in found:
        facts = load(job)
        say(f"{{job}} me {{facts['status']}} {{facts['queue']}} vm {{facts['host']}} {{facts['name']}} Nov 22 08:07")
    end()
if me == "bjobs" and ("-l" in argv or "-UF" in argv):
    if "-UF" in argv and fault.get("no_unfolded"):
        say("bjobs: illegal option -- U", sys.stderr); end(255)
    for job in ids:
        facts = load(job)
        if facts is None:
            say(f"Job <{{job}}> is not found", sys.stderr); continue
        user = facts.get("user", "me")
        called = f", Job Name <{{facts['name']}}>" if facts.get("name") else ""
        say(f"\nJob <{{job}}>{{called}}, User <{{user}}>, Project <default>, Status <{{facts['status']}}>, "
            "Queue <psanaq>, Command <x>")
        out = f", Output File <{{facts['output_file']}}>" if facts.get("output_file") else ""
        at = facts.get("at", SUBMITTED_AT)
        say(f"{{at}}: Submitted from host <vm>, CWD <{{facts.get('cwd')}}>{{out}};")
        if facts["status"] == "PEND":
            say(" PENDING REASONS:\n The job has a specified start time: 1 host;\n")
        if facts["status"] == "EXIT":
            code = facts.get("exit_code")
            say(f"Sun Nov 22 08:07:31: Exited with exit code {{code}}. The CPU time used is 0.0 seconds.")
        say(facts.get("described", ""))
    end()
if me == "bjobs":
    form = "json" if "-json" in argv else "delimited" if "-noheader" in argv else "wide"
    if form not in fault.get("formats", ["json", "delimited", "wide"]):
        say("bjobs: illegal option", sys.stderr); end(255)
    fields = argv[argv.index("-o") + 1].split(" delimiter")[0].split() if "-o" in argv else []
    if fault.get("few_fields") and "exit_code" in fields:
        say("<EXIT_CODE> in the format string is not a valid field name.", sys.stderr); end(99)
    for field in fields:
        if field in fault.get("lacks", []):
            say(f"<{{field.upper()}}> in the format string is not a valid field name.", sys.stderr); end(99)
    rows = []
    for job in ids:
        facts = load(job)
        if facts is None or facts.get("hidden"):
            if not (facts or {{}}).get("omitted"):
                rows.append({{"JOBID": job, "ERROR": f"Job <{{job}}> is not found"}})
            continue
        row = {{"JOBID": job, "STAT": facts["status"], "QUEUE": facts["queue"], "EXEC_HOST": facts["host"],
            "EXIT_CODE": str(facts.get("exit_code", "")), "EXIT_REASON": facts.get("exit_reason", ""),
            "CPU_USED": facts.get("cpu_used", ""), "MAX_MEM": facts.get("max_mem", ""),
            "MEMLIMIT": facts.get("memlimit", ""), "RUNTIMELIMIT": facts.get("runtimelimit", ""),
            "SUB_CWD": facts["cwd"], "OUTPUT_FILE": facts.get("output_file") or ""}}
        rows.append({{key: value for key, value in row.items() if not fields or key.lower() in fields}})
    if form == "json":
        say(json.dumps({{"COMMAND": "bjobs", "JOBS": len(rows), "RECORDS": rows}}, indent=1)); end()
    if form == "wide" and any("STAT" in row for row in rows):
        say("JOBID   USER    STAT  QUEUE      FROM_HOST   EXEC_HOST   JOB_NAME   SUBMIT_TIME")
    for row in rows:
        if "ERROR" in row:
            say(row["ERROR"], sys.stderr)
        elif form == "delimited":
            say("^".join(row[field.upper()] or "-" for field in fields))
        else:
            say(f"{{row['JOBID']}} me {{row['STAT']}} {{row['QUEUE']}} vm {{row['EXEC_HOST']}} a name Nov 22 08:07")
    end(255 if any("ERROR" in row for row in rows) else 0)
if me == "bkill":
    failed = 0
    for job in ids:
        facts = load(job)
        if facts is None or facts.get("hidden"):
            say(f"Job <{{job}}>: No matching job found", sys.stderr); failed = 255
        elif facts["status"] in ("DONE", "EXIT"):
            say(f"Job <{{job}}>: Job has already finished", sys.stderr); failed = 255
        else:
            word = "TERM_FORCE_OWNER" if "-r" in argv else "TERM_OWNER"
            reason = word + ": job killed by owner"
            if facts["status"] in ("UNKWN", "ZOMBI") and "-r" not in argv:
                store(job, facts | {{"status": "ZOMBI"}})
            else:
                store(job, facts | {{"status": "EXIT", "exit_code": 130, "exit_reason": reason}})
            say(f"Job <{{job}}> is being terminated")
    end(failed)
if me == "bpeek":
    facts = load(ids[0])
    if facts is None or facts["status"] in ("DONE", "EXIT"):
        say(f"Job <{{ids[0]}}> is not found", sys.stderr); end(255)
    if facts["status"] == "PEND":
        say(f"Job <{{ids[0]}}> : Not yet started.", sys.stderr); end(255)
    say("<< output from stdout >>"); say(facts.get("output", ""), sys.stdout); end()
if me == "bhist":
    jobs = named(name) if name is not None else [job for job in ids if load(job) is not None]
    told = [load(job)["history"] for job in jobs if "history" in load(job)]
    if not told:
        say("No matching job found"); end(255)
    say("\n".join(told)); end()
"""


class Farm:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.bin = root / "bin"
        self.bin.mkdir(parents=True)
        (root / "jobs").mkdir()
        program = PROGRAM.format(python=sys.executable, farm=str(root), submitted_at=SUBMITTED_AT)
        for name in COMMANDS:
            (self.bin / name).write_text(program)
            (self.bin / name).chmod(0o755)

    def faults(self, **faults: dict[str, Any]) -> None:
        new = self.root / "faults.new"
        new.write_text(json.dumps(faults))
        new.rename(self.root / "faults.json")

    def calls(self, command: str) -> list[list[str]]:
        path = self.root / "calls"
        calls = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
        return [call for call in calls if call[0] == command]

    def jobs(self) -> dict[str, dict[str, Any]]:
        files = (path for path in (self.root / "jobs").iterdir() if path.name.isdigit())
        return {path.name: json.loads(path.read_text()) for path in files}

    def job(self, lsf_id: str, **facts: Any) -> None:
        """Makes or changes a job; None removes it."""
        path = self.root / "jobs" / lsf_id
        base = {"status": "RUN", "queue": "psanaq", "host": "node1", "output_file": None, "cwd": "/tmp"}
        old = json.loads(path.read_text()) if path.exists() else base
        new = path.with_name(f".new{lsf_id}")
        new.write_text(json.dumps(old | facts))
        new.rename(path)

    def forget(self, lsf_id: str) -> None:
        (self.root / "jobs" / lsf_id).unlink()
