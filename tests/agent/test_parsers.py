"""What LSF prints, recorded and as IBM shows it, becomes the same facts; anything else becomes nothing."""

import pytest

from lsf_agent.lsf import bjobs, texts
from lsf_agent.lsf.bjobs import BASE_FIELDS, ENDS_FIELDS
from lsf_agent.lsf.bsub import ids_in
from lsf_agent.lsf.elements import POST_FAILED, records, unknown_words
from lsf_agent.lsf.reasons import reason_of
from lsf_agent.scheduler import Detail, Killed, KillRefused, Past, Record, Usage, Version
from realtime.domain.status import Status

from .recorded import golden, names

IBM_JSON = """Cannot connect to LSF. Please wait ...
{
  "COMMAND":"bjobs",
  "JOBS":"4",
  "RECORDS":[
    {"JOBID":"33","STAT":"RUN","QUEUE":"psanaq","EXEC_HOST":"16*host1:8*host2","EXIT_CODE":"","EXIT_REASON":"",
     "SUB_CWD":"$HOME","OUTPUT_FILE":"logs/%J.out"},
    {"JOBID":"34","STAT":"EXIT","QUEUE":"psanaq","EXEC_HOST":"host1","EXIT_CODE":"140",
     "EXIT_REASON":"TERM_RUNLIMIT: job killed after reaching LSF run time limit","SUB_CWD":"/w",
     "OUTPUT_FILE":"/l/%J_%I"},
    {"JOBID":"35","STAT":"PEND","QUEUE":"psanaq","EXEC_HOST":"","EXIT_CODE":"","EXIT_REASON":"",
     "SUB_CWD":"/w","OUTPUT_FILE":"/logs/"},
    {"JOBID":"999","ERROR":"Job <999> is not found"}
  ]
}
"""
IBM_DELIMITED = """Cannot connect to LSF. Please wait ...
33^RUN^psanaq^16*host1:8*host2^-^-^$HOME^logs/%J.out
34^EXIT^psanaq^host1^140^TERM_RUNLIMIT: job killed after reaching LSF run time limit^/w^/l/%J_%I
35^PEND^psanaq^-^-^-^/w^/logs/
"""
IBM_WIDE = """JOBID   USER    STAT  QUEUE      FROM_HOST   EXEC_HOST   JOB_NAME   SUBMIT_TIME
33      me      RUN   psanaq     vm          16*host1:8*host2 name with blanks Nov 22 08:07
                                             host3
34      me      EXIT  psanaq     vm          host1       x          Nov 22 08:07
35      me      PEND  psanaq     vm             -        x          Nov 22 08:07
"""


def test_the_formats_of_ibm_tell_the_same() -> None:
    objects, lines = bjobs.parse_json(IBM_JSON), bjobs.parse_delimited(IBM_DELIMITED, ENDS_FIELDS)
    assert objects is not None and objects == lines
    assert records(objects) == {
        "33": Record(status=Status.RUN, queue="psanaq", host="16*host1:8*host2", log_file="$HOME/logs/33.out"),
        "34": Record(
            status=Status.EXIT,
            queue="psanaq",
            host="host1",
            exit_code=140,
            reason="run limit reached, TERM_RUNLIMIT",
            log_file="/l/34_0",
        ),
        "35": Record(status=Status.PEND, queue="psanaq", log_file="/logs/35.out"),
    }
    assert bjobs.not_found(IBM_JSON) == {"999"}


def test_the_wide_format_tells_the_same_but_ends_and_logs() -> None:
    wide = bjobs.parse_wide(IBM_WIDE)
    few = bjobs.parse_delimited("33^RUN^psanaq^16*host1:8*host2\n34^EXIT^psanaq^host1\n35^PEND^psanaq^-\n", BASE_FIELDS)
    assert wide is not None and wide == few


def test_recorded_wide_and_json_agree() -> None:
    wide = records(bjobs.parse_wide(golden("bjobs_w").stdout) or [])
    listed = records(bjobs.parse_json(golden("bjobs_o_json").stdout) or [])
    assert set(wide) == {"2", "20", "21", "3", "4", "11"}
    assert all(listed[lsf_id] == record for lsf_id, record in wide.items())
    assert wide["2"] == Record(status=Status.RUN, queue="psanaq", host="vm")
    assert wide["11"] == Record(status=Status.PEND, queue="normal")
    assert listed["13"].status is Status.EXIT and listed["14"].status is Status.DONE


def test_recorded_ids_that_are_not_found() -> None:
    assert bjobs.not_found(golden("bjobs_mixed").text) == {"999999", "888888"}
    assert bjobs.not_found(golden("bjobs_o_json_mixed").text) == {"999999"}
    assert bjobs.not_found(golden("bjobs_o_json_unknown").text) == {"999999"}
    assert set(records(bjobs.parse_json(golden("bjobs_o_json_mixed").stdout) or [])) == {"2", "3"}


@pytest.mark.parametrize(
    "name", ["bjobs_noheader", "bjobs_o", "bjobs_o_badfield", "bjobs_nojobs_user", "mbd_stopped_bjobs", "ntries1_bjobs"]
)
def test_refusals_and_silence_are_no_jobs(name: str) -> None:
    recorded = golden(name)
    for form in bjobs.FORMATS:
        assert not form.parse(recorded.text)
    assert not bjobs.not_found(recorded.text)


@pytest.mark.parametrize(
    "name", ["lim_stopped_bjobs", "mbd_stopped_bjobs", "mbd_stopped_bkill", "ntries1_bjobs", "no_envdir_bjobs"]
)
def test_lsf_that_cannot_answer_is_told_from_a_refusal(name: str) -> None:
    assert texts.is_silence(golden(name).text)
    assert not texts.is_silence(golden("bjobs_o").text) and not texts.is_silence(golden("bjobs_noheader").text)


@pytest.mark.parametrize(
    ("states", "together"),
    [
        (["DONE", "RUN", "EXIT"], Status.RUN),
        (["DONE", "PEND", "EXIT"], Status.PEND),
        (["SSUSP", "PEND"], Status.SSUSP),
        (["ZOMBI", "DONE"], Status.ZOMBI),
        (["DONE", "EXIT", "DONE"], Status.EXIT),
        (["DONE", "DONE"], Status.DONE),
    ],
)
def test_an_array_is_as_its_liveliest_element(states: list[str], together: Status) -> None:
    rows = "\n".join(f"7[{at}]^{state}^q^h" for at, state in enumerate(states, 1))
    assert records(bjobs.parse_delimited(rows, BASE_FIELDS) or [])["7"].status is together


def test_elements_of_a_recorded_array_have_one_id() -> None:
    elements = [one for one in bjobs.parse_wide(golden("bjobs_array").stdout) or [] if one.lsf_id == "4"]
    assert [one.index for one in elements] == [1, 2, 3]


@pytest.mark.parametrize(
    ("word", "status"),
    [("PDONE", Status.DONE), ("POST_DONE", Status.DONE), ("PERR", Status.DONE), ("POST_ERR", Status.DONE)]
    + [(status.value, status) for status in Status if status.from_lsf],
)
def test_every_word_of_lsf_has_a_meaning(word: str, status: Status) -> None:
    record = records(bjobs.parse_delimited(f"1^{word}^q^h", BASE_FIELDS) or [])["1"]
    assert record.status is status
    assert (record.reason == POST_FAILED) is (word in ("PERR", "POST_ERR"))


def test_an_unknown_word_is_no_news() -> None:
    elements = bjobs.parse_delimited("1^HIBERN^q^h", BASE_FIELDS) or []
    assert unknown_words(elements) == {"HIBERN"}
    assert records(elements) == {}


@pytest.mark.parametrize("name", names("bsub_*") + names("esub_*"))
def test_ids_of_recorded_submissions(name: str) -> None:
    recorded = golden(name)
    said = [line for line in recorded.text.splitlines() if line.startswith("Job <") and "submitted to" in line]
    assert len(ids_in(recorded.text)) == len(said) <= 1
    if "not submitted" in recorded.text:
        assert not said


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("Job <7> is submitted to queue <q>.\n", ["7"]),
        ("Job <7> is submitted to default queue <normal>\n", ["7"]),
        ("Submitted batch job 12\n", ["12"]),
        ("Submitted batch job 12", []),
        ("Job is submitted to <cpp> project.\nAccount 42\nJob <7> is submitted to queue <q>.", ["7"]),
        (
            "Job <7> is submitted to queue <q>.\nJob <9> is submitted to queue <q>.\nJob <7> is submitted to queue",
            ["7", "9"],
        ),
        ("Job <0> is submitted to queue <q>.\n", []),
        ("Job <7> is not found\n 7\n", []),
        ("say: Job <7> is submitted to queue <q>.\n", []),
    ],
)
def test_only_the_whole_line_tells_an_id(text: str, ids: list[str]) -> None:
    assert ids_in(text) == ids


@pytest.mark.parametrize(
    ("exit_code", "text", "words"),
    [
        (
            None,
            "TERM_MEMLIMIT: job killed after reaching LSF memory usage limit",
            "killed: ran out of memory, TERM_MEMLIMIT",
        ),
        (130, "TERM_OWNER: job killed by owner", "killed by its owner, TERM_OWNER"),
        (140, "TERM_RUNLIMIT: job killed after reaching LSF run time limit", "run limit reached, TERM_RUNLIMIT"),
        (1, "TERM_NEW: something of a later LSF", "TERM_NEW: something of a later LSF"),
        (127, None, "exit 127: command not found"),
        (126, None, "exit 126: command not executable"),
        (137, None, "exit 137: killed by signal 9 (KILL)"),
        (143, None, "exit 143: killed by signal 15 (TERM)"),
        (139, None, "exit 139: killed by signal 11 (SEGV)"),
        (140, None, "exit 140: killed by signal 12 (USR2), as at a run limit"),
        (255, None, "exit 255"),
        (3, None, "exit 3"),
        (None, None, None),
    ],
)
def test_reasons_in_words(exit_code: int | None, text: str | None, words: str | None) -> None:
    assert reason_of(exit_code, text) == words


IDLE = Usage(cpu_time=0.0)


@pytest.mark.parametrize(
    ("name", "lsf_id", "detail"),
    [
        ("bjobs_UF_run", "2", Detail(log_file="/home/lsfuser/2.out")),
        ("bjobs_l_exit7", "13", Detail(exit_code=7, reason="exit 7", log_file="/home/lsfuser/13.out", usage=IDLE)),
        (
            "bjobs_l_sigkill",
            "27",
            Detail(
                exit_code=130,
                reason="exit 130: killed by signal 2 (INT)",
                log_file="/home/lsfuser/27.out",
                usage=IDLE,
            ),
        ),
        (
            "bjobs_l_segv",
            "28",
            Detail(
                exit_code=139,
                reason="exit 139: killed by signal 11 (SEGV)",
                log_file="/home/lsfuser/28.out",
                usage=IDLE,
            ),
        ),
        ("bjobs_l_done", "14", Detail(log_file="/home/lsfuser/14.out", usage=IDLE)),
        ("bjobs_l_pend", "25", Detail(log_file="/home/lsfuser/25.out")),
    ],
)
def test_recorded_descriptions(name: str, lsf_id: str, detail: Detail) -> None:
    assert texts.detail(golden(name).stdout, lsf_id) == detail
    assert texts.detail(golden(name).stdout, "999") is None


FOLDED = """
Job <77>, User <me>, Project <default>, Status <EXIT>, Queue <q>, Command <a_long_
                     command>
Sun Nov 22 08:07:30: Submitted from host <vm>, CWD <$HOME/work>, Output File <logs
                     /%J.out>;
Sun Nov 22 08:09:33: Exited by signal 9. The CPU time used is 0.0 seconds.
Sun Nov 22 08:09:33: Completed <exit>; TERM_MEMLIMIT: job killed after reaching LSF
                      memory usage limit.
"""


@pytest.mark.parametrize(
    ("said", "exit_code", "reason"),
    [
        ("Exited", None, None),
        ("Exited; job has been killed while pending", None, None),
        ("Exited by signal 9. The CPU time used is 0.0 seconds.", 137, "exit 137: killed by signal 9 (KILL)"),
        ("Exited with exit code 127. The CPU time used is 0.0 seconds.", 127, "exit 127: command not found"),
        ("Completed <exit>; TERM_OWNER: job killed by owner.", None, "killed by its owner, TERM_OWNER"),
    ],
)
def test_an_end_may_be_told_in_many_ways(said: str, exit_code: int | None, reason: str | None) -> None:
    text = (
        f"\nJob <7>, User <me>, Project <default>, Status <EXIT>, Queue <q>, Command <x>\nSun Nov 22 08:09:33: {said}\n"
    )
    usage = IDLE if "CPU time" in said else Usage()
    assert texts.detail(text, "7") == Detail(exit_code=exit_code, reason=reason, usage=usage)
    past = texts.past(text, "7")
    assert isinstance(past, Record) and (past.status, past.exit_code, past.reason) == (Status.EXIT, exit_code, reason)


def test_folded_lines_are_joined() -> None:
    assert texts.detail(FOLDED, "77") == Detail(
        exit_code=137,
        reason="killed: ran out of memory, TERM_MEMLIMIT",
        log_file="$HOME/work/logs/77.out",
        usage=IDLE,
    )


@pytest.mark.parametrize(
    ("name", "lsf_id", "past"),
    [
        ("bhist_l_run", "2", Past.ALIVE),
        ("bhist_l_pend", "25", Past.ALIVE),
        ("bhist_l_killed", "24", Past.ALIVE),
        ("bhist_runlimit", "30", Past.ALIVE),
        ("bhist_unknown", "999999", Past.UNKNOWN),
        ("bhist_l_done", "14", Status.DONE),
        ("bhist_l_exit", "13", Status.EXIT),
        ("bhist_l_array", "4", Status.EXIT),
        ("runlimit_bhist", "1602", Status.EXIT),
        ("ntries1_bjobs", "2", None),
    ],
)
def test_recorded_histories(name: str, lsf_id: str, past: Past | Status | None) -> None:
    found = texts.past(golden(name).text, lsf_id)
    assert (found.status if isinstance(found, Record) else found) is past


def test_a_history_tells_the_whole_end() -> None:
    assert texts.past(golden("runlimit_bhist").stdout, "1602") == Record(
        status=Status.EXIT,
        exit_code=140,
        reason="exit 140: killed by signal 12 (USR2), as at a run limit",
        queue="short",
        host="vm",
        log_file="/home/lsfuser/1602.out",
        usage=Usage(run_limit=60.0, cpu_time=0.0),
    )


def test_a_job_that_was_requeued_after_its_end_is_alive() -> None:
    again = golden("bhist_l_exit").stdout.replace(
        "\n\nSummary", "\nSun Nov 22 08:07:40: Pending: Job has been requeued;\n\nSummary"
    )
    assert texts.past(again, "13") is Past.ALIVE


@pytest.mark.parametrize(
    ("name", "answers"),
    [
        ("bkill_running", {"24": Killed.ACCEPTED}),
        ("bkill_s_term", {"2": Killed.ACCEPTED}),
        ("bkill_array_one", {"45": Killed.ACCEPTED}),
        ("bkill_mixed", {"3": Killed.ACCEPTED, "24": Killed.GONE, "999999": Killed.NOT_FOUND, "5": Killed.SILENT}),
        ("bkill_unknown", {"999999": Killed.NOT_FOUND}),
        ("bkill_other_user", {"32": KillRefused("User permission denied")}),
        ("ntries1_bkill", {"2": Killed.SILENT}),
        ("mbd_stopped_bkill", {"2": Killed.SILENT}),
    ],
)
def test_recorded_kills(name: str, answers: dict[str, Killed | KillRefused]) -> None:
    assert {lsf_id: texts.killed(golden(name).text, lsf_id) for lsf_id in answers} == answers


def test_versions() -> None:
    assert texts.version(golden("lsid").stdout) == Version(name="volclava project 2.2", number="2.2")
    ibm = "IBM Spectrum LSF Standard 10.1.0.12, Jun 22 2021\n\nMy cluster name is c\nMy master name is m\n"
    assert texts.version(ibm) == Version(name="LSF 10.1", number="10.1.0.12")
    assert texts.version(golden("lim_stopped_lsid").stdout) is None
