"""The agent's log: ids in a fixed form, one line for each thing, no secrets."""

import logging
import re
import sys

import pytest

from lsf_agent.lines import Lines

from .conftest import AgentProcess, until
from .manager import TOKEN, Manager

JOB = "6f" * 12


def line(message: str, *arguments: object, hidden: str = "", failed: BaseException | None = None) -> str:
    lines = Lines()
    lines.hide(hidden)
    failure = (type(failed), failed, failed.__traceback__) if failed else None
    return lines.format(logging.LogRecord("lsf_agent", logging.INFO, __file__, 1, message, arguments, failure))


def test_a_line_has_the_time_in_utc_and_the_ids_that_it_speaks_of() -> None:
    text = line("job %s: LSF %s: %s", JOB, "123", "RUN")
    assert re.fullmatch(
        rf"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{{3}}Z agent INFO job {JOB}: LSF 123: RUN job={JOB} lsf=123", text
    )


@pytest.mark.parametrize(
    ("message", "ids"),
    [
        (f"submit/{JOB} failed", [f"job={JOB}"]),
        (f"job {JOB}: LSF 7 and LSF 8[2], LSF job 7", [f"job={JOB}", "lsf=7", "lsf=8[2]"]),
        ("LSF 10.1.0.12 answers; the agent is " + "0" * 24, []),
        ("lease 3", []),
    ],
)
def test_every_id_is_repeated_once_behind_the_line(message: str, ids: list[str]) -> None:
    assert re.findall(r" ((?:job|lsf)=\S+)", line(message)) == ids


def test_what_was_printed_elsewhere_begins_no_line_of_its_own() -> None:
    text = line("the script said %s", "a\nb\x1b[31m\u2028c\r")
    assert text.endswith("the script said a\\nb\\x1b[31m\\u2028c\\r")


def test_report_addresses_and_tokens_get_into_no_line() -> None:
    address = "http://manager:8420/jid/ws/replace_counters/xppx12345/s3cret-of-the-job"
    said = line("asked %s with Authorization: Bearer %s, and %s", address, "0ther", "agent-token", hidden="agent-token")
    assert "s3cret" not in said and "0ther" not in said and "agent-token" not in said
    assert "/jid/ws/replace_counters/***" in said


def test_nor_by_way_of_a_traceback() -> None:
    try:
        raise ValueError("cannot post to http://m/jid/ws/replace_counters/x/s3cret as agent-token")
    except ValueError:
        text = line("failed", hidden="agent-token", failed=sys.exc_info()[1])
    assert "Traceback" in text and "ValueError: cannot post" in text
    assert "s3cret" not in text and "agent-token" not in text


async def test_the_log_of_a_real_agent_tells_a_jobs_story_by_its_ids(agent: AgentProcess, manager: Manager) -> None:
    agent.start()
    job = await agent.submit('echo "$BATCH_UPDATE_URL" >&2\nbsub true\n')
    await until(lambda: f"job={job} lsf=101" in agent.log.read_text())
    assert await agent.end() == 0
    log = agent.log.read_text()
    assert TOKEN not in log and "/report" not in log
    assert all(re.match(r"\d{4}-\d\d-\d\dT[\d:.]{12}Z agent [A-Z]+ \S", line) for line in log.splitlines()), log
