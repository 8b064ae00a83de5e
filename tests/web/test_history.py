"""What became of a job: its numbers over time, where its script ran, its address, asking once more."""

from datetime import UTC, datetime, timedelta
from typing import Any

from realtime.domain.address import report_url
from realtime.domain.report import parse
from realtime.protocol.observations import LsfSeen, SubmissionSeen
from realtime.service.reports import Received, accept_reports
from realtime.store import history
from realtime.store.tx import Tx
from tests.client import Client, SayingAgent

BEGIN = datetime(2026, 11, 22, 2, 14, tzinfo=UTC)


async def report(client: Client, job: str, after: float, counters: str) -> int:
    """Post these so many seconds after the beginning; how many statements wrote to the series."""

    def change(tx: Tx) -> int:
        tx.now = BEGIN + timedelta(seconds=after)
        before = tx.conn.exec_driver_sql("SELECT total_changes()").scalar_one()
        accept_reports(tx, [Received(job=job, body="", post=parse(f'{{"counters": {counters}}}'.encode()))])
        return int(tx.conn.exec_driver_sql("SELECT total_changes()").scalar_one()) - int(before)

    return await client.house.store.write(change)


async def test_numbers_are_kept_over_time_and_told_with_the_newest(client: Client) -> None:
    await client.prepare()
    job = (await client.apply())["id"]
    empty = await client.get(f"/jobs/{job}/progress")
    assert (empty["every"], empty["series"], empty["quiet_after"]) == (None, [], None)
    assert empty["usual"] == {"jobs": 0, "run": None, "wait": None}
    for after, counters in (
        (0, '{"Done": "1/20", "Phase": "x"}'),
        (10, '{"Done": "5/20"}'),
        (10.5, '{"Done": "6/20"}'),
    ):
        await report(client, job, after, counters)
    told = await client.get(f"/jobs/{job}/progress")
    (line,) = told["series"]
    assert (told["every"], line["name"], line["of"], line["percent"]) == (1, "Done", 20, False)
    assert line["points"] == [["2026-11-22T02:14:00Z", 1], ["2026-11-22T02:14:10Z", 6]]


async def test_a_post_before_the_next_sample_writes_no_more_than_ever(client: Client) -> None:
    await client.prepare()
    job = (await client.apply())["id"]
    first = await report(client, job, 0, '{"Done": 1}')
    within = await report(client, job, 0.4, '{"Done": 2}')
    again = await report(client, job, 30, '{"Done": 2}')
    due = await report(client, job, 31, '{"Done": 3}')
    assert first == due == within + 1
    assert again < within, "what changes no number is no sample"


async def good_job(client: Client, agent: SayingAgent, lsf_id: str, waits: int, runs: int) -> str:
    job: str = (await client.apply())["id"]
    await agent.work()
    assert (await agent.claim(job)).granted
    moments = [{**agent.next(), "at": BEGIN + timedelta(seconds=at)} for at in (0, waits, waits + runs)]
    await agent.say(
        SubmissionSeen(**moments[0], job=job, lsf_ids=[lsf_id]),
        LsfSeen(**moments[1], job=job, lsf_id=lsf_id, status="RUN"),
        LsfSeen(**moments[2], job=job, lsf_id=lsf_id, status="DONE"),
    )
    return job


async def test_what_is_usual_is_told_of_the_good_jobs_of_the_hash_but_this_one(client: Client) -> None:
    await client.prepare(hashes=("example", "other"))
    agent = SayingAgent(client)
    await agent.lease()
    jobs = [await good_job(client, agent, str(n), waits=10 * n, runs=100 * n) for n in range(1, 5)]
    other = (await client.apply(definition="other"))["id"]
    usual = (await client.get(f"/jobs/{jobs[3]}/progress"))["usual"]
    assert usual["jobs"] == 3
    assert usual["run"] == {"low": 120.0, "median": 200.0, "high": 280.0}
    assert usual["wait"] == {"low": 12.0, "median": 20.0, "high": 28.0}
    assert (await client.get(f"/jobs/{other}/progress"))["usual"]["jobs"] == 0


async def begun(client: Client, **facts: Any) -> tuple[SayingAgent, dict[str, Any]]:
    await client.prepare()
    agent = SayingAgent(client)
    await agent.lease()
    job = await client.apply()
    await agent.work()
    await agent.claim(job["id"])
    await agent.submitted(job["id"], "7", began_at=BEGIN, **facts)
    return agent, job


async def test_a_submission_tells_where_it_ran_and_how_to_run_it_by_hand(client: Client) -> None:
    agent, job = await begun(client, host="psanagpu01")
    address = report_url("http://localhost", client.house.store.secret, "demo", job["id"])
    found = {"PATH": "/usr/bin", "API_TOKEN": None, "ARP_LOCATION": "no", "COPY": f"see {address}"}
    told = {"host": "psanagpu01", "folder": "/sdf/my runs", "environment": found, "modified_at": BEGIN}
    await agent.submitted(job["id"], "7", began_at=BEGIN, ended_at=BEGIN, exit_code=0, **told)
    answer = await client.get(f"/jobs/{job['id']}/submission")
    assert (answer["host"], answer["folder"], answer["modified_at"]) == (
        "psanagpu01",
        "/sdf/my runs",
        "2026-11-22T02:14:00Z",
    )
    variables = {one["name"]: (one["value"], one["ours"]) for one in answer["environment"]}
    assert len(variables) == len(answer["environment"]) == 10 + 3
    assert variables["PATH"] == ("/usr/bin", False) and variables["API_TOKEN"] == (None, False)
    assert variables["RUN_NUM"] == ("1", True) and variables["ARP_LOCATION"] == ("default", True)
    masked = ("(address of this job)", True)
    assert variables["BATCH_UPDATE_URL"] == variables["JID_UPDATE_COUNTERS"] == masked
    assert address not in str(answer) and variables["COPY"] == ("see (address of this job)", False)
    assert answer["command"] == (
        f"cd '/sdf/my runs' && EXPERIMENT=demo RUN_NUM=1 BATCH_JOB_ID={job['id']} ARP_JOB_ID={job['id']} "
        f"ARP_ROOT_JOB_ID={job['id']} BATCH_HASH=example ARP_LOCATION=default /opt/submit.sh demo 1 a b"
    )


async def test_what_was_told_of_a_submission_is_not_taken_back(client: Client) -> None:
    agent, job = await begun(client, host="psanagpu01", folder="/sdf", environment={"A": "1"})
    await agent.submitted(job["id"], "7", began_at=BEGIN)
    answer = await client.get(f"/jobs/{job['id']}/submission")
    assert (answer["host"], answer["folder"], answer["environment"][-1]["name"]) == ("psanagpu01", "/sdf", "A")


async def test_an_environment_is_kept_once_and_goes_with_the_last_job_of_it(client: Client) -> None:
    agent, job = await begun(client, environment={"B": "2", "A": "1"})
    other = await client.apply()
    await agent.work()
    await agent.claim(other["id"])
    await agent.submitted(other["id"], "8", began_at=BEGIN, environment={"A": "1", "B": "2"})
    store = client.house.store

    async def kept() -> int:
        await store.write(lambda tx: history.forget(tx, BEGIN, BEGIN))
        return await store.read(lambda conn: conn.exec_driver_sql("SELECT count(*) FROM environment").scalar_one())

    assert await kept() == 1
    for left, (one, lsf_id) in zip((1, 0), ((job, "7"), (other, "8")), strict=True):
        await agent.lsf(one["id"], "DONE", lsf_id)
        assert (await client.call("DELETE", f"/jobs/{one['id']}")).status == 204
        assert await kept() == left


async def test_what_lsf_says_a_job_used_is_told_of_each_lsf_job(client: Client) -> None:
    agent, job = await begun(client)
    await agent.lsf(job["id"], "RUN", memory_limit=8_000_000_000, run_limit=3600.0)
    used: dict[str, Any] = {"max_memory": 7_900_000_000, "cpu_time": 12.5}
    await agent.lsf(job["id"], "EXIT", exit_code=130, **used)
    (lsf_job,) = (await client.get(f"/jobs/{job['id']}/lsf-jobs"))["items"]
    expected = {"memory_limit": 8_000_000_000, "run_limit": 3600.0, **used}
    assert {name: lsf_job[name] for name in expected} == expected
    await agent.lsf(job["id"], "PEND")
    (again,) = (await client.get(f"/jobs/{job['id']}/lsf-jobs"))["items"]
    assert (again["max_memory"], again["cpu_time"], again["memory_limit"]) == (None, None, 8_000_000_000)


async def test_the_address_is_given_to_who_asks_and_kept_nowhere(client: Client) -> None:
    await client.prepare()
    job = await client.apply()
    answer = await client.call("GET", f"/jobs/{job['id']}/report-address")
    url = report_url("http://localhost", client.house.store.secret, "demo", job["id"])
    assert (answer.status, answer.body) == (200, {"url": url})
    assert answer.headers["Cache-Control"] == "no-store"
    assert (await client.call("GET", f"/jobs/{'0' * 24}/report-address")).status == 404
    stranger = await client.quart.get(f"/api/v1/jobs/{job['id']}/report-address", headers={"Host": "localhost"})
    assert stranger.status_code == 401


async def test_a_job_is_asked_for_once_more_with_the_same_or_other_parameters(client: Client) -> None:
    await client.prepare()
    job = await client.apply()
    for body, parameters in ((None, "a b"), ({}, "a b"), ({"parameters": "-M 12G"}, "-M 12G")):
        again = await client.post(f"/jobs/{job['id']}/resubmit", body)
        submission = await client.get(f"/jobs/{again['id']}/submission")
        assert (again["parameters"], submission["arguments"]) == (parameters, ["demo", "1", *parameters.split()])
    activity = (await client.get("/experiments/demo/activity"))["items"]
    assert [deed["text"] for deed in activity][:2] == [
        'resubmitted example on run 1 with "-M 12G"',
        "resubmitted example on run 1",
    ]


async def test_odd_parameters_of_a_resubmission_are_refused_at_their_place(client: Client) -> None:
    await client.prepare()
    job = await client.apply()
    for body, field in (({"parameters": "a\nb"}, "parameters"), ({"parameters": 7}, "parameters"), ({"p": ""}, "p")):
        answer = await client.call("POST", f"/jobs/{job['id']}/resubmit", body)
        assert (answer.status, answer.error[1]) == (422, field)
    assert len((await client.get("/experiments/demo/jobs"))["items"]) == 1


async def test_a_repeated_resubmission_makes_one_job(client: Client) -> None:
    await client.prepare()
    job = await client.apply()
    path, body = f"/jobs/{job['id']}/resubmit", {"parameters": "x"}
    first = await client.post(path, body, Idempotency_Key="k")
    assert (await client.post(path, body, Idempotency_Key="k"))["id"] == first["id"]
    other = await client.call("POST", path, {"parameters": "y"}, Idempotency_Key="k")
    assert other.error[0] == "key_reused"
    assert len((await client.get("/experiments/demo/jobs"))["items"]) == 2
