"""What a script or a person says of a job counts when LSF and the file system bear it out."""

import asyncio
import getpass
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from lsf_agent.answers.posted import PostedLogs
from lsf_agent.answers.verify import Verifier, disbelief
from lsf_agent.scheduler import Facts
from realtime.protocol.agent import Verify
from realtime.protocol.observations import PostSeen

from .acting import Oracle, hands_for
from .conftest import AgentProcess, me, new_job
from .manager import Manager

ASKED_FOR = datetime(2026, 11, 22, 10, 30, 40, tzinfo=UTC)
JOB = f"{1:024x}"


@pytest.mark.parametrize(
    ("user", "submitted_at", "reason"),
    [
        ("ana", ASKED_FOR, None),
        ("ana", ASKED_FOR + timedelta(days=400), None),
        ("ana", ASKED_FOR - timedelta(seconds=59), None),
        ("ana", ASKED_FOR.replace(second=0) - timedelta(minutes=1), None),
        ("ana", ASKED_FOR - timedelta(seconds=61), "submitted before"),
        ("ana", ASKED_FOR.replace(second=0) - timedelta(minutes=2), "submitted before"),
        ("ben", ASKED_FOR, "belongs to ben, not to ana"),
        ("", ASKED_FOR, "belongs to"),
        ("ana", None, "does not tell when"),
    ],
)
def test_owner_and_time_of_a_job_must_fit(user: str, submitted_at: datetime | None, reason: str | None) -> None:
    found = disbelief(Facts(user=user, submitted_at=submitted_at), "ana", ASKED_FOR)
    assert (found is None) if reason is None else (found is not None and reason in found)


def item(lsf_id: str | None = None, log_file: Path | str | None = None, *known: str, user: str = "any") -> Verify:
    path = None if log_file is None else str(log_file)
    return Verify(
        job=JOB,
        user=user,
        executable="/scripts/submit.sh",
        requested_at=ASKED_FOR,
        lsf_ids=list(known),
        lsf_id=lsf_id,
        log_file=path,
    )


def verifier(oracle: Oracle, *roots: Path, grace: float = 60.0) -> Verifier:
    hands = hands_for()
    return Verifier(oracle, hands, PostedLogs(oracle, hands, [str(root) for root in roots]), grace)


async def verdict(oracle: Oracle, item: Verify, *roots: Path, grace: float = 60.0) -> PostSeen:
    seen = (await verifier(oracle, *roots, grace=grace).verify(item))(7)
    assert (seen.n, seen.job, seen.lsf_id, seen.log_file) == (7, JOB, item.lsf_id, item.log_file)
    return seen


async def test_a_job_of_the_same_account_submitted_after_the_request_is_believed() -> None:
    mine = Facts(user=getpass.getuser(), submitted_at=ASKED_FOR)
    seen = await verdict(Oracle(facts_of={"7": mine}), item("7"))
    assert seen.lsf_problem is None and seen.log_problem is None
    seen = await verdict(Oracle(facts_of={"7": Facts(user="ben", submitted_at=ASKED_FOR)}), item("7"))
    assert seen.lsf_problem is not None and "belongs to ben" in seen.lsf_problem


@pytest.mark.parametrize("lsf_id", ["0", "", "7; true", "-l", "٣", "1[2]", "x"])
async def test_what_is_no_id_is_not_asked_for(lsf_id: str) -> None:
    oracle = Oracle()
    assert (await verdict(oracle, item(lsf_id))).lsf_problem == "not an LSF ID"
    assert not oracle.asked


async def test_a_job_that_lsf_never_heard_of_is_refused_after_a_grace() -> None:
    oracle = Oracle()
    late = asyncio.create_task(verdict(oracle, item("7")))
    async with asyncio.timeout(5):
        await oracle.was_asked.wait()
    oracle.facts_of["7"] = Facts(user=getpass.getuser(), submitted_at=ASKED_FOR)
    assert (await late).lsf_problem is None, "LSF may need a moment to know it"
    assert (await verdict(Oracle(), item("7"), grace=0.0)).lsf_problem == "LSF knows no such job"


async def test_while_lsf_is_silent_there_is_no_verdict(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    oracle = Oracle(facts_of={"7": Facts(user=getpass.getuser(), submitted_at=ASKED_FOR)}, silence=1)
    assert (await verdict(oracle, item("7"), grace=0.0)).lsf_problem is None
    assert len(oracle.asked) == 2 and "not verified yet" in caplog.text


async def test_with_sudo_somebody_outside_the_group_is_refused() -> None:
    hands = hands_for(RUN_AS="sudo", RUN_AS_GROUP="no-such-group")
    oracle = Oracle()
    of_others = Verifier(oracle, hands, PostedLogs(oracle, hands, []))
    seen = (await of_others.verify(item("7", "/scripts/x", user="ana")))(1)
    assert seen.lsf_problem is not None and "knows no" in seen.lsf_problem
    assert seen.log_problem is not None and "knows no" in seen.log_problem
    assert not oracle.asked


async def test_a_posted_log_lies_below_a_log_root_or_where_the_job_works(tmp_path: Path) -> None:
    root, work = tmp_path / "root", tmp_path / "work"
    for folder in (root, work):
        folder.mkdir()
        (folder / "log").write_text("x")
    oracle = Oracle(facts_of={"7": Facts(user="", submitted_at=None, folder=str(work))})
    assert (await verdict(oracle, item(None, root / "log"), root)).log_problem is None
    assert (await verdict(oracle, item(None, root / "later"), root)).log_problem is None, "it may come"
    assert not oracle.asked
    assert (await verdict(oracle, item(None, work / "log", "7"), root)).log_problem is None
    refused = (await verdict(oracle, item(None, tmp_path / "else", "7"), root)).log_problem
    assert refused == f"not below /scripts or {root} or {work}"
    assert (await verdict(oracle, item(None, work / "log"), root)).log_problem == f"not below /scripts or {root}"
    assert (await verdict(oracle, item(None, "log", "7"), root)).log_problem == "not an absolute path"
    assert (await verdict(oracle, item(None, root, "7"), tmp_path)).log_problem == "not a regular file"


async def test_the_folder_of_a_job_that_is_refused_opens_nothing(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("x")
    oracle = Oracle(facts_of={"7": Facts(user="ben", submitted_at=ASKED_FOR, folder=str(tmp_path))})
    seen = await verdict(oracle, item("7", tmp_path / "log"))
    assert seen.lsf_problem is not None and seen.log_problem == "not below /scripts"


async def test_the_agent_verifies_what_the_manager_was_told(agent: AgentProcess, manager: Manager) -> None:
    now = datetime.now(UTC)
    agent.farm.job("77", user=me(), at=f"{now:%a %b %e %H:%M:%S}", cwd=str(agent.folder))
    agent.start()
    posted = Verify(
        job=new_job(),
        user=me(),
        executable="/scripts/submit.sh",
        requested_at=now,
        lsf_ids=[],
        lsf_id="77",
        log_file=str(agent.folder / "agent.log"),
    )
    await manager.put(posted)
    await manager.until(lambda: manager.of(PostSeen))
    (seen,) = manager.of(PostSeen)
    assert (seen.job, seen.lsf_problem, seen.log_problem) == (posted.job, None, None)
    agent.farm.job("78", user="ben", at=f"{now:%a %b %e %H:%M:%S}")
    await manager.put(msgspec.structs.replace(posted, lsf_id="78", log_file=None))
    await manager.until(lambda: len(manager.of(PostSeen)) > 1)
    assert "belongs to ben" in (manager.of(PostSeen)[1].lsf_problem or "")


async def test_a_silent_lsf_does_not_decide_on_a_log_either(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("x")
    oracle = Oracle(facts_of={"7": Facts(user="", submitted_at=None, folder=str(tmp_path))}, silence=1)
    assert (await verdict(oracle, item(None, tmp_path / "log", "7"))).log_problem is None
    assert len(oracle.asked) == 2
