"""The adapter against commands that misbehave: bounded, never fooled, and no command in another's way."""

import asyncio
import os
import time
from pathlib import Path

import pytest

from lsf_agent.lsf import adapter
from lsf_agent.lsf.adapter import Lsf
from lsf_agent.lsf.commands import OUTPUT_LIMIT, Commands
from lsf_agent.scheduler import Detail, Killed, KillRefused, Past, Peek, Record, SilentError, Version
from realtime.domain.status import Status

from .conftest import processes_of, until
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
        ({"formats": ["delimited", "wide"]}, True, 3),
        ({"formats": ["delimited", "wide"], "few_fields": True}, False, 4),
        ({"formats": ["wide"]}, False, 5),
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
    assert look.problem and lsf.answered_at is None
    assert len(farm.calls("bjobs")) == 1, "nothing is concluded about the format"


async def test_a_missing_command_is_a_clear_problem(tmp_path: Path) -> None:
    lsf = Lsf(Commands({"PATH": str(tmp_path)}))
    assert (await lsf.look(["7"])).problem == "bjobs is not on PATH"
    assert await lsf.version() is None
    assert await lsf.kill(["7"]) == {"7": Killed.SILENT}
    with pytest.raises(SilentError, match="bpeek is not on PATH"):
        await lsf.peek("7", 1.0)
    with pytest.raises(SilentError, match="bhist is not on PATH"):
        await lsf.history("7")


async def test_a_command_that_hangs_is_ended_with_all_its_children(farm: Farm) -> None:
    program(farm, "bjobs", "sleep 600 & sleep 600")
    output = await Commands({"PATH": f"{farm.bin}:/usr/bin:/bin"}).run("bjobs", limit=0.3)
    assert output.problem == "bjobs did not answer within 0.3 s" and output.stdout == ""
    await until(lambda: not processes_of(farm.root))


async def test_a_command_is_ended_when_nobody_waits_any_more(farm: Farm) -> None:
    program(farm, "bjobs", "sleep 600")
    call = asyncio.create_task(Commands({"PATH": f"{farm.bin}:/usr/bin:/bin"}).run("bjobs", limit=60))
    await until(lambda: processes_of(farm.root))
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
    assert await lsf.kill(["7", "8"]) == {"7": Killed.ACCEPTED, "8": Killed.NOT_FOUND}
    assert lsf.answered_at is not None
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking


async def test_looks_go_through_while_bkill_hangs(lsf: Lsf, farm: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "KILL_LIMIT", 0.5)
    farm.job("7")
    farm.faults(bkill={"hang": True})
    killing = asyncio.create_task(lsf.kill(["7"]))
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
    assert await lsf.kill([lsf_id]) == {lsf_id: KillRefused("not an LSF ID")}
    assert not farm.calls("bkill")


async def test_refusals_name_their_reason(lsf: Lsf, farm: Farm) -> None:
    farm.faults(bkill={"code": 255, "stderr": "Job <7>: User permission denied\nJob <8>: Job has already finished\n"})
    assert await lsf.kill(["7", "8"]) == {"7": KillRefused("User permission denied"), "8": Killed.GONE}


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
    assert await lsf.detail("7") == Detail(exit_code=7, reason="exit 7", log_file="/w/logs/7")
    assert await lsf.detail("9") is None


async def test_details_for_people_are_lsfs_own_text(lsf: Lsf, farm: Farm) -> None:
    farm.job("7")
    text = await lsf.details(["7", "9"], 4.0)
    assert text.startswith("Job <7>, User <me>") and text.endswith("Job <9> is not found\n")
    farm.job("8", hidden=True, history="Job <8>, User <me>\nSun Nov 22 08:07:30: Done successfully.;")
    farm.faults(bjobs={"code": 255, "stderr": "Job <8> is not found\n"})
    assert (await lsf.details(["8"], 4.0)).startswith("Job <8>, User <me>\nSun Nov 22")
    farm.faults(bjobs={"hang": True})
    began = time.monotonic()
    with pytest.raises((SilentError, TimeoutError)):
        await lsf.details(["7"], 0.3)
    assert time.monotonic() - began < 2


async def test_peeking(lsf: Lsf, farm: Farm) -> None:
    farm.job("7", output="line 1\nline 2")
    assert await lsf.peek("7", 4.0) == Peek(text=b"line 1\nline 2\n")
    farm.job("7", output="out\n<< output from stderr >>\nerr")
    assert await lsf.peek("7", 4.0) == Peek(text=b"out")
    farm.job("7", status="PEND")
    assert await lsf.peek("7", 4.0) == Peek(text=None)
    assert await lsf.peek("9", 4.0) == Peek(text=None)
    farm.faults(bpeek={"code": 255, "stderr": "Job <7>: User permission denied\n"})
    with pytest.raises(PermissionError, match="permission denied"):
        await lsf.peek("7", 4.0)
    farm.faults(bpeek={"code": 255, "stderr": "Failed in an LSF library call: Communication time out\n"})
    with pytest.raises(SilentError, match="Communication time out"):
        await lsf.peek("7", 4.0)


async def test_who_answers(lsf: Lsf, farm: Farm) -> None:
    assert await lsf.version() == Version(name="LSF 10.1", number="10.1.0.12")
    farm.faults(lsid={"code": 255, "stderr": "ls_getclustername(): LIM is down; try later\n"})
    assert await lsf.version() is None
