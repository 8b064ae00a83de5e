"""The HTTP API: shapes, one error shape, login, limits."""

import asyncio
from typing import Any

import pytest

from realtime.protocol.rows import DefinitionRow, ExperimentRow, JobRow, RunRow
from tests.client import Client


async def test_experiments(client: Client) -> None:
    made = await client.post("/experiments", {"name": "xppx12345", "instrument": "XPP"})
    assert set(made) == set(ExperimentRow.__struct_encode_fields__) | {"kind"}
    assert (made["name"], made["instrument"], made["seq"] > 0) == ("xppx12345", "XPP", True)
    changed = await client.call("PATCH", "/experiments/xppx12345", {"description": "LaB6"})
    assert (changed.body["description"], changed.body["instrument"]) == ("LaB6", "XPP")
    assert changed.body["seq"] > made["seq"]
    listed = await client.get("/experiments")
    assert (listed["items"], listed["next"]) == ([changed.body], None)
    assert (listed["epoch"], listed["seq"]) == (client.house.store.epoch, changed.body["seq"])


async def test_runs_number_themselves_and_end(client: Client) -> None:
    await client.prepare(runs=2)
    run = await client.post("/experiments/demo/runs", {"number": 12, "params": {"Sample": "LaB6"}})
    assert set(run) == set(RunRow.__struct_encode_fields__) | {"kind"}
    assert (await client.post("/experiments/demo/runs", {}))["number"] == 13
    ended = await client.call("PATCH", "/experiments/demo/runs/12", {"ended_at": "2026-11-22T02:14:00Z"})
    assert (ended.body["ended_at"], ended.body["params"]) == ("2026-11-22T02:14:00Z", {"Sample": "LaB6"})
    again = await client.call("PATCH", "/experiments/demo/runs/12", {"ended_at": None})
    assert again.body["ended_at"] is None
    more = await client.call("PATCH", "/experiments/demo/runs/12", {"params": {"Events": 812}})
    assert more.body["params"] == {"Sample": "LaB6", "Events": 812}
    less = await client.call("PATCH", "/experiments/demo/runs/12", {"params": {"Sample": None}})
    assert less.body["params"] == {"Events": 812}
    page = await client.get("/experiments/demo/runs?limit=3")
    assert [row["number"] for row in page["items"]] == [13, 12, 2]
    rest = await client.get(f"/experiments/demo/runs?limit=3&cursor={page['next']}")
    assert ([row["number"] for row in rest["items"]], rest["next"]) == ([1], None)


async def test_definitions_are_edited_with_versions_and_archived_when_used(client: Client) -> None:
    await client.prepare(hashes=())
    draft = await client.post("/experiments/demo/definitions", {"name": "calib"})
    assert set(draft) == set(DefinitionRow.__struct_encode_fields__) | {"kind"}
    assert (draft["executable"], draft["check"], draft["version"]) == (None, None, 1)
    path = f"/experiments/demo/definitions/{draft['id']}"
    edited = await client.call("PATCH", path, {"executable": "/x/s.sh", "parameters": "a  b", "seq": draft["seq"]})
    assert (edited.body["version"], edited.body["parameters"]) == (2, "a  b")
    stale = await client.call("PATCH", path, {"parameters": "c", "seq": draft["seq"]})
    assert (stale.status, stale.error) == (409, ("changed_meanwhile", "seq"))
    assert (await client.get(path))["parameters"] == "a  b"
    job = await client.apply(definition="calib")
    assert job["parameters"] == "a  b"
    archived = await client.call("DELETE", path)
    assert (archived.status, archived.body["archived_at"] is not None) == (200, True)
    assert (await client.call("PATCH", path, {"parameters": "c"})).status == 409
    assert (await client.get(f"/jobs/{job['id']}"))["definition"] == {"id": draft["id"], "name": "calib"}
    unused = await client.post("/experiments/demo/definitions", {"name": "calib"})
    gone = await client.call("DELETE", f"/experiments/demo/definitions/{unused['id']}")
    assert (gone.status, gone.body) == (204, b"")


async def test_applying_makes_a_job_for_each_run(client: Client) -> None:
    await client.prepare(runs=5)
    answer = await client.post("/experiments/demo/jobs", {"definition": "example", "runs": "1-3,5"})
    jobs = answer["jobs"]
    assert set(jobs[0]) == set(JobRow.__struct_encode_fields__) | {"kind"}
    assert [job["run"] for job in jobs] == [1, 2, 3, 5]
    assert [job["number"] for job in jobs] == [1, 2, 3, 4]
    assert all(job["status"] == "Request Sent" and len(job["id"]) == 24 and job["seq"] > 0 for job in jobs)
    run = await client.get("/experiments/demo/runs/5")
    assert run["jobs"] == {"Request Sent": 1}
    missing = await client.post("/experiments/demo/jobs", {"definition": 1, "runs": "all", "only": "missing"})
    assert [job["run"] for job in missing["jobs"]] == [4]
    assert {skip["run"] for skip in missing["skipped"]} == {1, 2, 3, 5}
    await client.post(f"/jobs/{jobs[1]['id']}/kill")
    failed = await client.post("/experiments/demo/jobs", {"definition": 1, "runs": "all", "only": "failed"})
    assert [job["run"] for job in failed["jobs"]] == [2]
    override = await client.post("/experiments/demo/jobs", {"definition": 1, "runs": 1, "parameters": "x"})
    submission = await client.get(f"/jobs/{override['jobs'][0]['id']}/submission")
    assert submission["arguments"] == ["demo", "1", "x"]
    listed = await client.get("/experiments/demo/jobs?run=2-3&limit=2")
    assert [job["run"] for job in listed["items"]] == [2, 3]
    assert (await client.get(f"/experiments/demo/jobs?run=2-3&limit=2&cursor={listed['next']}"))["next"] is None
    by_name = await client.get("/experiments/demo/jobs?definition=example&status=EXIT")
    assert [job["id"] for job in by_name["items"]] == [jobs[1]["id"]]


async def test_an_idempotency_key_makes_a_repeated_request_one(client: Client) -> None:
    await client.prepare(runs=2)
    body = {"definition": "example", "runs": 1}
    answers = await asyncio.gather(
        *(client.post("/experiments/demo/jobs", body, Idempotency_Key="k1") for _ in range(5))
    )
    assert len({answer["jobs"][0]["id"] for answer in answers}) == 1
    assert len((await client.get("/experiments/demo/jobs"))["items"]) == 1
    other = await client.call("POST", "/experiments/demo/jobs", body | {"runs": 2}, Idempotency_Key="k1")
    assert (other.status, other.error) == (409, ("key_reused", None))


async def test_resubmit_runs_the_same_command_again(client: Client) -> None:
    await client.prepare()
    job = await client.apply()
    await client.call("PATCH", "/experiments/demo/definitions/1", {"parameters": "other"})
    again = await client.post(f"/jobs/{job['id']}/resubmit")
    assert (again["id"] != job["id"], again["parameters"], again["number"]) == (True, "a b", 2)


async def test_a_job_that_nobody_has_taken_is_cancelled_at_once(client: Client) -> None:
    await client.prepare()
    job = await client.apply()
    refused = await client.call("DELETE", f"/jobs/{job['id']}")
    assert (refused.status, refused.error) == (409, ("live", None))
    killed = await client.call("POST", f"/jobs/{job['id']}/kill")
    assert (killed.status, killed.body["status"], killed.body["reason"]) == (202, "EXIT", "cancelled before LSF had it")
    assert (await client.call("POST", f"/jobs/{job['id']}/kill")).error == ("not_live", None)
    history = await client.get(f"/jobs/{job['id']}/transitions")
    assert [(t["from"], t["to"]) for t in history["items"]] == [(None, "Request Sent"), ("Request Sent", "EXIT")]
    every = await client.get("/experiments/demo/transitions")
    assert every["items"] == history["items"]
    assert (await client.get(f"/experiments/demo/transitions?since={every['items'][0]['seq']}"))["items"] == every[
        "items"
    ][1:]
    assert (await client.call("DELETE", f"/jobs/{job['id']}")).status == 204
    assert (await client.call("GET", f"/jobs/{job['id']}")).status == 404


REFUSED: list[tuple[str, str, Any, int, str | None]] = [
    ("POST", "/experiments", {"name": "demo"}, 409, "name"),
    ("POST", "/experiments", {"name": "a b"}, 422, "name"),
    ("POST", "/experiments", {"name": 5}, 422, "name"),
    ("POST", "/experiments", {}, 422, "name"),
    ("POST", "/experiments", {"name": "x", "nme": 1}, 422, "nme"),
    ("POST", "/experiments", {"name": "x", "description": "d" * 2001}, 422, "description"),
    ("GET", "/experiments/none", None, 404, "experiment"),
    ("GET", "/experiments?limit=501", None, 422, "limit"),
    ("GET", "/experiments?limits=1", None, 422, "limits"),
    ("POST", "/experiments/none/runs", {}, 404, "experiment"),
    ("POST", "/experiments/demo/runs", {"number": 1}, 409, "number"),
    ("POST", "/experiments/demo/runs", {"number": 0}, 422, "number"),
    ("POST", "/experiments/demo/runs", {"started_at": "yesterday"}, 422, "started_at"),
    ("POST", "/experiments/demo/runs", {"params": {"x": "y" * 17_000}}, 422, "params"),
    ("PATCH", "/experiments/demo/runs/9", {"ended_at": None}, 404, "run"),
    ("PATCH", "/experiments/demo/runs/1", {"params": {"x": "y" * 17_000}}, 422, "params"),
    ("GET", "/experiments/demo/runs?cursor=x", None, 422, "cursor"),
    ("POST", "/experiments/demo/definitions", {"name": "example"}, 409, "name"),
    ("POST", "/experiments/demo/definitions", {"name": " x"}, 422, "name"),
    ("POST", "/experiments/demo/definitions", {"name": "y", "executable": "rel/path"}, 422, "executable"),
    ("POST", "/experiments/demo/definitions", {"name": "y", "parameters": "p" * 4001}, 422, "parameters"),
    ("POST", "/experiments/demo/definitions", {"name": "y", "location": "a b"}, 422, "location"),
    ("PATCH", "/experiments/demo/definitions/9", {"name": "y"}, 404, "id"),
    ("DELETE", "/experiments/demo/definitions/9", None, 404, "id"),
    ("POST", "/experiments/demo/jobs", {"definition": "none", "runs": 1}, 422, "definition"),
    ("POST", "/experiments/demo/jobs", {"definition": "draft", "runs": 1}, 422, "definition"),
    ("POST", "/experiments/demo/jobs", {"definition": "example", "runs": "1-3"}, 422, "runs"),
    ("POST", "/experiments/demo/jobs", {"definition": "example", "runs": "one"}, 422, "runs"),
    ("POST", "/experiments/demo/jobs", {"definition": "example", "runs": "1-2000000000"}, 422, "runs"),
    ("POST", "/experiments/demo/jobs", {"definition": "example", "runs": 1, "only": "some"}, 422, "only"),
    ("POST", "/experiments/demo/jobs", {"definition": "example", "runs": 1, "parameters": "a\nb"}, 422, "parameters"),
    ("GET", "/experiments/demo/jobs?status=RUNNING", None, 422, "status"),
    ("GET", "/experiments/demo/jobs?run=x", None, 422, "run"),
    ("GET", "/jobs/none", None, 404, "id"),
    ("POST", "/jobs/none/kill", None, 404, "id"),
    ("POST", "/jobs/none/resubmit", None, 404, "id"),
    ("DELETE", "/jobs/none", None, 404, "id"),
    ("GET", "/jobs/none/log", None, 404, "id"),
    ("GET", "/jobs/none/log?offset=-1", None, 422, "offset"),
    ("GET", "/experiments/demo/changes?since=5", None, 422, "since"),
    ("GET", "/nothing", None, 404, None),
    ("PUT", "/experiments", {}, 405, None),
]


@pytest.mark.parametrize(("method", "path", "body", "status", "field"), REFUSED)
async def test_every_refusal_has_the_one_shape_and_stores_nothing(
    client: Client, method: str, path: str, body: Any, status: int, field: str | None
) -> None:
    await client.prepare()
    await client.post("/experiments/demo/definitions", {"name": "draft"})
    before = await state(client)
    answer = await client.call(method, path, body)
    assert answer.status == status, answer.body
    assert set(answer.body) == {"error"} and {"code", "message"} <= set(answer.body["error"])
    assert answer.error[1] == field
    assert await state(client) == before


async def state(client: Client) -> list[Any]:
    return [
        await client.get("/experiments"),
        *[(await client.get(f"/experiments/demo/{kind}")) for kind in ("runs", "definitions", "jobs")],
    ]


async def test_bodies_that_are_no_json_are_refused(client: Client) -> None:
    for raw, kind, status in [
        (b"{", "application/json", 400),
        (b'{"name": "x"}', "text/plain", 415),
        (b"name=x", "application/x-www-form-urlencoded", 415),
        (b"\xff\xfe", "application/json", 400),
        (b"x" * (1024 * 1024 + 1), "application/json", 413),
    ]:
        headers = client.headers | {"Content-Type": kind}
        answer = await client.quart.post("/api/v1/experiments", data=raw, headers=headers)
        assert answer.status_code == status
        assert set(await answer.get_json()) == {"error"}
    assert (await client.get("/experiments"))["items"] == []


async def test_without_a_login_nothing_is_told(client: Client) -> None:
    for headers in (
        {"Authorization": ""},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "", "Cookie": "batchboard-main-8420=x"},
    ):
        answer = await client.call("GET", "/experiments", **headers)
        assert (answer.status, answer.error[0]) == (401, "unauthorized")
    page = await client.quart.get("/", headers={"Host": "localhost"})
    assert page.status_code == 401 and "token" in await page.get_data(as_text=True)


async def test_the_printed_address_logs_a_browser_in(client: Client) -> None:
    browser = client.quart.app.test_client()
    host = {"Host": "localhost"}
    assert (await browser.get("/?token=wrong", headers=host)).status_code == 401
    answer = await browser.get(f"/?token={client.house.token}", headers=host)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and client.house.token not in cookie
    assert (await browser.get("/api/v1/experiments", headers=host)).status_code == 200
    assert (await browser.get("/", headers=host)).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 201),
        ({"Origin": "http://localhost"}, 201),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "evil.example"}, 403),
    ],
)
async def test_requests_from_foreign_pages_are_refused(client: Client, headers: dict[str, str], status: int) -> None:
    answer = await client.call("POST", "/experiments", {"name": "x"}, **headers)
    assert answer.status == status


async def test_the_documents_describe_every_call(client: Client) -> None:
    api = await client.get("/openapi.json")
    assert api["openapi"] == "3.1.0"
    calls = {f"{method.upper()} {path}" for path, methods in api["paths"].items() for method in methods}
    assert {"POST /api/v1/experiments/{experiment}/jobs", "GET /api/v1/jobs/{id}/log"} <= calls
    rules = {
        f"{method} {rule.rule}".replace("<int:", "{").replace("<", "{").replace(">", "}")
        for rule in client.quart.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/v1/") and not rule.rule.endswith(("/live", "api.json", "/docs"))
    }
    assert calls == rules
    references = str(api).split("#/components/schemas/")[1:]
    assert {reference.split("'")[0] for reference in references} <= set(api["components"]["schemas"])
    docs = await client.call("GET", "/docs")
    assert b"/experiments/{experiment}/jobs" in docs.body


async def test_health_needs_no_login_and_tells_the_truth(client: Client) -> None:
    client.headers = {"Host": "localhost"}
    assert (await client.call("GET", "//healthz")).body == {"ok": True}
    ready = (await client.call("GET", "//readyz")).body
    assert ready["store"]["ok"] and ready["bus"]["name"] == "in-process" and ready["locations"] == []
    metrics = (await client.call("GET", "//metrics")).body
    assert b'batchboard_websockets{process="1"} 0' in metrics


async def test_every_answer_forbids_foreign_scripts(client: Client) -> None:
    for path in ("//healthz", "/experiments", "//"):
        headers = (await client.call("GET", path)).headers
        assert "default-src 'self'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
