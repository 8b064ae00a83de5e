"""Jobs that failed, as the agent of a test tells of them."""

from datetime import UTC, datetime
from typing import Any

from realtime.protocol.questions import Found, FoundLine, LogAnswer, LogBytes
from tests.pages.agent import Agent
from tests.pages.manager import Manager

GB = 2**30
LOG = "reading part 1\nreading part 2\nTraceback (most recent call last):\n  raise\nValueError: no events\n"
ERROR = "ValueError: no events"


def ended(manager: Manager, agent: Agent, experiment: str, lsf_id: str, status: str = "EXIT", **facts: Any) -> str:
    """A job of the hash `one` on run 1 that LSF has ended."""
    body = {"definition": "one", "runs": 1}
    job: str = manager.call("POST", f"/experiments/{experiment}/jobs", body)["jobs"][0]["id"]
    agent.claim(job)
    agent.submitted(job, lsf_id, ended_at=datetime.now(UTC), exit_code=0, sha256=facts.pop("sha256", "a" * 64))
    agent.lsf(job, lsf_id, "RUN", queue="psanaq", host="psana1201")
    agent.lsf(job, lsf_id, status, **facts)
    return job


def refused(manager: Manager, agent: Agent, experiment: str) -> str:
    """One whose script was refused by bsub."""
    body = {"definition": "one", "runs": 1}
    job: str = manager.call("POST", f"/experiments/{experiment}/jobs", body)["jobs"][0]["id"]
    agent.claim(job)
    said = "checking\nnosuchq: No such queue. Job not submitted.\n"
    agent.submitted(job, ended_at=datetime.now(UTC), exit_code=255, stderr=said)
    return job


def give_log(agent: Agent, job: str, text: str, error: str | None = ERROR) -> None:
    """What is answered to questions about the job's log."""
    size = len(text)
    log = LogAnswer(text=text, source="file", offset=0, next=size, size=size, path="/logs/7", complete=True)
    items = [FoundLine(at=text.index(error), line=error)] if error else []
    found = Found(items=items, count=len(items), start=0, to=size, size=size, source="file", complete=True)
    raw = LogBytes(content=text.encode(), source="file", offset=0, size=size)
    agent.answers |= {f"{job}/log": {"log": log}, f"{job}/find": {"found": found}, f"{job}/bytes": {"raw": raw}}


def out_of_memory(manager: Manager, agent: Agent, experiment: str, lsf_id: str) -> str:
    """One that was killed at `-M 8G`, which its parameters hold."""
    path = f"/experiments/{experiment}/definitions"
    one = next(row for row in manager.call("GET", path)["items"] if row["name"] == "one")
    manager.call("PATCH", f"{path}/{one['id']}", {"parameters": "calib -M 8G"})
    reason = "killed: ran out of memory, TERM_MEMLIMIT"
    memory: dict[str, Any] = {"max_memory": int(7.9 * GB), "memory_limit": 8 * GB}
    return ended(manager, agent, experiment, lsf_id, exit_code=137, reason=reason, **memory)
