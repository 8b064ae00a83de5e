"""What is handed to the agent of a location: what it does not have in its hands yet."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from realtime.domain.status import Status
from realtime.protocol.agent import CheckPath, Followed, Kill, Submit, Verify, Work
from realtime.service.given import given_environment
from realtime.service.jobs import record
from realtime.service.rules import Rules
from realtime.store import definitions, jobs, locations, work
from realtime.store.jobs import StoredJob
from realtime.store.tx import Tx

CHECK_AGAIN = timedelta(minutes=5)
CHECK_ODD_AGAIN = timedelta(seconds=10)
FOLLOW_AGAIN = timedelta(seconds=30)
AT_ONCE = 50


def hand_out(tx: Tx, rules: Rules, location: str, room: int, holding: Iterable[str]) -> Work:
    """Everything but questions. A submission that is handed out counts from now on for LSF_Slow."""
    held: dict[str, list[str]] = {"submit": [], "kill": [], "check": [], "verify": []}
    for item in holding:
        kind, _, rest = item.partition("/")
        held.setdefault(kind, []).append(rest)
    return Work(
        submit=_to_submit(tx, rules, location, room, held["submit"]),
        kill=_to_kill(tx, location, held["kill"]),
        check=_to_check(tx, location, held["check"]),
        verify=_to_verify(tx, location, held["verify"]),
        follow=[
            Followed(job=job_id, user=user, lsf_ids=ids)
            for job_id, user, ids in work.take_follow(tx, location, FOLLOW_AGAIN, AT_ONCE)
        ],
        look=work.take_look(tx, location, AT_ONCE),
    )


def _to_submit(tx: Tx, rules: Rules, location: str, room: int, holding: list[str]) -> list[Submit]:
    wanted = work.to_submit(tx.conn, location, max(0, min(room, AT_ONCE)), holding)
    restored_at = rules.restored(locations.find(tx.conn, location)) if wanted else None
    submits = []
    for stored in jobs.find_several(tx.conn, wanted):
        if stored.job.submission.handed_at is None:
            handed = replace(stored.job.submission, handed_at=tx.now)
            record(tx, rules, stored, replace(stored.job, submission=handed), "manager")
        submits.append(
            Submit(
                job=stored.job.id,
                user=stored.user,
                requested_at=stored.job.requested_at,
                restored=restored_at is not None and stored.job.requested_at < restored_at,
                executable=stored.executable,
                arguments=list(stored.job.submission.arguments),
                environment=given_environment(rules, stored),
            )
        )
    return submits


def _to_kill(tx: Tx, location: str, holding: list[str]) -> list[Kill]:
    return [
        Kill(job=stored.job.id, user=stored.user, lsf_ids=_not_ended(stored), force=stored.job.kill_force)
        for stored in jobs.find_several(tx.conn, work.to_kill(tx.conn, location, AT_ONCE, holding))
    ]


def _not_ended(stored: StoredJob) -> list[str]:
    # LSF uses ids again: one that has ended here may be somebody else's job by now.
    ended = (Status.DONE, Status.EXIT)
    return [lsf_job.lsf_id for lsf_job in stored.job.lsf_jobs if lsf_job.status not in ended]


def _to_check(tx: Tx, location: str, holding: list[str]) -> list[CheckPath]:
    due = definitions.to_check(tx.conn, location, tx.now - CHECK_AGAIN, tx.now - CHECK_ODD_AGAIN, AT_ONCE)
    return [
        CheckPath(
            definition=found["id"], version=found["version"], executable=found["executable"], user=found["created_by"]
        )
        for found in due
        if f"{found['id']}/{found['version']}" not in holding
    ]


def _to_verify(tx: Tx, location: str, holding: list[str]) -> list[Verify]:
    return [
        Verify(
            job=stored.job.id,
            user=stored.user,
            executable=stored.executable,
            requested_at=stored.job.requested_at,
            lsf_ids=[lsf_job.lsf_id for lsf_job in stored.job.lsf_jobs],
            lsf_id=stored.job.claim.lsf_id,
            log_file=stored.job.claim.log_file,
        )
        for stored in jobs.find_several(tx.conn, work.to_verify(tx.conn, location, AT_ONCE, holding))
    ]
