"""Jobs of which it is not known whether LSF has them: shown as such, ended by LSF, by a tag, or by a person."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from realtime.protocol.observations import SubmissionSeen
from tests.client import Client, SayingAgent

SILENT = "LSF did not answer"
ENDED = {"began_at": datetime(2026, 11, 22, 2, 14, tzinfo=UTC), "ended_at": datetime(2026, 11, 22, 2, 15, tzinfo=UTC)}


async def doubtful(client: Client, *lsf_ids: str) -> tuple[SayingAgent, dict[str, Any]]:
    """A job whose bsub gave no answer."""
    await client.prepare()
    agent = SayingAgent(client)
    await agent.lease()
    job = await client.apply()
    await agent.work()
    assert (await agent.claim(job["id"])).granted
    await agent.submitted(job["id"], *lsf_ids, doubt=SILENT, **ENDED, exit_code=255)
    agent.holding = ["check/1/1"]
    return agent, job


async def row_of(client: Client, job: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = await client.get(f"/jobs/{job['id']}")
    return row


async def history(client: Client, job: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    items = (await client.get(f"/jobs/{job['id']}/transitions"))["items"]
    return [(item["from"], item["to"], item["reason"]) for item in items]


async def test_the_end_of_a_script_in_doubt_decides_nothing(client: Client) -> None:
    agent, job = await doubtful(client)
    row = await row_of(client, job)
    assert (row["status"], row["detail"], row["ended_at"]) == ("LSF_Slow", f"unknown: {SILENT}", None)
    submission = await client.get(f"/jobs/{job['id']}/submission")
    assert (submission["doubt"], submission["adopted"], submission["surplus"]) == (SILENT, [], [])
    assert f"unknown: {SILENT}" in submission["text"]
    assert (await agent.work(room=0)).submit == [], "what may be in LSF is not submitted again"
    await agent.submitted(job["id"], **ENDED, exit_code=255)
    assert (await row_of(client, job))["status"] == "Submit failed", "without a doubt the script's end decides"


async def test_what_was_found_by_its_tag_and_doubles_are_told_in_the_history(client: Client) -> None:
    agent, job = await doubtful(client)
    await agent.submitted(job["id"], "123", adopted=["123"], surplus=["124", "125"], **ENDED)
    assert (await row_of(client, job))["lsf_ids"] == ["123"], "doubles count for nothing"
    assert (await history(client, job))[-1] == (
        "LSF_Slow",
        "PEND",
        "LSF 123 found by its tag after bsub gave no answer; LSF 124 and 125, doubles of the same bsub, killed",
    )
    await agent.submitted(job["id"], "123", adopted=["123"], surplus=["124", "125", "126"], **ENDED)
    told = await history(client, job)
    assert told[-1] == ("PEND", "PEND", "LSF 126, a double of the same bsub, killed")
    await agent.submitted(job["id"], "123", adopted=["123"], surplus=["126"], **ENDED)
    assert await history(client, job) == told, "what is known is no news"
    found = await client.get(f"/jobs/{job['id']}/lsf-jobs")
    assert ([one["lsf_id"] for one in found["items"]], found["surplus"]) == (["123"], ["124", "125", "126"])
    every = await client.get("/experiments/demo/transitions")
    assert [item["reason"] for item in every["items"]] == [reason for _, _, reason in told]


async def test_a_kill_gives_a_job_in_doubt_up_and_what_is_found_later_is_killed(client: Client) -> None:
    agent, job = await doubtful(client)
    await client.post(f"/jobs/{job['id']}/kill")
    assert [(kill.lsf_ids, kill.force) for kill in (await agent.work()).kill] == [([], False)]
    await agent.killed(job["id"])
    row = await row_of(client, job)
    assert (row["status"], row["reason"]) == (
        "EXIT",
        "cancelled in doubt: LSF may have it; what is found of it later is killed",
    )
    await agent.submitted(job["id"], doubt=SILENT, **ENDED)
    assert (await row_of(client, job))["status"] == "EXIT"
    await agent.submitted(job["id"], "9", adopted=["9"], **ENDED)
    assert (await row_of(client, job))["status"] == "PEND", "LSF's word wins"
    assert [kill.lsf_ids for kill in (await agent.work()).kill] == [["9"]]
    await agent.lsf(job["id"], "EXIT", "9")
    assert (await row_of(client, job))["status"] == "EXIT"


async def test_with_one_lsf_job_ended_and_another_bsub_in_doubt_the_job_is_not_ended(client: Client) -> None:
    agent, job = await doubtful(client, "7")
    await agent.lsf(job["id"], "RUN")
    row = await row_of(client, job)
    assert (row["status"], SILENT in row["detail"]) == ("RUN", True)
    await agent.lsf(job["id"], "DONE")
    assert (await row_of(client, job))["detail"] == f"unknown: {SILENT} (LSF 7: DONE)"
    lease = await SayingAgent(client).lease()
    assert [(one.job, one.user) for one in lease.unsettled] == [(job["id"], job["user"])]


async def test_a_new_lease_names_what_is_unsettled(client: Client) -> None:
    _, job = await doubtful(client)
    await client.post("/experiments/demo/runs", {})
    unclaimed = await client.apply(2)
    lease = await SayingAgent(client).lease()
    assert [one.job for one in lease.unsettled] == [job["id"]]
    assert lease.unsettled[0].requested_at == datetime.fromisoformat(job["requested_at"])
    assert lease.follow == [] and unclaimed["status"] == "Request Sent"


async def test_a_new_lease_names_a_job_whose_script_may_submit_more(client: Client) -> None:
    await client.prepare()
    agent = SayingAgent(client)
    await agent.lease()
    job = await client.apply()
    await agent.work()
    await agent.claim(job["id"])
    await agent.submitted(job["id"], "7", began_at=ENDED["began_at"])
    assert [one.job for one in (await SayingAgent(client).lease()).unsettled] == [job["id"]]


async def test_an_agent_that_has_lost_its_records_takes_nothing_back(client: Client) -> None:
    agent, job = await doubtful(client, "7")
    await agent.submitted(job["id"], "7", "8", adopted=["8"])
    submission = await client.get(f"/jobs/{job['id']}/submission")
    assert (submission["exit_code"], submission["doubt"]) == (255, None)
    assert submission["ended_at"] is not None
    assert (await row_of(client, job))["lsf_ids"] == ["7", "8"]


async def test_a_person_names_the_lsf_job_and_it_counts_once_verified(client: Client) -> None:
    agent, job = await doubtful(client)
    answer = await client.call("POST", f"/jobs/{job['id']}/adopt", {"lsf_id": "731882"})
    assert (answer.status, answer.body["status"], answer.body["lsf_id"]) == (202, "LSF_Slow", None)
    asked = (await agent.work()).verify[0]
    assert (asked.job, asked.user, asked.lsf_id, asked.executable) == (
        job["id"],
        job["user"],
        "731882",
        "/opt/submit.sh",
    )
    agent.holding = [f"verify/{job['id']}", "check/1/1"]
    assert (await agent.work(room=0)).verify == []
    agent.holding = ["check/1/1"]
    await agent.verified(asked)
    row = await row_of(client, job)
    assert (row["status"], row["lsf_ids"]) == ("PEND", ["731882"])
    user = job["user"]
    assert (await history(client, job))[-2:] == [
        ("LSF_Slow", "LSF_Slow", f"LSF 731882 named by {user}, to be verified"),
        ("LSF_Slow", "PEND", f"LSF 731882, named by {user} and verified"),
    ]
    follow = (await agent.work()).follow
    assert [(one.job, one.user, one.lsf_ids) for one in follow] == [(job["id"], user, ["731882"])]
    assert (await agent.work(room=0)).follow == [], "told again only after a while"
    await agent.submitted(job["id"], doubt=SILENT, **ENDED)
    await agent.lsf(job["id"], "DONE", "731882")
    assert (await row_of(client, job))["status"] == "DONE", "a person has ended the doubt"


async def test_what_the_agent_has_not_spoken_of_is_told_again(client: Client) -> None:
    agent, job = await doubtful(client)
    await client.post(f"/jobs/{job['id']}/adopt", {"lsf_id": "731882"})
    await agent.verified((await agent.work()).verify[0])
    for _ in range(2):
        assert [one.lsf_ids for one in (await agent.work()).follow] == [["731882"]]
        await client.house.store.write(
            lambda tx: tx.conn.exec_driver_sql("UPDATE lsf_job SET follow_due_at = '2026-01-01 00:00:00.000000'")
        )
    await agent.lsf(job["id"], "PEND", "731882")
    assert (await agent.work(room=0)).follow == []


async def test_a_refused_name_is_told_and_forgotten(client: Client) -> None:
    agent, job = await doubtful(client)
    await client.post(f"/jobs/{job['id']}/adopt", {"lsf_id": "12"})
    await agent.verified((await agent.work()).verify[0], lsf_problem="it belongs to eve")
    assert (await row_of(client, job))["status"] == "LSF_Slow"
    refusal = f"LSF 12, named by {job['user']}, refused: it belongs to eve"
    assert (await history(client, job))[-1] == ("LSF_Slow", "LSF_Slow", refusal)
    assert (await agent.work(room=0)).verify == []


@pytest.mark.parametrize("odd", ["", "0", "-1", "x", "12[3]", "1 2", "٣", "9" * 19])
async def test_what_is_no_lsf_id_is_refused(client: Client, odd: str) -> None:
    _, job = await doubtful(client)
    answer = await client.call("POST", f"/jobs/{job['id']}/adopt", {"lsf_id": odd})
    assert (answer.status, answer.error) == (422, ("invalid", "lsf_id"))


async def test_a_job_with_an_lsf_id_an_ended_and_an_unsubmitted_one_take_no_name(client: Client) -> None:
    agent, job = await doubtful(client)
    fresh = await client.apply()
    answer = await client.call("POST", f"/jobs/{fresh['id']}/adopt", {"lsf_id": "7"})
    assert (answer.status, answer.error[0]) == (409, "not_submitted")
    await agent.submitted(job["id"], "7", **ENDED)
    answer = await client.call("POST", f"/jobs/{job['id']}/adopt", {"lsf_id": "7"})
    assert (answer.status, answer.error[0]) == (409, "has_lsf_id")
    await agent.lsf(job["id"], "DONE")
    answer = await client.call("POST", f"/jobs/{job['id']}/adopt", {"lsf_id": "7"})
    assert (answer.status, answer.error[0]) == (409, "not_live")


async def test_an_lsf_job_belongs_to_one_job_unless_its_id_came_round_again(client: Client) -> None:
    agent, job = await doubtful(client)
    other = await client.apply()
    await agent.work()
    await agent.claim(other["id"])
    await agent.submitted(other["id"], "7")
    refused = await client.call("POST", f"/jobs/{job['id']}/adopt", {"lsf_id": "7"})
    assert (refused.status, refused.error) == (409, ("lsf_id_taken", "lsf_id"))
    assert "belongs to job 2 of demo" in refused.body["error"]["message"]
    await client.post(f"/jobs/{job['id']}/adopt", {"lsf_id": "8"})
    asked = (await agent.work()).verify[0]
    await agent.say(SubmissionSeen(**agent.next(), job=other["id"], lsf_ids=["7", "8"]))
    await agent.verified(asked)
    assert (await row_of(client, job))["lsf_id"] is None, "decided by the store, not by who asked first"
    assert (await history(client, job))[-1][2] == (
        f"LSF 8, named by {job['user']}, refused: LSF 8 belongs to job 2 of demo"
    )
    for lsf_id in "78":
        await agent.lsf(other["id"], "DONE", lsf_id)
    refused = await client.call("POST", f"/jobs/{job['id']}/adopt", {"lsf_id": "8"})
    assert refused.status == 409, "it was submitted after this job was requested"
    early = datetime.now(UTC) - timedelta(days=9)
    await client.house.store.write(
        lambda tx: tx.conn.exec_driver_sql("UPDATE lsf_job SET submitted_at = ?", (early.strftime("%F %T.%f"),))
    )
    assert (await client.call("POST", f"/jobs/{job['id']}/adopt", {"lsf_id": "8"})).status == 202
