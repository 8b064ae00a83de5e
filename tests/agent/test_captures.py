"""Every recorded answer of bjobs, bhist, bkill, bpeek and lsid, and what it means."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lsf_agent.lsf import bjobs, tags, texts
from lsf_agent.lsf.adapter import Lsf
from lsf_agent.lsf.commands import Commands
from lsf_agent.lsf.elements import records
from lsf_agent.scheduler import Facts, Killed, KillRefused, Past, Peek, Record, Tagged, Version
from realtime.domain.status import Status

from .recorded import FOLDER, golden, names

TABLE = {
    "2": "RUN",
    "20": "RUN",
    "21": "RUN",
    "3": "RUN",
    "4": "RUN",
    "11": "PEND",
}
ENDED = {
    **{"1": "DONE", "13": "EXIT", "14": "DONE", "15": "DONE", "16": "EXIT", "17": "DONE", "18": "DONE"},
    **{"19": "EXIT", "22": "EXIT", "23": "DONE"},
}
LISTS: dict[str, dict[str, str]] = {
    "bjobs": TABLE,
    "bjobs_J_wild": {"41": "DONE"},
    "bjobs_a": TABLE | ENDED,
    "bjobs_after": {"25": "PSUSP", "2": "DONE"},
    "bjobs_after_kill": {"24": "RUN"},
    "bjobs_array": {"4": "RUN"},
    "bjobs_array_el": {"4": "RUN"},
    "bjobs_json_utf8": {},
    "bjobs_mixed": {"2": "RUN", "1": "DONE"},
    "bjobs_o_json": TABLE | ENDED,
    "bjobs_o_json_mixed": {"2": "RUN", "3": "RUN"},
    "bjobs_o_json_unknown": {},
    "bjobs_other_user": {"32": "RUN"},
    "bjobs_p": {"25": "PEND"},
    "bjobs_psusp": {"25": "PSUSP"},
    "bjobs_ususp": {"2": "USUSP"},
    "bjobs_w": TABLE,
    "bkill_array_one": {"45": "RUN"},
    "clean_bjobs_json_gone": {},
    "tz_bjobs": {"30": "RUN"},
}
MISSING = {
    "bjobs_mixed": {"888888", "999999"},
    "bjobs_o_json_mixed": {"999999"},
    "bjobs_o_json_unknown": {"999999"},
    "bjobs_unknown": {"999999"},
    "bpeek_finished": {"14"},
    "bpeek_unknown": {"999999"},
    "clean_bjobs_gone": {"13"},
    "clean_bjobs_json_gone": {"13"},
    "clean_bjobs_l_gone": {"13"},
    "clean_bpeek_gone": {"13"},
}
SILENT = {
    *("all_down_bjobs", "all_down_bkill", "all_down_lsid", "lim_stopped_bjobs", "lim_stopped_lsid"),
    *("mbd_down_bjobs", "mbd_down_bkill", "mbd_stopped_bjobs", "mbd_stopped_bkill", "no_envdir_bjobs"),
    *("ntries1_bjobs", "ntries1_bkill"),
}
DESCRIBED: dict[str, tuple[str, str]] = {
    "bjobs_UF_run": ("2", "Nov 22 08:07:30"),
    "bjobs_l_arrayel": ("4", "Nov 22 08:07:30"),
    "bjobs_l_busy": ("24", "Nov 22 08:08:14"),
    "bjobs_l_done": ("14", "Nov 22 08:07:30"),
    "bjobs_l_exit7": ("13", "Nov 22 08:07:30"),
    "bjobs_l_killed": ("24", "Nov 22 08:08:14"),
    "bjobs_l_pend": ("25", "Nov 22 08:08:28"),
    "bjobs_l_run": ("2", "Nov 22 08:07:30"),
    "bjobs_l_segv": ("28", "Nov 22 08:09:33"),
    "bjobs_l_sigkill": ("27", "Nov 22 08:09:33"),
    "bjobs_runlimit": ("30", "Nov 22 08:10:06"),
    "runlimit_bjobs_l": ("1602", "Nov 22 08:31:17"),
    "tz_bjobs_l": ("30", "Nov 22 17:10:06"),
    "bhist_l_array": ("4", "Nov 22 08:07:30"),
    "bhist_l_done": ("14", "Nov 22 08:07:30"),
    "bhist_l_exit": ("13", "Nov 22 08:07:30"),
    "bhist_l_killed": ("24", "Nov 22 08:08:14"),
    "bhist_l_pend": ("25", "Nov 22 08:08:28"),
    "bhist_l_run": ("2", "Nov 22 08:07:30"),
    "bhist_other_user": ("32", "Nov 22 08:10:43"),
    "bhist_runlimit": ("30", "Nov 22 08:10:06"),
    "runlimit_bhist": ("1602", "Nov 22 08:31:17"),
    "clean_bhist_gone": ("13", "Nov 22 08:07:30"),
}
PASTS = {
    **dict.fromkeys(("bhist_l_killed", "bhist_l_pend", "bhist_l_run", "bhist_other_user", "bhist_runlimit"), None),
    "bhist_l_array": (Status.EXIT, 1),
    "bhist_l_done": (Status.DONE, 0),
    "bhist_l_exit": (Status.EXIT, 7),
    "clean_bhist_gone": (Status.EXIT, 7),
    "runlimit_bhist": (Status.EXIT, 140),
}
KILLS: dict[str, dict[str, Killed | KillRefused]] = {
    "bkill_0_nojobs": {},
    "bkill_J_none": {},
    "bkill_again_immediately": {"24": Killed.ACCEPTED},
    "bkill_array_one": {"45": Killed.ACCEPTED},
    "bkill_d": {},
    "bkill_finished": {"24": Killed.ACCEPTED},
    "bkill_many": {str(number): Killed.NOT_FOUND for number in range(900000, 900005)},
    "bkill_mixed": {"3": Killed.ACCEPTED, "24": Killed.GONE, "999999": Killed.NOT_FOUND},
    "bkill_other_user": {"32": KillRefused("User permission denied")},
    "bkill_pend": {"11": Killed.ACCEPTED},
    "bkill_q": {"21": Killed.ACCEPTED, "25": Killed.ACCEPTED},
    "bkill_r_finished": {"24": Killed.GONE},
    "bkill_running": {"24": Killed.ACCEPTED},
    "bkill_s_KILL": {"27": Killed.ACCEPTED},
    "bkill_s_bad": {},
    "bkill_s_term": {"2": Killed.ACCEPTED},
    "bkill_unknown": {"999999": Killed.NOT_FOUND},
    "bkill_ususp": {"2": Killed.ACCEPTED},
    "clean_bkill_gone": {"13": Killed.NOT_FOUND},
    "mbd_down_bkill": {"2": Killed.GONE},
    "mbd_stopped_bkill": {},
    "all_down_bkill": {},
    "ntries1_bkill": {"2": Killed.SILENT},
}
PEEKS: dict[str, Peek | type[Exception] | bytes] = {
    "bpeek_finished": Peek(text=None),
    "bpeek_jobfile": b"#! /bin/sh\n",
    "bpeek_other_user": PermissionError,
    "bpeek_pending": Peek(text=None),
    "bpeek_run": Peek(text=b""),
    "bpeek_running": b"line 1\nerr 1\nline 2\n",
    "bpeek_unknown": Peek(text=None),
    "clean_bpeek_gone": Peek(text=None),
}
VERSIONS = {
    "lsid": Version(name="volclava project 2.2", number="2.2"),
    "mbd_stopped_lsid": Version(name="volclava project 2.2", number="2.2"),
    "lsid_V": None,
    "lim_stopped_lsid": None,
    "all_down_lsid": None,
}
NOTHING = {
    *("bhist", "bhist_many", "bhist_unknown", "clean_bhist_list"),
    *("bjobs_bad_id", "bjobs_nojobs_user", "bjobs_noheader", "bjobs_o", "bjobs_o_badfield"),
}
"""Tables for people, refusals and complaints without an id: no job is read out of them."""

FAMILIES = (
    "bjobs*",
    "bhist*",
    "bkill*",
    "bpeek*",
    "lsid*",
    "clean_*",
    "runlimit_*",
    "tz_*",
    "*_down_b[jk]*",
    "ntries1_b[jk]*",
)
ALL = sorted({name for family in FAMILIES for name in names(family)})


def test_every_capture_has_a_meaning_here() -> None:
    meant = LISTS.keys() | MISSING.keys() | SILENT | DESCRIBED.keys() | KILLS.keys() | PEEKS.keys() | VERSIONS.keys()
    assert set(ALL) - {"dup_result_three_jobs_from_one_bsub"} <= meant | NOTHING


@pytest.mark.parametrize("name", ALL)
def test_a_list_tells_its_jobs_and_nothing_else_does(name: str) -> None:
    found: dict[str, str] = {}
    for form in bjobs.FORMATS:
        found |= {
            lsf_id: record.status.value for lsf_id, record in records(form.parse(golden(name).stdout) or []).items()
        }
    assert found == LISTS.get(name, {})
    assert bjobs.not_found(golden(name).text) == MISSING.get(name, set())


@pytest.mark.parametrize("name", ALL)
def test_silence_is_told_from_an_answer(name: str) -> None:
    assert texts.is_silence(golden(name).text) is (name in SILENT)


@pytest.mark.parametrize("name", sorted(DESCRIBED))
def test_a_description_tells_whose_a_job_is_and_since_when(name: str) -> None:
    lsf_id, time = DESCRIBED[name]
    now = datetime(2026, 11, 23, tzinfo=UTC)
    facts = texts.facts(golden(name).stdout, lsf_id, now)
    assert facts == Facts(
        user="volclava" if name == "bhist_other_user" else "lsfuser",
        submitted_at=datetime.strptime(f"2026 {time}", "%Y %b %d %H:%M:%S").replace(tzinfo=UTC),
        folder="$HOME",
    )
    assert texts.facts(golden(name).stdout, "999", now) is None


@pytest.mark.parametrize("name", sorted(PASTS))
def test_a_history_tells_the_end_and_only_that(name: str) -> None:
    found = texts.past(golden(name).stdout, DESCRIBED[name][0])
    assert (None if found is Past.ALIVE else isinstance(found, Record) and (found.status, found.exit_code)) == PASTS[
        name
    ]


@pytest.mark.parametrize("name", sorted(KILLS))
def test_a_kill_is_judged_for_each_id(name: str) -> None:
    text = golden(name).text
    ids = set(re.findall(r"Job <(\d+)", text))
    found = {lsf_id: texts.killed(text, lsf_id) for lsf_id in ids}
    assert found == KILLS[name]
    assert texts.killed(text, "5") is Killed.SILENT


@pytest.mark.parametrize("name", sorted(PEEKS))
async def test_a_peek_shows_what_the_job_has_written(name: str, tmp_path: Path) -> None:
    program = tmp_path / "bpeek"
    (tmp_path / "out").write_text(golden(name).stdout)
    (tmp_path / "err").write_text(golden(name).stderr)
    program.write_text(f"#!/bin/sh\ncat {tmp_path}/out; cat {tmp_path}/err >&2; exit {golden(name).code}\n")
    program.chmod(0o755)
    lsf = Lsf(Commands({"PATH": f"{tmp_path}:/usr/bin:/bin"}))
    match PEEKS[name]:
        case Peek() as peek:
            assert await lsf.peek("7", "me", 5.0) == peek
        case bytes() as begin:
            assert ((await lsf.peek("7", "me", 5.0)).text or b"").startswith(begin)
        case error:
            with pytest.raises(error):
                await lsf.peek("7", "me", 5.0)


@pytest.mark.parametrize("name", sorted(VERSIONS))
def test_who_answers_is_read_from_lsid(name: str) -> None:
    assert texts.version(golden(name).stdout) == VERSIONS[name]


def test_jobs_of_one_name_are_found_in_the_list() -> None:
    listed = (FOLDER / "dup_result_three_jobs_from_one_bsub.txt").read_text()
    assert tags.tagged(listed, "dupprobe_30584") == [
        Tagged(tag="dupprobe_30584", lsf_id=lsf_id, status=Status.DONE, user="lsfuser") for lsf_id in ("48", "49", "50")
    ]
    assert tags.tagged(listed, "dupprobe_*") == tags.tagged(listed, "dupprobe_30584")
    assert tags.tagged(listed, "dupprobe_3") == []
    assert [one.lsf_id for one in tags.tagged(golden("bjobs_J_wild").stdout, "from*")] == ["41"]
    assert tags.tagged(golden("bjobs_w").stdout, "name*") == tags.tagged(golden("bjobs_w").stdout, "my*") == []


def test_a_job_of_one_name_is_found_in_the_history() -> None:
    assert tags.named(golden("bhist_l_killed").stdout, "busy") == ["24"]
    assert tags.named(golden("bhist_l_killed").stdout, "bus") == []
    assert tags.named(golden("bhist_l_exit").stdout, "") == []


def test_lsf_says_itself_that_there_is_none() -> None:
    said = {name for name in ALL if tags.none_said(golden(name).text)}
    assert {"bhist_unknown", "bjobs_nojobs_user", "bjobs_unknown", "bkill_J_none"} <= said
    assert not said & (SILENT | DESCRIBED.keys())
