"""One real tiny job, through everything: API, agent, submit script, LSF, compute node, report, page."""

import importlib.util
import time
from contextlib import suppress
from pathlib import Path

from realtime.cli.api import Api, Refused
from realtime.domain.fitness import Checked
from realtime.domain.status import Status
from realtime.protocol.api import Applied, Apply, DefinitionChange, DefinitionPage, NewDefinition, NewExperiment, NewRun
from realtime.protocol.rows import DefinitionRow, ExperimentRow, JobRow, RunRow

EXPERIMENT = "batchboard-check"
HASH = "check"
LOOK_EVERY = 0.2
LIST_LIMIT = 500
CURES = {
    93: "LSF did not hand on the environment: an esub or a site's filter drops it; let BATCH_UPDATE_URL pass",
    94: "the compute node does not reach BATCHBOARD_PUBLIC_URL: open the port, or put a proxy where it can be reached",
    95: "the compute node has neither python3 nor curl; scripts must report with something else",
}
"""exit code of check.sh's job -> what to do"""
STUCK = {
    Status.REQUEST_SENT: "is the agent of that location running? batchboard check --agent-only",
    Status.PERSISTED: "the agent is away: systemctl start batchboard-agent on the submit host",
    Status.LSF_SLOW: "LSF does not answer bsub: try it by hand on the submit host",
    Status.PEND: "the queue is full or closed: try --queue NAME, or a longer --wait",
}


def shipped_script() -> str:
    """check.sh of this installation."""
    package = importlib.util.find_spec("lsf_agent")
    places = list(package.submodule_search_locations or []) if package else []
    return str(Path(places[0] if places else "/opt/batchboard") / "examples" / "check.sh")


def try_job(api: Api, script: str, queue: str | None, wait: float) -> Checked:
    """Runs it and removes it; the experiment and its runs stay. Raises ApiError."""
    _prepare(api, script, queue or "")
    run = api.post(f"/experiments/{EXPERIMENT}/runs", NewRun(), RunRow)
    begin = time.monotonic()
    applied = api.post(f"/experiments/{EXPERIMENT}/jobs", Apply(definition=HASH, runs=run.number), Applied)
    job = applied.jobs[0]
    reported: float | None = None
    while time.monotonic() - begin < wait:
        job = api.get(f"/jobs/{job.id}", JobRow)
        if job.counters and reported is None:
            reported = time.monotonic() - begin
        if job.status in (Status.DONE, Status.EXIT, Status.SUBMIT_FAILED, Status.LOST):
            return _ended(api, job, reported, time.monotonic() - begin)
        time.sleep(LOOK_EVERY)
    return _too_slow(api, job, wait)


def _prepare(api: Api, script: str, queue: str) -> None:
    try:
        body = NewExperiment(name=EXPERIMENT, description="Jobs of batchboard check")
        api.post("/experiments", body, ExperimentRow)
    except Refused as refusal:
        if refusal.status != 409:
            raise
    base = f"/experiments/{EXPERIMENT}/definitions"
    known = api.get(base, DefinitionPage, limit=LIST_LIMIT).items
    there = next((row for row in known if row.name == HASH and row.archived_at is None), None)
    if there is None:
        api.post(base, NewDefinition(name=HASH, executable=script, parameters=queue), DefinitionRow)
    elif (there.executable, there.parameters) != (script, queue):
        api.patch(f"{base}/{there.id}", DefinitionChange(executable=script, parameters=queue), DefinitionRow)


def _ended(api: Api, job: JobRow, reported: float | None, ended: float) -> Checked:
    api.delete(f"/jobs/{job.id}")
    if job.status == Status.SUBMIT_FAILED:
        cure = f"run it by hand on the submit host as the agent's account: {job.executable} {EXPERIMENT} {job.run}"
        return Checked("job", False, f"the submit script failed: {job.detail}", cure)
    if job.status != Status.DONE:
        cure = CURES.get(job.exit_code or 0, "submit a job by hand with bsub and look why it fails")
        return Checked("job", False, f"LSF {job.lsf_id}: {job.detail}", cure)
    if reported is None:
        return Checked("job", False, f"LSF {job.lsf_id}: ended without a report", CURES[94])
    steps = [("submitted", job.submitted_at), ("started", job.started_at)]
    told = [f"{word} after {(at - job.requested_at).total_seconds():.1f} s" for word, at in steps if at]
    told += [f"reported after {reported:.1f} s", f"DONE after {ended:.1f} s"]
    return Checked("job", True, f"LSF {job.lsf_id}: {', '.join(told)}")


def _too_slow(api: Api, job: JobRow, wait: float) -> Checked:
    with suppress(Refused):  # it has ended at this moment
        api.post(f"/jobs/{job.id}/kill", {}, JobRow)
    cure = next((text for status, text in STUCK.items() if status == job.status), "try a longer --wait")
    return Checked("job", False, f"not done after {wait:g} s, killed: {job.status}: {job.detail}", cure)
