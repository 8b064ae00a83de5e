"""The lease of a location: who serves it, that the agent is heard of, how it and its batch system fare."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec

from realtime.domain.assessment import AGENT_SILENT_AFTER
from realtime.domain.errors import Conflict
from realtime.protocol.agent import AgentState, Claimed, Followed, LeaseRequest, Unsettled
from realtime.service.jobs import record
from realtime.service.rules import Rules
from realtime.store import Connection, jobs, locations, work
from realtime.store.tx import Tx

DOUBLES_SHOW_WITHIN = timedelta(minutes=5)
"""After the end of a script whose bsub struggled."""
SEEN_STEP = timedelta(seconds=15)
"""The visible times of a location move in steps of this, not with every request."""
QUEUES_LIMIT = 100
"""Queues of a location that are shown."""


def lease(tx: Tx, rules: Rules, request: LeaseRequest, epoch: str) -> int:
    """The agent's new generation; Conflict while another agent that is heard of holds the location.

    An agent that has seen a newer generation than the store knows tells that the store is an older copy of itself.
    """
    found = locations.ensure(tx, request.location)
    alive = found["heard_at"] is not None and tx.now - found["heard_at"] <= AGENT_SILENT_AFTER
    if alive and found["agent"] not in (None, request.agent):
        raise Conflict(f"the location {request.location} is served by another agent", code="lease_held")
    older = request.seen_epoch == epoch and request.seen_generation > found["generation"]
    restored = {"restored_at": tx.now} if older else {}
    generation = max(int(found["generation"]), request.seen_generation) + 1
    hidden = {"agent": request.agent, "generation": generation, "heard_at": tx.now}
    locations.note(tx, request.location, hidden | restored)
    locations.change(
        tx,
        request.location,
        {
            "agent_connected": True,
            "agent_seen_at": tx.now,
            "agent_version": request.version,
            "scheduler": request.scheduler,
            "scheduler_version": request.scheduler_version,
        },
    )
    return generation


def followed(conn: Connection, location: str) -> list[Followed]:
    """The live jobs that LSF has, for an agent that may have lost its spool."""
    return [Followed(job=job_id, user=user, lsf_ids=ids) for job_id, user, ids in work.in_lsf(conn, location)]


def unsettled(tx: Tx, location: str) -> list[Unsettled]:
    """The live jobs of which LSF may have more than is known, for the same agent."""
    found = work.unsettled(tx.conn, location, tx.now - DOUBLES_SHOW_WITHIN)
    return [Unsettled(job=job_id, user=user, requested_at=at) for job_id, user, at in found]


def hear(tx: Tx, location: str, generation: int, state: AgentState | None) -> None:
    """The agent was heard of, and maybe said how it fares; Conflict when it does not hold the lease."""
    found = locations.find(tx.conn, location)
    if found is None or found["generation"] != generation:
        raise Conflict("ask for a lease: this generation is not the current one", code="no_lease")
    hidden: dict[str, Any] = {"heard_at": tx.now}
    visible: dict[str, Any] = {}
    if not found["agent_connected"] or tx.now - (found["agent_seen_at"] or tx.now) >= SEEN_STEP:
        visible |= {"agent_connected": True, "agent_seen_at": tx.now}
    if state is not None:
        hidden["state"] = msgspec.to_builtins(state)
        visible |= _news_of(found, state)
    locations.note(tx, location, hidden)
    if visible:
        locations.change(tx, location, visible)


def _news_of(found: dict[str, Any], state: AgentState) -> dict[str, Any]:
    values = {
        "scheduler_format": state.format,
        "scheduler_silent_since": state.silent_since,
        "scheduler_problem": state.problem,
    }
    news = {name: value for name, value in values.items() if value != found[name]}
    answered_before = found["scheduler_answered_at"]
    silence = "scheduler_silent_since" in news
    if state.answered_at and (silence or answered_before is None or state.answered_at - answered_before >= SEEN_STEP):
        news["scheduler_answered_at"] = state.answered_at
    return news | _news_of_queues(found, state)


def _news_of_queues(found: dict[str, Any], state: AgentState) -> dict[str, Any]:
    """What was told last stays, with its time, while the agent knows no more."""
    if state.queues is None or state.queues_at is None:
        return {}
    before = found["queues_at"]
    if before is not None and abs(state.queues_at - before) < SEEN_STEP:
        return {}
    return {"queues": msgspec.to_builtins(state.queues[:QUEUES_LIMIT]), "queues_at": state.queues_at}


def notice_silence(tx: Tx, rules: Rules) -> None:
    """Mark the locations whose agent has not been heard of for too long."""
    for found in locations.every(tx.conn):
        if found["agent_connected"] and tx.now - rules.heard_at(found) > AGENT_SILENT_AFTER:
            values = {"agent_connected": False, "agent_seen_at": found["heard_at"]}
            locations.change(tx, found["name"], values)


def claim(tx: Tx, rules: Rules, location: str, job_id: str) -> Claimed:
    """May the agent run this submit script? Decided here, against a user who cancels. Safe to repeat."""
    stored = jobs.find(tx.conn, job_id)
    if stored is None or stored.location != location:
        return Claimed(granted=False, reason="there is no such job")
    if stored.job.cancelled_at is not None:
        return Claimed(granted=False, reason="cancelled")
    if stored.job.submission.claimed_at is None:
        submission = stored.job.submission
        claimed = replace(submission, handed_at=submission.handed_at or tx.now, claimed_at=tx.now)
        record(tx, rules, stored, replace(stored.job, submission=claimed), "agent")
    return Claimed(granted=True, reason=None)
