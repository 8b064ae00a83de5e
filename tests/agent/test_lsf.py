"""The adapter against commands that misbehave: bounded, never fooled, and no command in another's way."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lsf_agent.lsf import adapter
from lsf_agent.lsf.adapter import Lsf
from lsf_agent.lsf.commands import OUTPUT_LIMIT, Commands
from lsf_agent.scheduler import Detail, Facts, Killed, KillRefused, Past, Peek, Record, SilentError, Usage, Version
from realtime.domain.status import Status

from .conftest import kill_by_id, processes_of, until
from .farm import Farm


@pytest.fixture
def lsf(farm: Farm) -> Lsf:
    return Lsf(Commands({"PATH": f"{farm.bin}:{os.environ['PATH']}", "BATCHBOARD_TOKEN": "secret"}))


def program(farm: Farm, name: str, text: str) -> None:
    (farm.bin / name).write_text(f"#!/bin/sh\n{text}\n")
    (farm.bin / name).chmod(0o755)


@pytest.mark.parametrize(
    ("faults", "thorough", "asked"),
    [
        ({}, True, 1),
        ({"few_fields": True}, False, 2),
        ({"lacks": ["runtimelimit"]}, True, 2),
        ({"lacks": ["max_mem", "runtimelimit"]}, True, 2),
        ({"formats": ["delimited", "wide"]}, True, 2),
        ({"formats": ["delimited", "wide"], "lacks": ["runtimelimit"]}, True, 3),
        ({"formats": ["delimited", "wide"], "few_fields": True}, False, 3),
        ({"formats": ["wide"]}, False, 3),
    ],
)
async def test_the_best_format_that_lsf_understands_is_found_and_kept(
    lsf: Lsf, farm: Farm, faults: dict[str, object], thorough: bool, asked: int
) -> None:
    farm.faults(bjobs=faults)
    farm.job("7", status="EXIT", exit_code=3, output_file="/logs/%J")
    look = await lsf.look(["7", "9"])
    assert look.answered and look.thorough is thorough and look.missing == {"9"}
    expected = Record(status=Status.EXIT, queue="psanaq", host="node1")
    if thorough:
        expected = Record(
            status=Status.EXIT, queue="psanaq", host="node1", exit_code=3, reason="exit 3", log_file="/logs/7"
        )
    assert look.records == {"7": expected}
    await lsf.look(["7"])
    assert len(farm.calls("bjobs")) == asked + 1


async def test_what_a_job_took_is_told_of_its_end_and_its_limits_always(lsf: Lsf, farm: Farm) -> None:
    told = {"cpu_used": "3.5 second(s)", "max_mem": "7.9 Gbytes", "memlimit": "8 G", "runtimelimit": "60.0"}
    farm.job("7", **told)
    limits = Usage(memory_limit=8 * 2**30, run_limit=3600.0)
    assert (await lsf.look(["7"])).records["7"].usage == limits
    farm.job("7", status="EXIT", exit_code=130, **told)
    whole = replace(limits, max_memory=round(7.9 * 2**30), cpu_time=3.5)
    assert (await lsf.look(["7"])).records["7"].usage == whole
    farm.faults(bjobs={"lacks": ["runtimelimit"]})
    older = Lsf(Commands({"PATH": f"{farm.bin}:{os.environ['PATH']}"}))
    assert (await older.look(["7"])).records["7"].usage == replace(whole, run_limit=None)
    assert older.state.format == "json, no run limits"
    farm.job("7", status="EXIT", exit_code=130, described="\n MEMLIMIT\n 8 G\n MAX MEM: 7.9 Gbytes;\n")
    detail = await lsf.detail("7")
    assert detail is not None and detail.usage == replace(whole, run_limit=None, cpu_time=0.0)


async def test_all_jobs_are_looked_at_in_one_command(lsf: Lsf, farm: Farm) -> None:
    ids = [str(number) for number in range(1, 602)]
    look = await lsf.look(ids)
    assert look.missing == set(ids)
    assert [len(call) - 5 for call in farm.calls("bjobs")] == [500, 101]


@pytest.mark.parametrize(
    "fault",
    [
        {"code": 0},
        {"code": 255, "stderr": "Failed in an LSF library call: Communication time out\n"},
        {"code": 255, "stdout": "Cannot connect to LSF. Please wait ...\n"},
        {"code": 0, "stdout": '{"COMMAND":"bjobs","JOBS":0,"RECORDS":[]}'},
        {"code": 0, "stdout": '{"RECORDS":[{"JOBID":"8","STAT":"DONE"}]}'},
        {"code": 0, "stdout": "\x00\xff{{{"},
    ],
)
async def test_an_answer_about_other_things_is_no_answer(lsf: Lsf, farm: Farm, fault: dict[str, object]) -> None:
    farm.faults(bjobs=fault)
    look = await lsf.look(["7"])
    assert (look.answered, look.records, look.missing) == (False, {}, frozenset())
    assert look.problem and lsf.state.answered_at is None
    assert len(farm.calls("bjobs")) == 1, "nothing is concluded about the format"


async def test_a_missing_command_is_a_clear_problem(tmp_path: Path) -> None:
    lsf = Lsf(Commands({"PATH": str(tmp_path)}))
    assert (await lsf.look(["7"])).problem == "bjobs is not on PATH"
    assert await lsf.version() is None
    assert await lsf.kill(["7"], "me") == {"7": Killed.SILENT}
    with pytest.raises(SilentError, match="bpeek is not on PATH"):
        await lsf.peek("7", "me", 1.0)
    with pytest.raises(SilentError, match="bhist is not on PATH"):
        await lsf.history("7")


async def test_a_command_that_hangs_is_ended_with_all_its_children(farm: Farm) -> None:
    program(farm, "bjobs", "sleep 600 & sleep 600")
    output = await Commands({"PATH": f"{farm.bin}:/usr/bin:/bin"}).run("bjobs", limit=0.3)
    assert output.problem == "bjobs did not answer within 0.3 s" and output.stdout == ""
    await until(lambda: not processes_of(farm.root))


async def test_a_command_is_ended_when_nobody_waits_any_more(farm: Farm) -> None:
    program(farm, "bjobs", f"touch {farm.root}/began; sleep 600")
    call = asyncio.create_task(Commands({"PATH": f"{farm.bin}:/usr/bin:/bin"}).run("bjobs", limit=60))
    await until((farm.root / "began").exists)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await until(lambda: not processes_of(farm.root))


async def test_output_is_capped(farm: Farm) -> None:
    program(farm, "bpeek", "yes | head -c 10000000; echo end >&2")
    output = await Commands({"PATH": f"{farm.bin}:/usr/bin:/bin"}).run("bpeek", limit=20)
    assert len(output.stdout) == OUTPUT_LIMIT and output.truncated and output.stderr == "end\n"


async def test_the_environment_of_a_command(farm: Farm) -> None:
    program(farm, "lsid", "env")
    output = await Commands({"PATH": f"{farm.bin}:/usr/bin:/bin", "BATCHBOARD_TOKEN": "secret"}).run("lsid", limit=5)
    lines = output.stdout.splitlines()
    assert {"LC_ALL=C", "TZ=UTC", "LSB_NTRIES=1"} <= set(lines)
    assert not any("BATCHBOARD" in line for line in lines)


async def test_kills_go_through_while_bjobs_hangs(lsf: Lsf, farm: Farm) -> None:
    farm.job("7")
    farm.faults(bjobs={"hang": True})
    looking = asyncio.create_task(lsf.look(["7"]))
    await until(lambda: farm.calls("bjobs"))
    assert await lsf.kill(["7", "8"], "me") == {"7": Killed.ACCEPTED, "8": Killed.NOT_FOUND}
    assert lsf.state.answered_at is not None
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking


async def test_looks_go_through_while_bkill_hangs(lsf: Lsf, farm: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "KILL_LIMIT", 0.5)
    farm.job("7")
    farm.faults(bkill={"hang": True})
    killing = asyncio.create_task(lsf.kill(["7"], "me"))
    await until(lambda: farm.calls("bkill"))
    assert (await lsf.look(["7"])).answered
    assert await killing == {"7": Killed.SILENT}


async def test_there_is_one_bjobs_at_a_time(lsf: Lsf, farm: Farm) -> None:
    farm.job("7")
    program(farm, "bjobs", f'echo in >>{farm.root}/order; sleep 0.1; echo out >>{farm.root}/order; echo "7^RUN^q^h"')
    await asyncio.gather(*(lsf.look(["7"]) for _ in range(3)))
    order = (farm.root / "order").read_text().split()
    assert order == ["in", "out"] * (len(order) // 2)


@pytest.mark.parametrize("lsf_id", ["0", "", "-u", "7 8", "7;8", "all", "7[*]", "$(id)"])
async def test_bkill_is_never_called_with_what_is_no_id(lsf: Lsf, farm: Farm, lsf_id: str) -> None:
    assert await lsf.kill([lsf_id], "me") == {lsf_id: KillRefused("not an LSF ID")}
    assert not farm.calls("bkill")


async def test_what_is_no_id_is_never_asked_about(lsf: Lsf, farm: Farm) -> None:
    for lsf_id in ("0", "-u", "all", ""):
        assert await lsf.detail(lsf_id) is None and await lsf.facts(lsf_id) is None
        assert (await lsf.details([lsf_id], 4.0)).text == "" and (await lsf.peek(lsf_id, "me", 4.0)).text is None
    assert not farm.calls("bjobs") and not farm.calls("bpeek")


async def test_refusals_name_their_reason(lsf: Lsf, farm: Farm) -> None:
    farm.faults(bkill={"code": 255, "stderr": "Job <7>: User permission denied\nJob <8>: Job has already finished\n"})
    assert await lsf.kill(["7", "8"], "me") == {"7": KillRefused("User permission denied"), "8": Killed.GONE}


async def test_the_history_is_searched_to_its_beginning(lsf: Lsf, farm: Farm) -> None:
    assert await lsf.history("7") is Past.UNKNOWN
    assert [call[1:] for call in farm.calls("bhist")] == [["-l", "7"], ["-n", "0", "-l", "7"]]
    farm.job("8", history="Job <8>, User <me>\nSun Nov 22 08:07:30: Done successfully. The CPU time used is 0;")
    assert await lsf.history("8") == Record(status=Status.DONE, exit_code=0)
    farm.faults(bhist={"code": 255, "stderr": "batch system daemon not responding ... still trying\n"})
    with pytest.raises(SilentError, match="still trying"):
        await lsf.history("8")


async def test_an_old_bhist_without_the_option_is_believed(lsf: Lsf, farm: Farm) -> None:
    program(farm, "bhist", 'test "$1" = -l && echo "No matching job found" || { echo "bhist: usage" >&2; exit 255; }')
    assert await lsf.history("7") is Past.UNKNOWN


@pytest.mark.parametrize("faults", [{}, {"no_unfolded": True}])
async def test_details_of_a_job(lsf: Lsf, farm: Farm, faults: dict[str, object]) -> None:
    farm.faults(bjobs=faults)
    farm.job("7", status="EXIT", exit_code=7, output_file="logs/%J", cwd="/w")
    assert await lsf.detail("7") == Detail(
        exit_code=7, reason="exit 7", log_file="/w/logs/7", usage=Usage(cpu_time=0.0)
    )
    assert await lsf.detail("9") is None


async def test_details_asked_at_the_same_time_are_one_command(lsf: Lsf, farm: Farm) -> None:
    for number in range(1, 61):
        farm.job(str(number), output_file="/logs/%J")
    details = await asyncio.gather(*(lsf.detail(str(number)) for number in [*range(1, 62), 1]))
    assert [detail.log_file if detail else None for detail in details[:60]] == [f"/logs/{n}" for n in range(1, 61)]
    assert details[60] is None and details[61] == details[0]
    assert [len(call) - 3 for call in farm.calls("bjobs")] == [50, 11]


async def test_details_for_people_are_lsfs_own_text(lsf: Lsf, farm: Farm) -> None:
    farm.job("7")
    details = await lsf.details(["7", "9"], 4.0)
    assert details.text.startswith("Job <7>, User <me>") and details.text.endswith("Job <9> is not found\n")
    assert details.pending is None
    farm.job("7", status="PEND")
    assert (await lsf.details(["7"], 4.0)).pending == ("The job has a specified start time: 1 host",)
    farm.job("8", hidden=True, history="Job <8>, User <me>\nSun Nov 22 08:07:30: Done successfully.;")
    farm.faults(bjobs={"code": 255, "stderr": "Job <8> is not found\n"})
    assert (await lsf.details(["8"], 4.0)).text.startswith("Job <8>, User <me>\nSun Nov 22")
    farm.faults(bjobs={"hang": True})
    began = time.monotonic()
    with pytest.raises((SilentError, TimeoutError)):
        await lsf.details(["7"], 0.3)
    assert time.monotonic() - began < 2


async def test_jobs_are_found_by_their_tag(lsf: Lsf, farm: Farm) -> None:
    tag = f"bb.main.{'a' * 24}"
    farm.job("7", name=f"{tag}.1")
    farm.job("8", name=f"{tag}.1", status="DONE")
    farm.job("9", name=f"{tag}.2", status="HIBERN")
    farm.job("10", name=f"bb.main.{'b' * 24}.1")
    farm.job("11", name=f"{tag}.1 and more")
    found = await lsf.tagged(f"{tag}.*")
    assert {(one.lsf_id, one.tag, one.status, one.user) for one in found} == {
        ("7", f"{tag}.1", Status.RUN, "me"),
        ("8", f"{tag}.1", Status.DONE, "me"),
        ("9", f"{tag}.2", Status.UNKWN, "me"),
    }
    assert [one.lsf_id for one in await lsf.tagged(f"{tag}.2")] == ["9"]
    assert farm.calls("bjobs")[0][1:] == ["-a", "-w", "-J", f"{tag}.*"]


async def test_there_is_no_job_of_a_tag_only_when_lsf_says_so(lsf: Lsf, farm: Farm) -> None:
    assert await lsf.tagged("bb.main.x.*") == []
    for said in ("No unfinished job found\n", "No matching job found\n", "No job found\n"):
        farm.faults(bjobs={"code": 255, "stderr": said})
        assert await lsf.tagged("bb.main.x.*") == []
    waited = "Cannot connect to LSF. Please wait ...\nJob <bb.main.x.*> is not found\n"
    farm.faults(bjobs={"code": 255, "stderr": waited})
    assert await lsf.tagged("bb.main.x.*") == []
    for silence in (
        {"code": 0},
        {"code": 255},
        {"code": 0, "stdout": "Cannot connect to LSF. Please wait ...\n"},
        {"code": 255, "stderr": "Failed in an LSF library call: Communication time out\n"},
        {"code": 0, "stdout": "JOBID   USER    STAT  QUEUE      FROM_HOST   EXEC_HOST   JOB_NAME   SUBMIT_TIME\n"},
    ):
        farm.faults(bjobs=silence)
        with pytest.raises(SilentError):
            await lsf.tagged("bb.main.x.*")


@pytest.mark.parametrize("pattern", ["", "*", "0", "a b", "x' -u all", "x**", "-x;", "[1]", "x\n"])
async def test_only_tags_are_searched(lsf: Lsf, farm: Farm, pattern: str) -> None:
    if pattern == "0":
        pattern = "\0"
    with pytest.raises(ValueError, match="no tag"):
        await lsf.tagged(pattern)
    with pytest.raises(ValueError, match="no tag"):
        await lsf.once_tagged(pattern)
    assert not farm.calls("bjobs") and not farm.calls("bhist")


async def test_the_history_is_searched_for_a_tag_to_its_beginning(lsf: Lsf, farm: Farm) -> None:
    assert await lsf.once_tagged("bb.main.x.1") == []
    assert [call[1:] for call in farm.calls("bhist")] == [
        ["-a", "-l", "-J", "bb.main.x.1"],
        ["-n", "0", "-a", "-l", "-J", "bb.main.x.1"],
    ]
    farm.job("7", name="bb.main.x.1", history="Job <7>, Job Name <bb.main.x.1>, User <me>\n")
    assert await lsf.once_tagged("bb.main.x.1") == ["7"]
    farm.job("7", history="Job <7>, Job Name <bb.main.x.11>, User <me>\n")
    with pytest.raises(SilentError):
        await lsf.once_tagged("bb.main.x.1")
    farm.faults(bhist={"code": 255, "stderr": "batch system daemon not responding ... still trying\n"})
    with pytest.raises(SilentError, match="still trying"):
        await lsf.once_tagged("bb.main.x.1")


async def test_whose_a_job_is_and_since_when(lsf: Lsf, farm: Farm) -> None:
    farm.job("7", at="Sun Nov 22 08:07:30 2026", user="ana", cwd="/w")
    assert await lsf.facts("7") == Facts(
        user="ana", submitted_at=datetime(2026, 11, 22, 8, 7, 30, tzinfo=UTC), folder="/w"
    )
    assert await lsf.facts("9") is None and await lsf.facts("0") is None and await lsf.facts("-u") is None
    farm.job("8", history="Job <8>, User <bob>\nSun Nov 22 08:07:30 2026: Submitted from host <vm>, CWD </v>;")
    farm.faults(bjobs={"code": 255, "stderr": "Job <8> is not found\n"})
    known = await lsf.facts("8")
    assert known is not None and (known.user, known.folder) == ("bob", "/v")
    farm.faults(bjobs={"code": 255, "stderr": "Job <9> is not found\n"}, bhist={"code": 0})
    with pytest.raises(SilentError):
        await lsf.facts("9")


async def test_a_forced_kill_does_not_wait_for_the_host(lsf: Lsf, farm: Farm) -> None:
    farm.job("7", status="UNKWN")
    assert await lsf.kill(["7"], "me") == {"7": Killed.ACCEPTED}
    assert farm.jobs()["7"]["status"] == "ZOMBI"
    assert await lsf.kill(["7"], "me", force=True) == {"7": Killed.ACCEPTED}
    assert [call[1:] for call in farm.calls("bkill")] == [["7"], ["-r", "7"]]
    record = (await lsf.look(["7"])).records["7"]
    assert (record.status, record.reason) == (
        Status.EXIT,
        "killed by its owner, without waiting for its host, TERM_FORCE_OWNER",
    )


async def test_kills_asked_for_at_the_same_time_are_one_command(lsf: Lsf, farm: Farm) -> None:
    for number in range(1, 151):
        farm.job(str(number))
    answers = await asyncio.gather(*(lsf.kill([str(number)], "me") for number in range(1, 151)))
    assert all(answer == {str(at): Killed.ACCEPTED} for at, answer in enumerate(answers, 1))
    assert [len(call) - 1 for call in farm.calls("bkill")] == [100, 50]


async def test_how_lsf_fares_is_told(lsf: Lsf, farm: Farm) -> None:
    state = lsf.state
    assert (state.answered_at, state.silent_since, state.format) == (None, None, None)
    assert (await lsf.look([])).answered
    assert lsf.state.format == "json" and lsf.state.answered_at is not None
    farm.faults(bjobs={"code": 255, "stderr": "batch system daemon not responding ... still trying\n"})
    for _ in range(2):
        assert not (await lsf.look(["7"])).answered
    silent = lsf.state
    assert silent.silent_since is not None and silent.answered_at == lsf.state.answered_at
    assert silent.problem == "bjobs: batch system daemon not responding ... still trying"
    assert await lsf.version() is not None, "another daemon answers"
    assert lsf.state.silent_since == silent.silent_since
    farm.faults()
    farm.job("7")
    await lsf.kill(["7"], "me")
    again = lsf.state
    assert again.silent_since is None and again.problem is None
    counts = lsf.state.commands
    assert {name: (count.calls, count.failures) for name, count in counts.items()} == {
        "bjobs": (3, 2),
        "lsid": (1, 0),
        "bkill": (1, 0),
    }
    assert counts["bjobs"].seconds > 0


async def test_the_format_is_found_without_a_job(lsf: Lsf, farm: Farm) -> None:
    farm.faults(bjobs={"formats": ["delimited", "wide"], "few_fields": True})
    look = await lsf.look([])
    assert look.answered and not look.records and not look.missing
    assert lsf.state.format == "delimited, few fields"


async def test_a_format_that_is_not_understood_any_more_is_looked_for_again(lsf: Lsf, farm: Farm) -> None:
    farm.job("7")
    await lsf.look(["7"])
    farm.faults(bjobs={"formats": ["wide"]})
    assert not (await lsf.look(["7"])).answered
    assert (await lsf.look(["7"])).answered and lsf.state.format == "wide"


async def test_text_before_the_answer_is_passed_over(lsf: Lsf, farm: Farm) -> None:
    farm.job("7")
    for formats in (["json"], ["delimited"], ["wide"]):
        fresh = Lsf(Commands({"PATH": f"{farm.bin}:{os.environ['PATH']}"}))
        farm.faults(bjobs={"formats": formats, "before": "Cannot connect to LSF. Please wait ..."})
        assert (await fresh.look(["7"])).answered


async def test_unknown_words_are_logged_once(lsf: Lsf, farm: Farm, caplog: pytest.LogCaptureFixture) -> None:
    farm.job("7", status="HIBERN")
    farm.job("8")
    for _ in range(3):
        assert set((await lsf.look(["7", "8"])).records) == {"8"}
    assert [record.message for record in caplog.records if "HIBERN" in record.message] == [
        "LSF tells states that are not known here and are passed over: HIBERN"
    ]


async def test_histories_of_many_are_one_command_and_the_unknown_are_asked_alone(lsf: Lsf, farm: Farm) -> None:
    for number in ("1", "2", "3"):
        text = f"Job <{number}>, User <me>\nSun Nov 22 08:07:30: Exited with exit code {number}.;"
        farm.job(number, history=text)
    found = await asyncio.gather(*(lsf.history(number) for number in ("1", "2", "3", "9")))
    assert [one.exit_code if isinstance(one, Record) else one for one in found] == [1, 2, 3, Past.UNKNOWN]
    assert [call[1:] for call in farm.calls("bhist")] == [
        ["-l", "1", "2", "3", "9"],
        ["-l", "9"],
        ["-n", "0", "-l", "9"],
    ]


HANGING = {"bjobs": "look", "bkill": "kill", "bpeek": "peek", "bhist": "history", "lsid": "version"}


@pytest.mark.parametrize("hanging", HANGING)
async def test_a_command_that_hangs_holds_up_no_other(lsf: Lsf, farm: Farm, hanging: str) -> None:
    farm.job("7", output="x", history="Job <7>, User <me>\nSun Nov 22 08:07:30: Done successfully.;")
    calls: dict[str, Callable[[], Awaitable[object]]] = {
        "look": lambda: lsf.look(["7"]),
        "peek": lambda: lsf.peek("7", "me", 5.0),
        "history": lambda: lsf.history("7"),
        "version": lsf.version,
        "kill": lambda: lsf.kill(["7"], "me"),
    }
    farm.faults(**{hanging: {"hang": True}})
    stuck = asyncio.ensure_future(calls.pop(HANGING[hanging])())
    await until(lambda: farm.calls(hanging))
    for call in calls.values():
        await asyncio.wait_for(call(), 5)
    assert not stuck.done()
    for pid in processes_of(farm.root):
        kill_by_id(pid)
    await asyncio.gather(stuck, return_exceptions=True)


async def test_peeking(lsf: Lsf, farm: Farm) -> None:
    farm.job("7", output="line 1\nline 2")
    assert await lsf.peek("7", "me", 4.0) == Peek(text=b"line 1\nline 2\n")
    farm.job("7", output="out\n<< output from stderr >>\nerr")
    assert await lsf.peek("7", "me", 4.0) == Peek(text=b"out")
    farm.job("7", status="PEND")
    assert await lsf.peek("7", "me", 4.0) == Peek(text=None)
    assert await lsf.peek("9", "me", 4.0) == Peek(text=None)
    farm.faults(bpeek={"code": 255, "stderr": "Job <7>: User permission denied\n"})
    with pytest.raises(PermissionError, match="permission denied"):
        await lsf.peek("7", "me", 4.0)
    farm.faults(bpeek={"code": 255, "stderr": "Failed in an LSF library call: Communication time out\n"})
    with pytest.raises(SilentError, match="Communication time out"):
        await lsf.peek("7", "me", 4.0)


async def test_who_answers(lsf: Lsf, farm: Farm) -> None:
    assert await lsf.version() == Version(name="LSF 10.1", number="10.1.0.12")
    farm.faults(lsid={"code": 255, "stderr": "ls_getclustername(): LIM is down; try later\n"})
    assert await lsf.version() is None
