"""The report address, as scripts use it: no login, any Content-Type, safe to repeat."""

import asyncio
import json
from typing import Any

import pytest

from realtime.domain.address import report_url
from realtime.domain.errors import Malformed
from realtime.web.reports import take_post
from tests.client import Client


class Script:
    """Something that knows its job's address and nothing else."""

    def __init__(self, client: Client, job: dict[str, Any]) -> None:
        secret = client.house.store.secret
        self.quart = client.quart
        self.url = report_url("", secret, job["experiment"], job["id"])

    async def post(self, body: bytes | Any, kind: str = "application/json") -> tuple[int, Any]:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = await self.quart.post(self.url, data=raw, headers={"Content-Type": kind, "Host": "compute-7:8420"})
        return answer.status_code, await answer.get_json(force=True)

    async def get(self) -> tuple[int, Any]:
        answer = await self.quart.get(self.url, headers={"Host": "compute-7"})
        return answer.status_code, await answer.get_json(force=True)


async def script(client: Client) -> tuple[dict[str, Any], Script]:
    await client.prepare()
    job = await client.apply()
    return job, Script(client, job)


async def test_a_post_changes_the_row_at_once_and_is_given_back(client: Client) -> None:
    job, speaks = await script(client)
    posted = {"counters": {"Example Counter": [3, "red"], "Random Char": "Q"}}
    assert await speaks.post(posted) == (200, {"accepted": 2, "skipped": []})
    row = await client.get(f"/jobs/{job['id']}")
    assert [[counter[name] for name in ("name", "value", "color")] for counter in row["counters"]] == [
        ["Example Counter", 3, "red"],
        ["Random Char", "Q", None],
    ]
    status, report = await speaks.get()
    assert (status, report["job_database_id"], report["lsf_id"], report["status"]) == (
        200,
        job["id"],
        None,
        "Request Sent",
    )
    assert report["counters"] == {"Example Counter": [3, "red"], "Random Char": ["Q", None]}


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/x-www-form-urlencoded", ""])
async def test_the_content_type_does_not_matter(client: Client, kind: str) -> None:
    _, speaks = await script(client)
    assert (await speaks.post([{"key": "hits", "value": 123}], kind))[0] == 200


async def test_repeated_slashes_count_as_one_and_nothing_is_redirected(client: Client) -> None:
    _, speaks = await script(client)
    speaks.url = "/" + speaks.url.replace("/ws/", "//ws/")
    assert speaks.url.startswith("//jid//ws/")
    assert (await speaks.post({"counters": {"A": 1}}))[0] == 200


async def test_repeating_a_post_is_no_news(client: Client) -> None:
    job, speaks = await script(client)
    await speaks.post({"counters": {"A": 1}})
    before = await client.get(f"/jobs/{job['id']}")
    await speaks.post({"counters": {"A": 1}})
    assert await client.get(f"/jobs/{job['id']}") == before


async def test_the_address_stays_after_the_end_and_goes_with_the_job(client: Client) -> None:
    job, speaks = await script(client)
    await client.post(f"/jobs/{job['id']}/kill")
    assert (await speaks.post({"counters": {"Last": 1}}))[0] == 200
    await client.call("DELETE", f"/jobs/{job['id']}")
    assert (await speaks.post({"counters": {"Last": 2}}))[0] == 404
    assert (await speaks.get())[0] == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'[{"key": "hits", "value": }]', 400),
        (b'"text"', 400),
        (b"5", 400),
        (b'{"unknown": 1}', 400),
        (b'{"counters": ' + b" " * 65_600 + b"{}}", 413),
        (b"x" * (1024 * 1024 - 1), 413),
    ],
)
async def test_a_refused_post_changes_nothing_and_says_what_was_expected(
    client: Client, body: bytes, status: int
) -> None:
    job, speaks = await script(client)
    await speaks.post({"counters": {"A": 1}})
    answered, answer = await speaks.post(body)
    assert answered == status and "expected" in answer["error"]["message"]
    assert (await speaks.get())[1]["counters"] == {"A": [1, None]}
    reports = (await client.get(f"/jobs/{job['id']}/reports"))["items"]
    assert reports[0]["accepted"] == 0 and reports[0]["skipped"][0]["reason"]


@pytest.mark.parametrize("odd", ["0" * 56, "x", "..%2f..", "a" * 500])
async def test_unknown_addresses_are_not_found(client: Client, odd: str) -> None:
    _, speaks = await script(client)
    speaks.url = f"/jid/ws/replace_counters/demo/{odd}"
    assert (await speaks.post({"counters": {}}))[0] == 404


async def test_long_html_and_emoji_are_limited_and_explained(client: Client) -> None:
    job, speaks = await script(client)
    posted = {"counters": {"<b>x</b>": "<script>alert(1)</script>🚀", "n" * 10_000: 1, "long": "v" * 10_000}}
    status, answer = await speaks.post(posted)
    assert (status, answer["accepted"]) == (200, 1)
    assert {skip["reason"] for skip in answer["skipped"]} == {
        "name longer than 200 characters",
        "value longer than 2000 characters",
    }
    assert (await client.get(f"/jobs/{job['id']}"))["counters"][0]["value"] == "<script>alert(1)</script>🚀"


async def test_the_last_posts_are_kept_with_what_became_of_them(client: Client) -> None:
    job, speaks = await script(client)
    for n in range(203):
        await speaks.post({"counters": {"A": n}})
    reports = (await client.get(f"/jobs/{job['id']}/reports"))["items"]
    assert len(reports) == 200
    assert json.loads(reports[0]["body"]) == {"counters": {"A": 202}}


async def test_a_posted_lsf_id_and_log_file_count_for_nothing_before_they_are_verified(client: Client) -> None:
    job, speaks = await script(client)
    status, answer = await speaks.post({"lsf_id": 731882, "log_file": "/etc/shadow", "status": "DONE"})
    assert (status, answer["accepted"], answer["skipped"][0]["key"]) == (200, 2, "status")
    row = await client.get(f"/jobs/{job['id']}")
    assert (row["lsf_id"], row["log_file"], row["status"]) == (None, None, "Request Sent")


async def test_posts_at_the_same_time_are_all_taken(client: Client) -> None:
    _, speaks = await script(client)
    posted = [{"counters": {f"Counter {n}": n}} for n in range(40)]
    answers = await asyncio.gather(*(speaks.post(body) for body in posted))
    assert {status for status, _ in answers} == {200}
    assert (await speaks.get())[1]["counters"] == {f"Counter {n}": [n, None] for n in range(40)}


async def test_answers_to_posts_have_the_headers_of_all_answers(client: Client) -> None:
    _, speaks = await script(client)
    for body, status in ((b'{"counters": {}}', 200), (b"{", 400)):
        answer = await speaks.quart.post(speaks.url, data=body)
        assert (answer.status_code, answer.content_type) == (status, "application/json")
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]


async def test_a_body_over_the_limit_of_all_bodies_is_refused_and_its_beginning_kept(client: Client) -> None:
    job, speaks = await script(client)
    status, answer = await speaks.post(b"x" * (1024 * 1024 + 1))
    assert (status, answer["error"]["code"]) == (413, "too_large")
    (kept,) = (await client.get(f"/jobs/{job['id']}/reports"))["items"]
    assert (kept["accepted"], kept["body"], kept["truncated"]) == (0, "x" * 4000, True)
    assert kept["skipped"] == [{"key": "", "reason": "expected a body of at most 1024 KiB"}]


async def test_only_a_body_that_was_cut_is_said_to_be(client: Client) -> None:
    job, speaks = await script(client)
    whole = b'{"counters": {"A": 1}}'
    for size in (len(whole), 4000, 4001):
        await speaks.post(whole.ljust(size))
    items = (await client.get(f"/jobs/{job['id']}/reports"))["items"]
    assert [(len(item["body"]), item["truncated"]) for item in items] == [(4000, True), (4000, False), (22, False)]


async def test_of_what_was_skipped_the_first_items_are_kept_and_the_others_counted(client: Client) -> None:
    job, speaks = await script(client)
    _, answer = await speaks.post({"counters": {f"x{n}": {} for n in range(100)}})
    assert len(answer["skipped"]) == 100
    (kept,) = (await client.get(f"/jobs/{job['id']}/reports"))["items"]
    assert kept["skipped"] == [*answer["skipped"][:20], {"key": "", "reason": "and 80 more"}]


async def test_a_body_that_breaks_off_changes_nothing_and_is_told(client: Client) -> None:
    job, speaks = await script(client)
    begun = {"type": "http.request", "body": b'{"counters": {"A": 1}}', "more_body": True}
    parts: list[dict[str, Any]] = [{"type": "http.disconnect"}, begun]

    async def receive() -> dict[str, Any]:
        return parts.pop()

    with pytest.raises(Malformed):
        await take_post(client.house, speaks.url.rpartition("/")[2], receive)
    assert (await client.get(f"/jobs/{job['id']}"))["counters"] == []
    (kept,) = (await client.get(f"/jobs/{job['id']}/reports"))["items"]
    assert kept["body"] == '{"counters": {"A": 1}}' and "the client has gone" in kept["skipped"][0]["reason"]


async def test_a_mistake_of_ours_is_answered_as_one_and_logged_without_the_address(
    client: Client, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, speaks = await script(client)
    monkeypatch.setattr("realtime.domain.report.parse", lambda body: 1 / 0)
    status, answer = await speaks.post({"counters": {"A": 1}})
    assert (status, answer["error"]["code"]) == (500, "internal")
    assert "POST /jid/... failed" in caplog.text and speaks.url not in caplog.text
